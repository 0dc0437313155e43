"""A loop's tasks are each done once, by whatever thread, and a thread that is held up is helped."""

from __future__ import annotations

from tests.kernels.test_compile import python

COUNTING = """
import sys
import numba, numpy as np
from cnncli.kernels import compile
from numba.np.ufunc.parallel import get_thread_id
@compile.kernel
def count(times, others, first):  # two loops: Numba counts the pieces of one with a sign, of the other without
    for task in numba.prange(first, len(times)):
        times[task] += 1
        others[task] = get_thread_id()
    for task in numba.prange(len(times)):
        times[task] += 100
        others[task] = get_thread_id()
for threads in (1, 2, 3, 5):
    compile.set_threads(threads)
    for tasks in (0, 1, 2, 3, 5, 31, 32, 33, 79, 80, 81, 1000):
        for first in (0, 1, 30):
            times, others = np.zeros(tasks, np.int64), np.zeros(tasks, np.int64)
            for _ in range(20):
                count(times, others, first)
            done = set(times[first:].tolist()) - {20 * 101} | set(times[:first].tolist()) - {20 * 100}
            print(threads, tasks, done, set(others.tolist()) <= set(range(threads)))
"""

HELD_UP = """
import numba, numpy as np
from numba import prange, types
from cnncli.kernels import compile
from numba.np.ufunc.parallel import get_thread_id
usleep = types.ExternalFunction("usleep", types.int32(types.uint32))
@compile.helper
def undone(who):
    found = 0
    for task in range(1, len(who)):
        found += who[task] < 0
    return found
@compile.kernel
def work(who, rest):
    for task in prange(len(who)):
        if task == 0:
            while undone(who) > rest:  # of its own share, which nobody else can take
                usleep(1000)
        who[task] = get_thread_id()
compile.set_threads(2)
for tasks, rest in ((2, 0), (32, 0), (320, 9)):
    who = np.full(tasks, -1)
    work(who, rest)
    helped = who[: tasks // 2] != who[0]
    print(tasks, int(helped.sum()))
"""


def test_every_task_is_done_once_by_any_number_of_threads(tmp_path) -> None:
    found = python(COUNTING, CNNCLI_CACHE_DIR=str(tmp_path), NUMBA_NUM_THREADS="5")
    assert len(found) == 4 * 12 * 3
    assert {line.split(maxsplit=2)[2] for line in found} == {"set() True"}


def test_the_part_of_a_thread_that_is_held_up_is_done_by_the_other(tmp_path) -> None:
    """The first task waits for all that another thread can take: without help it would wait for ever.

    A thread's part is cut into 16 shares, of ten tasks each in the last case.
    """
    found = python(HELD_UP, CNNCLI_CACHE_DIR=str(tmp_path), NUMBA_NUM_THREADS="2")
    assert found == ["2 0", "32 15", "320 150"]
