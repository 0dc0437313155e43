"""Register tiles: M x N vectors of accumulators that stay in registers over a whole reduction.

A tile is a tuple of M tuples of N vectors. Its intrinsics read M and N from the argument's type and unroll over
it, so one kernel body serves every tile size: Numba compiles it once per type, and LLVM splits the tuples into
registers. `rows` and `columns` below are such size-carrying tuples, `(0,) * M` and `(0,) * N`; `sizes` makes them.

Arrays are contiguous and one-dimensional here; indices count elements. Nothing is bounds-checked.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from . import emit
from .vector import intrinsic, vector


def sizes(rows: int, columns: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The two tuples whose types tell the intrinsics a tile's size."""
    return (0,) * rows, (0,) * columns


def _tile_type(rows, columns):
    return types.UniTuple(types.UniTuple(vector, len(columns)), len(rows))


def _build(builder, tile, element):
    """Writes element(m, n) for every place of an LLVM aggregate of M x N vectors."""
    for m in range(tile.type.count):
        for n in range(tile.type.element.count):
            tile = builder.insert_value(tile, element(m, n), [m, n])
    return tile


def _undefined(context, numba_type):
    return ir.Constant(context.get_value_type(numba_type), ir.Undefined)


@intrinsic
def zero_tile(typing, rows, columns):
    """A tile of zeros."""

    def generate(context, builder, signature, arguments):
        return _build(builder, _undefined(context, signature.return_type), lambda m, n: emit.constant(0.0))

    return _tile_type(rows, columns)(rows, columns), generate


@intrinsic
def splat_tile(typing, rows, columns, scalars, index, valid):
    """Row m holds scalars[index + m] everywhere; rows from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, _, scalars, index, valid = arguments
        last = builder.sub(valid, emit.integer(1))
        values = []
        for m in range(len(signature.args[0])):
            place = builder.add(index, emit.smaller(builder, emit.integer(m), last))
            pointer = emit.pointer(context, builder, signature.args[2], scalars, place)
            values.append(emit.splat(builder, builder.load(pointer)))
        return _build(builder, _undefined(context, signature.return_type), lambda m, n: values[m])

    return _tile_type(rows, columns)(rows, columns, scalars, types.intp, types.intp), generate


@intrinsic
def load_tile(typing, rows, array, places, base, step, valid):
    """Element (m, n) from array[base + m * step + places[n]]; rows from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, array, places, base, step, valid = arguments
        last = builder.sub(valid, emit.integer(1))
        starts = [
            builder.add(base, builder.mul(step, emit.smaller(builder, emit.integer(m), last)))
            for m in range(len(signature.args[0]))
        ]

        def element(m, n):
            index = builder.add(starts[m], builder.extract_value(places, n))
            return emit.load(builder, emit.pointer(context, builder, signature.args[1], array, index))

        return _build(builder, _undefined(context, signature.return_type), element)

    arguments = (rows, array, places, types.intp, types.intp, types.intp)
    return _tile_type(rows, places)(*arguments), generate


@intrinsic
def store_tile(typing, tile, array, places, base, step, valid):
    """Writes element (m, n) to array[base + m * step + places[n]], for the rows m < `valid`."""

    def generate(context, builder, signature, arguments):
        for value, pointer in _valid_places(context, builder, signature, arguments):
            emit.store(builder, value, pointer)
        return context.get_dummy_value()

    return types.void(tile, array, places, types.intp, types.intp, types.intp), generate


@intrinsic
def write_tile(typing, tile, array, places, base, step, valid, streamed):
    """Like `store_tile`; past the caches if `streamed`: see `memory.streamed`."""

    def generate(context, builder, signature, arguments):
        *arguments, streamed = arguments
        streamed = emit.boolean(builder, streamed)
        for value, pointer in _valid_places(context, builder, signature, arguments):
            emit.write(builder, value, pointer, streamed)
        return context.get_dummy_value()

    return types.void(tile, array, places, types.intp, types.intp, types.intp, types.boolean), generate


def _valid_places(context, builder, signature, arguments):
    """The vectors of a tile and where each goes, with the builder where the row is one of the first `valid`."""
    tile, array, places, base, step, valid = arguments
    for m in range(tile.type.count):
        with builder.if_then(builder.icmp_signed("<", emit.integer(m), valid)):
            start = builder.add(base, builder.mul(step, emit.integer(m)))
            pointers = _places_of(context, builder, signature.args[1], array, places, start)
            for n, pointer in enumerate(pointers):
                yield builder.extract_value(tile, [m, n]), pointer


@intrinsic
def tile_places(typing, columns, table, start, count):
    """table[start : start + N] as a tuple; places from `count` on repeat the last one."""

    def generate(context, builder, signature, arguments):
        _, table, start, count = arguments
        last = builder.sub(count, emit.integer(1))
        places = _undefined(context, signature.return_type)
        for n in range(len(signature.args[0])):
            index = emit.smaller(builder, builder.add(start, emit.integer(n)), last)
            pointer = emit.pointer(context, builder, signature.args[1], table, index)
            places = builder.insert_value(places, builder.load(pointer), n)
        return places

    return types.UniTuple(types.intp, len(columns))(columns, table, types.intp, types.intp), generate


