"""How a kernel's parallel loop is shared between threads: each has its own part, and who is done helps the others.

Numba gives every thread one part of a loop and waits for the slowest. Threads are not equally fast: a virtual core that
the host lends to somebody else, or that shares a physical one, falls behind for milliseconds, again and again. Here a
thread's part is cut into shares. It takes the first of its own that is left, so that a layer finds in the near caches
what the same thread left there in the layer before; once it has none, it takes the others' next ones.

Which thread computes a share changes no bit: tasks of a loop do not depend on each other.

Numba's loop calls three functions by name: `get_sched_size` tells it how many pieces to cut the loop into,
`do_scheduling_signed` (or `_unsigned`) where each begins and ends, and `numba_parallel_for` runs them on the threads.
All are replaced within a kernel's own code, before it is optimised. Numba's cutting allocates memory for each piece,
which for 32 of them takes longer than a small kernel's work. The last still calls Numba's, with a piece per thread that
goes on until no share is left.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm

_SHARES = 16
"""Of a thread, if the loop has so many tasks."""

_OURS = {
    "get_sched_size": "get_sched_size",
    "do_scheduling_signed": "cnncli_schedule_signed",
    "do_scheduling_unsigned": "cnncli_schedule_unsigned",
    "numba_parallel_for": "cnncli_parallel_for",
}
"""What takes the place of Numba's functions."""

