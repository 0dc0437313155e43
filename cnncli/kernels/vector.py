"""A SIMD vector type inside Numba, and register tiles made of it.

A value of type `Vector` is LANES float32 in one register. LLVM's loop vectoriser only turns innermost loops
into vector code and does not keep a tile of accumulators in registers across a reduction; with a vector
*type* a kernel says exactly that, and LLVM lowers it to whatever the host has.

A *tile* of M x N accumulators is a tuple of M tuples of N vectors. Its intrinsics read M and N from the
argument's type and unroll over it, so one kernel body serves every tile size: Numba compiles it once per
type, and LLVM splits the tuples into registers. `rows` and `columns` below are such size-carrying tuples,
`(0,) * M` and `(0,) * N`; `sizes(M, N)` makes them.

Arrays are contiguous and one-dimensional here; indices count float32 elements. Nothing is bounds-checked.
"""

from __future__ import annotations

import operator
from typing import Any

import numba.extending
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, register_model

from .host import LANES as LANES

# An intrinsic is defined with a typing context before its arguments and called without it.
intrinsic: Any = numba.extending.intrinsic

_F32 = ir.FloatType()
_I32 = ir.IntType(32)
_VECTOR = ir.VectorType(_F32, LANES)
_INTEGERS = ir.VectorType(_I32, LANES)


class Vector(types.Type):
    """LANES float32 values."""

    def __init__(self):
        super().__init__(name=f"Vector{LANES}")


vector = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, _VECTOR)


# ---- IR pieces ---------------------------------------------------------------------------------


def _pointer(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _load(builder, pointer):
    value = builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()))
    value.align = 4
    return value


def _store(builder, value, pointer):
    builder.store(value, builder.bitcast(pointer, _VECTOR.as_pointer())).align = 4


def _splat(builder, scalar):
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_INTEGERS, [0] * LANES))


def _constant(number):
    return ir.Constant(_VECTOR, [number] * LANES)


def _call(builder, name, result, arguments, flags=()):
    function_type = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments, fastmath=flags)


def _fma(builder, a, b, c):
    return _call(builder, f"llvm.fma.v{LANES}f32", _VECTOR, [a, b, c])


def _sum(builder, value):
    # The order of this sum is LLVM's, but one order for all: a tree over the lanes.
    zero = ir.Constant(_F32, -0.0)
    return _call(builder, f"llvm.vector.reduce.fadd.v{LANES}f32", _F32, [zero, value], flags=("reassoc",))


def _smaller(builder, a, b):
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _integer(number):
    return ir.Constant(ir.IntType(64), number)


# ---- single vectors ----------------------------------------------------------------------------


@intrinsic
def load(typing, array, index):
    """LANES consecutive floats of `array`, from `index`."""

    def generate(context, builder, signature, arguments):
        return _load(builder, _pointer(context, builder, signature.args[0], arguments[0], arguments[1]))

    return vector(array, types.intp), generate