@intrinsic
def spaced_places(typing, sized, step, valid):
    """(0, step, 2 step, ...), as many as `sized` has items; places from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, step, valid = arguments
        last = builder.sub(valid, emit.integer(1))
        places = _undefined(context, signature.return_type)
        for m in range(len(signature.args[0])):
            places = builder.insert_value(places, builder.mul(step, emit.smaller(builder, emit.integer(m), last)), m)
        return places

    return types.UniTuple(types.intp, len(sized))(sized, types.intp, types.intp), generate


def _places_of(context, builder, array_type, array, places, base):
    """Pointers to array[base + place] for each of a tuple of places."""
    for n in range(places.type.count):
        index = builder.add(base, builder.extract_value(places, n))
        yield emit.pointer(context, builder, array_type, array, index)


def _add_row(builder, tile, m, row, columns):
    for n, column in enumerate(columns):
        total = emit.fma(builder, row, column, builder.extract_value(tile, [m, n]))
        tile = builder.insert_value(tile, total, [m, n])
    return tile


@intrinsic
def multiply_add(typing, tile, values, places, base, scalars, scalar_places, scalar_base):
    """tile[m][n] += scalars[scalar_base + scalar_places[m]] * (vector of `values` at base + places[n])."""

    def generate(context, builder, signature, arguments):
        tile, values, places, base, scalars, scalar_places, scalar_base = arguments
        pointers = _places_of(context, builder, signature.args[1], values, places, base)
        columns = [emit.load(builder, pointer) for pointer in pointers]
        # Row by row: one spread scalar at a time takes a register, and LLVM keeps to this order.
        rows = _places_of(context, builder, signature.args[4], scalars, scalar_places, scalar_base)
        for m, pointer in enumerate(rows):
            tile = _add_row(builder, tile, m, emit.splat(builder, builder.load(pointer)), columns)
        return tile

    return tile(tile, values, places, types.intp, scalars, scalar_places, types.intp), generate


@intrinsic
def multiply_add_lanes(typing, tile, values, places, base, others, other_places, other_base):
    """tile[m][n] += (vector of `others` at other_base + other_places[m]) * (vector of `values` at base + places[n])."""

    def generate(context, builder, signature, arguments):
        tile, values, places, base, others, other_places, other_base = arguments
        pointers = _places_of(context, builder, signature.args[1], values, places, base)
        columns = [emit.load(builder, pointer) for pointer in pointers]
        # All rows at once: loaded one by one, LLVM folds each load into every multiply-add that uses it.
        pointers = _places_of(context, builder, signature.args[4], others, other_places, other_base)
        rows = [emit.load(builder, pointer) for pointer in pointers]
        for m, row in enumerate(rows):
            tile = _add_row(builder, tile, m, row, columns)
        return tile

    return tile(tile, values, places, types.intp, others, other_places, types.intp), generate


@intrinsic
def add_tiles(typing, tile, other):
    """The sum of two tiles of one size."""

    def generate(context, builder, signature, arguments):
        tile, other = arguments
        return _build(
            builder, tile, lambda m, n: builder.fadd(*(builder.extract_value(each, [m, n]) for each in (tile, other)))
        )

    return tile(tile, other), generate


@intrinsic
def relu_tile(typing, tile):
    """max(0, .) of every element; NaN stays NaN."""

    def generate(context, builder, signature, arguments):
        def element(m, n):
            value = builder.extract_value(arguments[0], [m, n])
            return builder.select(builder.fcmp_ordered("<", value, emit.constant(0.0)), emit.constant(0.0), value)

        return _build(builder, arguments[0], element)

    return tile(tile), generate


@intrinsic
def add_tile_sums(typing, tile, array, base, step, valid_rows, valid_columns):
    """array[base + m * step + n] += sum over the lanes of element (m, n), where m and n are valid."""

    def generate(context, builder, signature, arguments):
        tile, array, base, step, valid_rows, valid_columns = arguments
        M, N = tile.type.count, tile.type.element.count
        sums = emit.lane_sums(builder, [builder.extract_value(tile, [m, n]) for m in range(M) for n in range(N)])

        def add_row(m, count):
            """Adds the first numbers of row m, in one go."""
            place = builder.add(base, builder.mul(step, emit.integer(m)))
            pointer = emit.pointer(context, builder, signature.args[1], array, place)
            emit.add_to(builder, emit.gather(builder, sums, range(m * N, m * N + count)), pointer)

        for m in range(M):
            with builder.if_then(builder.icmp_signed("<", emit.integer(m), valid_rows)):
                for count in range(1, N + 1):
                    test = "==" if count < N else "<="
                    with builder.if_then(builder.icmp_signed(test, emit.integer(count), valid_columns)):
                        add_row(m, count)
        return context.get_dummy_value()

    arguments = (tile, array, types.intp, types.intp, types.intp, types.intp)
    return types.void(*arguments), generate