# Arguments as Numba's: piece n of a loop gets args[i] + n * steps[i], dims with a 1 in the first place, steps, data.
_CODE = f"""
%loop = type {{ ptr, ptr, ptr, ptr, ptr, i64, i64, i64, ptr }}
%ticket = type [8 x i64]  ; the number of a thread's next share, in a cache line of its own

declare void @numba_parallel_for(ptr, ptr, ptr, ptr, ptr, i64, i64, i64)
declare ptr @do_scheduling_signed(i64, ptr, ptr, i64, ptr, i64)

define i64 @get_sched_size(i64 %threads, i64 %axes, ptr %starts, ptr %lasts) {{
  %start = load i64, ptr %starts
  %last = load i64, ptr %lasts
  %distance = sub i64 %last, %start
  %tasks = add i64 %distance, 1
  %most = mul i64 %threads, {_SHARES}
  %shared = call i64 @llvm.smin.i64(i64 %tasks, i64 %most)
  %pieces = call i64 @llvm.smax.i64(i64 %shared, i64 %threads)
  %several = icmp ugt i64 %threads, 1
  %plain = icmp eq i64 %axes, 1
  %cut = and i1 %several, %plain
  %result = select i1 %cut, i64 %pieces, i64 %threads
  ret i64 %result
}}

define ptr @cnncli_schedule_unsigned(
    i64 %axes, ptr %starts, ptr %lasts, i64 %pieces, ptr %schedule, i64 %debug) {{
  %result = call ptr @cnncli_schedule_signed(
      i64 %axes, ptr %starts, ptr %lasts, i64 %pieces, ptr %schedule, i64 %debug)
  ret ptr %result
}}

define ptr @cnncli_schedule_signed(
    i64 %axes, ptr %starts, ptr %lasts, i64 %pieces, ptr %schedule, i64 %debug) {{
entry:
  %plain = icmp eq i64 %axes, 1
  br i1 %plain, label %cut, label %leave

leave:
  %theirs = call ptr @do_scheduling_signed(
      i64 %axes, ptr %starts, ptr %lasts, i64 %pieces, ptr %schedule, i64 %debug)
  ret ptr %theirs

cut:
  %start = load i64, ptr %starts
  %last = load i64, ptr %lasts
  %distance = sub i64 %last, %start
  %count = add i64 %distance, 1
  %tasks = call i64 @llvm.smax.i64(i64 %count, i64 0)
  %up = sub i64 %pieces, 1
  br label %piece

piece:  ; piece n is from n * tasks / pieces, rounded up, to one before the next's; an empty one ends before it starts
  %n = phi i64 [ 0, %cut ], [ %next, %piece ]
  %from = phi i64 [ %start, %cut ], [ %to, %piece ]
  %next = add i64 %n, 1
  %product = mul i64 %next, %tasks
  %raised = add i64 %product, %up
  %done = udiv i64 %raised, %pieces
  %to = add i64 %start, %done
  %end = sub i64 %to, 1
  %two = mul i64 %n, 2
  %first_place = getelementptr i64, ptr %schedule, i64 %two
  %last_place = getelementptr i64, ptr %first_place, i64 1
  store i64 %from, ptr %first_place
  store i64 %end, ptr %last_place
  %more = icmp ult i64 %next, %pieces
  br i1 %more, label %piece, label %made

made:
  ret ptr %schedule
}}

define void @cnncli_parallel_for(
    ptr %run, ptr %args, ptr %dims, ptr %steps, ptr %data, i64 %inner, i64 %arrays, i64 %threads) {{
entry:
  %shares = load i64, ptr %dims
  %tickets = alloca %ticket, i64 %threads, align 64
  %loop = alloca %loop
  %0 = insertvalue %loop poison, ptr %run, 0
  %1 = insertvalue %loop %0, ptr %args, 1
  %2 = insertvalue %loop %1, ptr %dims, 2
  %3 = insertvalue %loop %2, ptr %steps, 3
  %4 = insertvalue %loop %3, ptr %data, 4
  %5 = insertvalue %loop %4, i64 %inner, 5
  %6 = insertvalue %loop %5, i64 %arrays, 6
  %7 = insertvalue %loop %6, i64 %threads, 7
  %8 = insertvalue %loop %7, ptr %tickets, 8
  store %loop %8, ptr %loop
  br label %deal

deal:  ; thread t's part is from t * shares / threads on
  %t = phi i64 [ 0, %entry ], [ %next, %deal ]
  %product = mul i64 %t, %shares
  %first = udiv i64 %product, %threads
  %own = getelementptr %ticket, ptr %tickets, i64 %t
  store i64 %first, ptr %own
  %next = add i64 %t, 1
  %more = icmp ult i64 %next, %threads
  br i1 %more, label %deal, label %start

start:
  %base = alloca ptr
  %count = alloca i64
  %step = alloca i64
  store ptr %tickets, ptr %base
  store i64 %threads, ptr %count
  store i64 64, ptr %step
  call void @numba_parallel_for(
      ptr @cnncli_work, ptr %base, ptr %count, ptr %step, ptr %loop, i64 0, i64 1, i64 %threads)
  ret void
}}

define internal void @cnncli_work(ptr %places, ptr %one, ptr %unused, ptr %loop) {{
entry:
  %all = load %loop, ptr %loop
  %run = extractvalue %loop %all, 0
  %args = extractvalue %loop %all, 1
  %dims = extractvalue %loop %all, 2
  %steps = extractvalue %loop %all, 3
  %data = extractvalue %loop %all, 4
  %inner = extractvalue %loop %all, 5
  %arrays = extractvalue %loop %all, 6
  %threads = extractvalue %loop %all, 7
  %tickets = extractvalue %loop %all, 8
  %shares = load i64, ptr %dims
  %axes = add i64 %inner, 1
  %axes_size = mul i64 %axes, 8
  %own_dims = alloca i64, i64 %axes
  %own_args = alloca ptr, i64 %arrays
  %own = load ptr, ptr %places
  %own_address = ptrtoint ptr %own to i64
  %first_address = ptrtoint ptr %tickets to i64
  %distance = sub i64 %own_address, %first_address
  %thread = udiv i64 %distance, 64
  br label %part

part:  ; the thread's own part, then those of the threads after it
  %round = phi i64 [ 0, %entry ], [ %next_round, %done ]
  %sum = add i64 %thread, %round
  %owner = urem i64 %sum, %threads
  %ticket = getelementptr %ticket, ptr %tickets, i64 %owner
  %after = add i64 %owner, 1
  %product = mul i64 %after, %shares
  %end = udiv i64 %product, %threads
  br label %take

take:
  %share = atomicrmw add ptr %ticket, i64 1 monotonic
  %left = icmp ult i64 %share, %end
  br i1 %left, label %prepare, label %done

prepare:
  call void @llvm.memcpy.p0.p0.i64(ptr %own_dims, ptr %dims, i64 %axes_size, i1 false)
  store i64 1, ptr %own_dims
  br label %move

move:
  %n = phi i64 [ 0, %prepare ], [ %next_n, %moved ]
  %enough = icmp eq i64 %n, %arrays
  br i1 %enough, label %call, label %moved

moved:
  %arg_place = getelementptr ptr, ptr %args, i64 %n
  %arg = load ptr, ptr %arg_place
  %step_place = getelementptr i64, ptr %steps, i64 %n
  %step = load i64, ptr %step_place
  %way = mul i64 %step, %share
  %there = getelementptr i8, ptr %arg, i64 %way
  %absent = icmp eq ptr %arg, null
  %chosen = select i1 %absent, ptr null, ptr %there
  %own_place = getelementptr ptr, ptr %own_args, i64 %n
  store ptr %chosen, ptr %own_place
  %next_n = add i64 %n, 1
  br label %move

call:
  call void %run(ptr %own_args, ptr %own_dims, ptr %steps, ptr %data)
  br label %take

done:
  %next_round = add i64 %round, 1
  %others = icmp ult i64 %next_round, %threads
  br i1 %others, label %part, label %end_of_work

end_of_work:
  ret void
}}

declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""


def share_loops(module: Any) -> None:
    """Gives the parallel loops of a kernel's LLVM module, linked and not yet optimised, the functions above."""
    declared = {function.name: function for function in module.functions if function.name in _OURS}
    if "numba_parallel_for" not in declared:
        return
    for name, function in declared.items():
        function.name = _OURS[name]
    module.link_in(llvm.parse_assembly(_CODE))
    for name in _OURS.values():  # every kernel has its own
        module.get_function(name).linkage = "internal"
