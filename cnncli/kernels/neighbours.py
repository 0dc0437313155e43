"""LANES places of an image looked up at once, wherever they are: the pixels around each."""

from __future__ import annotations

from llvmlite import ir
from numba import types

from . import emit
from .host import LANES
from .vector import intrinsic, vector


@intrinsic
def four_around(typing, plane, start, stride, y, x):
    """Pixels at (⌊y⌋, ⌊x⌋), right of that, below it, and below and right: four vectors, and the parts of y and x
    beyond the whole: (upper left, upper right, lower left, lower right, down, along).

    plane: float32, rows of `stride` from `start` on; y, x: vectors from 0 up, of places that have these neighbours.
    """
    result = types.UniTuple(vector, 6)

    def generate(context, builder, signature, arguments):
        plane, start, stride, y, x = arguments
        rows, columns = (builder.fptosi(place, emit.INTEGERS) for place in (y, x))
        wide = emit.splat(builder, builder.trunc(stride, emit.INTEGER))
        corners = builder.add(builder.mul(rows, wide), columns)
        found = []
        for offset in (start, builder.add(start, stride)):
            base = emit.pointer(context, builder, signature.args[0], plane, offset)
            for right in range(2):
                near = builder.gep(base, [emit.integer(right)])
                found.append(_look_up(builder, near, corners))
        for place, whole in ((y, rows), (x, columns)):
            found.append(builder.fsub(place, builder.sitofp(whole, emit.VECTOR)))
        return context.make_tuple(builder, result, found)

    return result(plane, types.int64, types.int64, vector, vector), generate


def _look_up(builder, base, places):
    """The float at base + place for every lane."""
    found = ir.Constant(emit.VECTOR, ir.Undefined)
    for lane in range(LANES):
        number = ir.Constant(emit.INTEGER, lane)
        place = builder.sext(builder.extract_element(places, number), emit.LONG)
        value = builder.load(builder.gep(base, [place]))
        found = builder.insert_element(found, value, number)
    return found
