"""Squares of LANES x LANES numbers whose rows become columns: images into the lanes, and channels in their place."""

from __future__ import annotations

from llvmlite import ir
from numba import types

from . import emit
from .host import LANES
from .vector import intrinsic, vector


def _columns(builder, rows):
    """Rows a, b, ... of L numbers as the L vectors (a[0], b[0], ...), (a[1], b[1], ...), ...

    Each of log2 L rounds interleaves row n with row n + L / 2: the bits of row and place, in a row, rotate by one.
    """
    half = len(rows) // 2
    low = [number for pair in range(half) for number in (pair, LANES + pair)]
    orders = [ir.Constant(emit.INTEGERS, [number + shift for number in low]) for shift in (0, half)]
    for _ in range(LANES.bit_length() - 1):
        pairs = zip(rows[:half], rows[half:], strict=True)
        rows = [builder.shuffle_vector(first, second, order) for first, second in pairs for order in orders]
    return rows


@intrinsic
def transposed(typing, rows, indices, first, last, row_size, start):
    """A tuple of LANES vectors: number p holds rows[n * row_size + start + p] as float32 for the LANES n in `indices`.

    rows: uint8 or float32. The n are indices[first], indices[first + 1], ...; that of `last` stands in for later ones.
    """
    element = emit.FLOAT if rows.dtype == types.float32 else ir.IntType(rows.dtype.bitwidth)
    loaded = ir.VectorType(element, LANES)

    def generate(context, builder, signature, arguments):
        rows, indices, first, last, row_size, start = arguments
        found = []
        for lane in range(LANES):
            index = emit.smaller(builder, builder.add(first, emit.integer(lane)), last)
            image = builder.load(emit.pointer(context, builder, signature.args[1], indices, index))
            place = builder.add(builder.mul(image, row_size), start)
            pointer = emit.pointer(context, builder, signature.args[0], rows, place)
            row = builder.load(builder.bitcast(pointer, loaded.as_pointer()))
            row.align = rows_alignment
            found.append(row)
        made = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
        for number, column in enumerate(_columns(builder, found)):
            value = column if element == emit.FLOAT else builder.uitofp(column, emit.VECTOR)
            made = builder.insert_value(made, value, number)
        return made

    rows_alignment = rows.dtype.bitwidth // 8
    arguments = (rows, indices, types.intp, types.intp, types.intp, types.intp)
    return types.UniTuple(vector, LANES)(*arguments), generate


@intrinsic
def transpose(typing, array, place, step, target, into, target_step):
    """LANES vectors at array[place], array[place + step], ... become the columns of as many at target[into], ..."""

    def generate(context, builder, signature, arguments):
        array, place, step, target, into, target_step = arguments
        rows = []
        for lane in range(LANES):
            index = builder.add(place, builder.mul(step, emit.integer(lane)))
            rows.append(emit.load(builder, emit.pointer(context, builder, signature.args[0], array, index)))
        for number, column in enumerate(_columns(builder, rows)):
            index = builder.add(into, builder.mul(target_step, emit.integer(number)))
            emit.store(builder, column, emit.pointer(context, builder, signature.args[3], target, index))
        return context.get_dummy_value()

    arguments = (array, types.intp, types.intp, target, types.intp, types.intp)
    return types.void(*arguments), generate