@intrinsic
def store(typing, array, index, value):
    """Writes a vector to `array`, from `index`."""

    def generate(context, builder, signature, arguments):
        _store(builder, arguments[2], _pointer(context, builder, signature.args[0], arguments[0], arguments[1]))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def load_whole(typing, array, index):
    """LANES consecutive int32 of `array`, from `index`, as floats."""

    def generate(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        value = builder.load(builder.bitcast(pointer, _INTEGERS.as_pointer()))
        value.align = 4
        return builder.sitofp(value, _VECTOR)

    return vector(array, types.intp), generate


@intrinsic
def store_whole(typing, array, index, value):
    """Writes a vector of whole numbers to int32 `array`, from `index`."""

    def generate(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        whole = builder.fptosi(arguments[2], _INTEGERS)
        builder.store(whole, builder.bitcast(pointer, _INTEGERS.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def splat(typing, scalar):
    """One float32 in every lane."""

    def generate(context, builder, signature, arguments):
        return _splat(builder, arguments[0])

    return vector(types.float32), generate


@intrinsic
def fma(typing, a, b, c):
    """a * b + c, rounded once."""

    def generate(context, builder, signature, arguments):
        return _fma(builder, *arguments)

    return vector(vector, vector, vector), generate


@intrinsic
def horizontal_sum(typing, value):
    """The sum over the lanes."""

    def generate(context, builder, signature, arguments):
        return _sum(builder, arguments[0])

    return types.float32(vector), generate


@intrinsic
def where_less(typing, a, b, then, otherwise):
    """then where a < b, otherwise elsewhere (also where a or b is NaN)."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_ordered("<", arguments[0], arguments[1])
        return builder.select(mask, arguments[2], arguments[3])

    return vector(vector, vector, vector, vector), generate


@intrinsic
def where_equal(typing, a, b, then, otherwise):
    """then where a == b, otherwise elsewhere."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_ordered("==", arguments[0], arguments[1])
        return builder.select(mask, arguments[2], arguments[3])

    return vector(vector, vector, vector, vector), generate


@intrinsic
def where_nan(typing, a, then, otherwise):
    """then where a is NaN, otherwise elsewhere."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_unordered("uno", arguments[0], arguments[0])
        return builder.select(mask, arguments[1], arguments[2])

    return vector(vector, vector, vector), generate


@intrinsic
def copy_sign(typing, magnitude, sign):
    """The size of one vector's elements with the signs of another's."""

    def generate(context, builder, signature, arguments):
        return _call(builder, f"llvm.copysign.v{LANES}f32", _VECTOR, arguments)

    return vector(vector, vector), generate


def _unary(name):
    @intrinsic
    def operation(typing, a):
        def generate(context, builder, signature, arguments):
            return _call(builder, f"llvm.{name}.v{LANES}f32", _VECTOR, arguments)

        return vector(vector), generate

    return operation


absolute, square_root, nearest = _unary("fabs"), _unary("sqrt"), _unary("rint")


@intrinsic
def power_of_two(typing, exponent):
    """2^e for whole e from -126 to 127, by placing e in the exponent bits."""

    def generate(context, builder, signature, arguments):
        whole = builder.fptosi(arguments[0], _INTEGERS)
        biased = builder.add(whole, ir.Constant(_INTEGERS, [127] * LANES))
        return builder.bitcast(builder.shl(biased, ir.Constant(_INTEGERS, [23] * LANES)), _VECTOR)

    return vector(vector), generate


class _Arithmetic(AbstractTemplate):
    def generic(self, arguments, keywords):
        if len(arguments) == 2 and all(isinstance(argument, Vector) for argument in arguments):
            return signature(vector, vector, vector)
        return None


def _register_operator(symbol, instruction):
    infer_global(symbol)(type(f"_{instruction}", (_Arithmetic,), {}))

    @lower_builtin(symbol, vector, vector)
    def generate(context, builder, signature, arguments):
        return getattr(builder, instruction)(*arguments)


for _symbol, _instruction in (
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):  # fmt: skip
    _register_operator(_symbol, _instruction)


# ---- tiles -------------------------------------------------------------------------------------


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
        return _build(builder, _undefined(context, signature.return_type), lambda m, n: _constant(0.0))

    return _tile_type(rows, columns)(rows, columns), generate


@intrinsic
def splat_tile(typing, rows, columns, scalars, index, valid):
    """Row m holds scalars[index + m] everywhere; rows from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, _, scalars, index, valid = arguments
        last = builder.sub(valid, _integer(1))
        values = []
        for m in range(len(signature.args[0])):
            place = builder.add(index, _smaller(builder, _integer(m), last))
            pointer = _pointer(context, builder, signature.args[2], scalars, place)
            values.append(_splat(builder, builder.load(pointer)))
        return _build(builder, _undefined(context, signature.return_type), lambda m, n: values[m])

    return _tile_type(rows, columns)(rows, columns, scalars, types.intp, types.intp), generate


@intrinsic
def load_tile(typing, rows, array, places, base, step, valid):
    """Element (m, n) from array[base + m * step + places[n]]; rows from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, array, places, base, step, valid = arguments
        last = builder.sub(valid, _integer(1))
        starts = [
            builder.add(base, builder.mul(step, _smaller(builder, _integer(m), last)))
            for m in range(len(signature.args[0]))
        ]

        def element(m, n):
            index = builder.add(starts[m], builder.extract_value(places, n))
            return _load(builder, _pointer(context, builder, signature.args[1], array, index))

        return _build(builder, _undefined(context, signature.return_type), element)

    arguments = (rows, array, places, types.intp, types.intp, types.intp)
    return _tile_type(rows, places)(*arguments), generate


@intrinsic
def store_tile(typing, tile, array, places, base, step, valid):
    """Writes element (m, n) to array[base + m * step + places[n]], for the rows m < `valid`."""

    def generate(context, builder, signature, arguments):
        tile, array, places, base, step, valid = arguments
        for m in range(tile.type.count):
            with builder.if_then(builder.icmp_signed("<", _integer(m), valid)):
                start = builder.add(base, builder.mul(step, _integer(m)))
                for n in range(tile.type.element.count):
                    index = builder.add(start, builder.extract_value(places, n))
                    pointer = _pointer(context, builder, signature.args[1], array, index)
                    _store(builder, builder.extract_value(tile, [m, n]), pointer)
        return context.get_dummy_value()

    return types.void(tile, array, places, types.intp, types.intp, types.intp), generate


@intrinsic
def tile_places(typing, columns, table, start, count):
    """table[start : start + N] as a tuple; places from `count` on repeat the last one."""

    def generate(context, builder, signature, arguments):
        _, table, start, count = arguments
        last = builder.sub(count, _integer(1))
        places = _undefined(context, signature.return_type)
        for n in range(len(signature.args[0])):
            index = _smaller(builder, builder.add(start, _integer(n)), last)
            pointer = _pointer(context, builder, signature.args[1], table, index)
            places = builder.insert_value(places, builder.load(pointer), n)
        return places

    return types.UniTuple(types.intp, len(columns))(columns, table, types.intp, types.intp), generate


@intrinsic
def spaced_places(typing, sized, step, valid):
    """(0, step, 2 step, ...), as many as `sized` has items; places from `valid` on repeat the last valid one."""

    def generate(context, builder, signature, arguments):
        _, step, valid = arguments
        last = builder.sub(valid, _integer(1))
        places = _undefined(context, signature.return_type)
        for m in range(len(signature.args[0])):
            places = builder.insert_value(places, builder.mul(step, _smaller(builder, _integer(m), last)), m)
        return places

    return types.UniTuple(types.intp, len(sized))(sized, types.intp, types.intp), generate


def _multiply_add(tile, values, places, others, other_places, spread):
    """Signature and IR of tile[m][n] += spread(others at row m's place) * (values at column n's place)."""

    def generate(context, builder, signature, arguments):
        tile, values, places, base, others, other_places, other_base = arguments

        def pointers(count, array_type, array, places, base):
            starts = [builder.add(base, builder.extract_value(places, place)) for place in range(count)]
            return [_pointer(context, builder, array_type, array, start) for start in starts]

        columns = pointers(tile.type.element.count, signature.args[1], values, places, base)
        columns = [_load(builder, pointer) for pointer in columns]
        rows = pointers(tile.type.count, signature.args[4], others, other_places, other_base)
        rows = [spread(builder, pointer) for pointer in rows]
        return _build(
            builder, tile, lambda m, n: _fma(builder, rows[m], columns[n], builder.extract_value(tile, [m, n]))
        )

    return tile(tile, values, places, types.intp, others, other_places, types.intp), generate


@intrinsic
def multiply_add(typing, tile, values, places, base, scalars, scalar_places, scalar_base):
    """tile[m][n] += scalars[scalar_base + scalar_places[m]] * (vector of `values` at base + places[n])."""
    return _multiply_add(
        tile, values, places, scalars, scalar_places, lambda builder, pointer: _splat(builder, builder.load(pointer))
    )


@intrinsic
def multiply_add_lanes(typing, tile, values, places, base, others, other_places, other_base):
    """tile[m][n] += (vector of `others` at other_base + other_places[m]) * (vector of `values` at base + places[n])."""
    return _multiply_add(tile, values, places, others, other_places, _load)


@intrinsic
def relu_tile(typing, tile):
    """max(0, .) of every element; NaN stays NaN."""

    def generate(context, builder, signature, arguments):
        def element(m, n):
            value = builder.extract_value(arguments[0], [m, n])
            return builder.select(builder.fcmp_ordered("<", value, _constant(0.0)), _constant(0.0), value)

        return _build(builder, arguments[0], element)

    return tile(tile), generate


@intrinsic
def add_tile_sums(typing, tile, array, base, step, valid_rows, valid_columns):
    """array[base + m * step + n] += sum over the lanes of element (m, n), where m and n are valid."""

    def generate(context, builder, signature, arguments):
        tile, array, base, step, valid_rows, valid_columns = arguments
        sums = {}
        for m in range(tile.type.count):
            for n in range(tile.type.element.count):
                sums[m, n] = _sum(builder, builder.extract_value(tile, [m, n]))
        for (m, n), value in sums.items():
            inside = builder.and_(
                builder.icmp_signed("<", _integer(m), valid_rows),
                builder.icmp_signed("<", _integer(n), valid_columns),
            )
            with builder.if_then(inside):
                index = builder.add(base, builder.add(builder.mul(step, _integer(m)), _integer(n)))
                pointer = _pointer(context, builder, signature.args[1], array, index)
                builder.store(builder.fadd(builder.load(pointer), value), pointer)
        return context.get_dummy_value()

    arguments = (tile, array, types.intp, types.intp, types.intp, types.intp)
    return types.void(*arguments), generate
