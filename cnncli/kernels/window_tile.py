"""Register tiles for a window whose size the compiler knows: every tap is unrolled, and its place a constant.

A tile is as in `register_tile`, with a single row: N neighbouring cells of a row of output, or a filter's T taps.
`rows` are the places of the F_h rows of input that a window lies on, so that a row may lie anywhere; within a row
cells are consecutive. F_w is T / F_h.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types

from . import emit
from .host import LANES
from .vector import intrinsic, vector


def _vectors(builder, context, array_type, array, start):
    """A function that gives the vector of a cell, counted from `start`; each is loaded where it is first asked for."""
    loaded = {}

    def at(cell):
        if cell not in loaded:
            index = builder.add(start, emit.integer(cell * LANES))
            loaded[cell] = emit.load(builder, emit.pointer(context, builder, array_type, array, index))
        return loaded[cell]

    return at


@intrinsic
def splat_all(typing, sized, scalars, index, step):
    """(scalars[index], scalars[index + step], ...), each in every lane, as many as `sized` has items."""

    def generate(context, builder, signature, arguments):
        _, scalars, index, step = arguments
        found = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
        for n in range(signature.return_type.count):
            pointer = emit.pointer(context, builder, signature.args[1], scalars, index)
            found = builder.insert_value(found, emit.splat(builder, builder.load(pointer)), n)
            index = builder.add(index, step)
        return found

    return types.UniTuple(vector, len(sized))(sized, scalars, types.intp, types.intp), generate


@intrinsic
def add_windows(typing, tile, values, rows, base, weights, strided):
    """tile[0][n] += the sum of weights[i F_w + j] * (vector of `values` at rows[i] + base + (n S + j) LANES).

    S is the number of items of `strided`.
    """

    def generate(context, builder, signature, arguments):
        tile, values, rows, base, weights, _ = arguments
        taps, stride = weights.type.count // rows.type.count, signature.args[5].count
        cells = [builder.extract_value(tile, [0, n]) for n in range(tile.type.element.count)]
        for i in range(rows.type.count):
            start = builder.add(base, builder.extract_value(rows, i))
            at = _vectors(builder, context, signature.args[1], values, start)
            for j in range(taps):
                weight = builder.extract_value(weights, i * taps + j)
                cells = [emit.fma(builder, weight, at(n * stride + j), cell) for n, cell in enumerate(cells)]
        for n, cell in enumerate(cells):
            tile = builder.insert_value(tile, cell, [0, n])
        return tile

    return tile(tile, values, rows, types.intp, weights, strided), generate


@intrinsic
def add_taps(typing, tile, values, rows, base, factor):
    """tile[0][i F_w + j] += factor * (vector of `values` at rows[i] + base + j LANES)."""

    def generate(context, builder, signature, arguments):
        tile, values, rows, base, factor = arguments
        taps = tile.type.element.count // rows.type.count
        for i in range(rows.type.count):
            start = builder.add(base, builder.extract_value(rows, i))
            at = _vectors(builder, context, signature.args[1], values, start)
            for j in range(taps):
                place = [0, i * taps + j]
                total = emit.fma(builder, factor, at(j), builder.extract_value(tile, place))
                tile = builder.insert_value(tile, total, place)
        return tile

    return tile(tile, values, rows, types.intp, vector), generate


@intrinsic
def add_tile(typing, tile, array, base):
    """The vectors of `array` from `base` on += those of the tile."""

    def generate(context, builder, signature, arguments):
        tile, array, base = arguments
        for n in range(tile.type.element.count):
            index = builder.add(base, emit.integer(n * LANES))
            pointer = emit.pointer(context, builder, signature.args[1], array, index)
            total = builder.fadd(emit.load(builder, pointer), builder.extract_value(tile, [0, n]))
            emit.store(builder, total, pointer)
        return context.get_dummy_value()

    return types.void(tile, array, types.intp), generate
