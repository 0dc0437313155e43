"""A SIMD vector type inside Numba: a value of type `Vector` is LANES float32 in one register.

LLVM's loop vectoriser only turns innermost loops into vector code and does not keep a tile of accumulators in
registers across a reduction; with a vector *type* a kernel says exactly that (see `register_tile`), and LLVM
lowers it to whatever the host has. Vectors add, subtract, multiply and divide with the usual operators; `Whole` is
its kin for counting (a float32 counts to 2^24 only): LANES int32, which add.

Arrays are contiguous and one-dimensional here; indices count elements. Nothing is bounds-checked.
"""

from __future__ import annotations

import operator
from typing import Any

import numba.extending
from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, register_model

from . import emit
from .host import LANES as LANES

# An intrinsic is defined with a typing context before its arguments and called without it.
intrinsic: Any = numba.extending.intrinsic


class Vector(types.Type):
    """LANES float32 values."""

    def __init__(self):
        super().__init__(name=f"Vector{LANES}")


vector = Vector()


class Whole(types.Type):
    """LANES int32 values."""

    def __init__(self):
        super().__init__(name=f"Whole{LANES}")


whole = Whole()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, emit.VECTOR)


@register_model(Whole)
class _WholeModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, emit.INTEGERS)


@intrinsic
def load(typing, array, index):
    """LANES consecutive floats of `array`, from `index`."""

    def generate(context, builder, signature, arguments):
        return emit.load(builder, emit.pointer(context, builder, signature.args[0], arguments[0], arguments[1]))

    return vector(array, types.intp), generate


@intrinsic
def load_spaced(typing, array, index, step, count):
    """array[index], array[index + step], ...: the first `count` lanes; zeros in the others."""

    def generate(context, builder, signature, arguments):
        array, index, step, count = arguments
        pointer = emit.pointer(context, builder, signature.args[0], array, index)
        return emit.load_spaced(builder, pointer, step, count)

    return vector(array, types.intp, types.intp, types.intp), generate


@intrinsic
def store(typing, array, index, value):
    """Writes a vector to `array`, from `index`."""

    def generate(context, builder, signature, arguments):
        emit.store(builder, arguments[2], emit.pointer(context, builder, signature.args[0], arguments[0], arguments[1]))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def write(typing, array, index, value, streamed):
    """Writes a vector to `array`, from `index`; past the caches if `streamed`: see `memory.streamed`."""

    def generate(context, builder, signature, arguments):
        array, index, value, streamed = arguments
        pointer = emit.pointer(context, builder, signature.args[0], array, index)
        emit.write(builder, value, pointer, emit.boolean(builder, streamed))
        return context.get_dummy_value()

    return types.void(array, types.intp, vector, types.boolean), generate


@intrinsic
def load_whole(typing, array, index):
    """LANES consecutive whole numbers of `array`, uint8 or int32, from `index`."""

    def generate(context, builder, signature, arguments):
        kind = ir.VectorType(ir.IntType(array.dtype.bitwidth), LANES)
        pointer = emit.pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        value = builder.load(builder.bitcast(pointer, kind.as_pointer()))
        value.align = array.dtype.bitwidth // 8
        return value if kind == emit.INTEGERS else builder.zext(value, emit.INTEGERS)

    return whole(array, types.intp), generate


@intrinsic
def store_whole(typing, array, index, value):
    """Writes a `Whole` to `array`, uint8 (the lowest bits) or int32, from `index`."""

    def generate(context, builder, signature, arguments):
        kind = ir.VectorType(ir.IntType(array.dtype.bitwidth), LANES)
        pointer = emit.pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        value = arguments[2] if kind == emit.INTEGERS else builder.trunc(arguments[2], kind)
        builder.store(value, builder.bitcast(pointer, kind.as_pointer())).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.intp, whole), generate


@intrinsic
def splat_whole(typing, scalar):
    """One whole number in every lane."""

    def generate(context, builder, signature, arguments):
        return emit.splat(builder, builder.trunc(arguments[0], emit.INTEGER))

    return whole(types.int64), generate


@intrinsic
def splat(typing, scalar):
    """One float32 in every lane."""

    def generate(context, builder, signature, arguments):
        return emit.splat(builder, arguments[0])

    return vector(types.float32), generate


@intrinsic
def lane_numbers(typing):
    """0, 1, 2, ...: which lane a lane is."""

    def generate(context, builder, signature, arguments):
        return ir.Constant(emit.VECTOR, list(range(LANES)))

    return vector(), generate


@intrinsic
def fma(typing, a, b, c):
    """a * b + c, rounded once."""

    def generate(context, builder, signature, arguments):
        return emit.fma(builder, *arguments)

    return vector(vector, vector, vector), generate


@intrinsic
def horizontal_sum(typing, value):
    """The sum over the lanes."""

    def generate(context, builder, signature, arguments):
        return emit.lane_sum(builder, arguments[0])

    return types.float32(vector), generate


@intrinsic
def where_less(typing, a, b, then, otherwise):
    """then where a < b, otherwise elsewhere (also where a or b is NaN): vectors of floats, or `Whole`."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_ordered("<", arguments[0], arguments[1])
        return builder.select(mask, arguments[2], arguments[3])

    return then(vector, vector, then, then), generate


@intrinsic
def where_equal(typing, a, b, then, otherwise):
    """then where a == b, otherwise elsewhere."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_ordered("==", arguments[0], arguments[1])
        return builder.select(mask, arguments[2], arguments[3])

    return vector(vector, vector, vector, vector), generate


@intrinsic
def where_same(typing, a, b, then, otherwise):
    """then where two `Whole` are equal, otherwise elsewhere."""

    def generate(context, builder, signature, arguments):
        mask = builder.icmp_signed("==", arguments[0], arguments[1])
        return builder.select(mask, arguments[2], arguments[3])

    return vector(whole, whole, vector, vector), generate


@intrinsic
def where_nan(typing, a, then, otherwise):
    """then where a is NaN, otherwise elsewhere: vectors of floats, or `Whole`."""

    def generate(context, builder, signature, arguments):
        mask = builder.fcmp_unordered("uno", arguments[0], arguments[0])
        return builder.select(mask, arguments[1], arguments[2])

    return then(vector, then, then), generate


@intrinsic
def copy_sign(typing, magnitude, sign):
    """The size of one vector's elements with the signs of another's."""

    def generate(context, builder, signature, arguments):
        return emit.call(builder, f"llvm.copysign.v{LANES}f32", emit.VECTOR, arguments)

    return vector(vector, vector), generate


def _unary(name):
    @intrinsic
    def operation(typing, a):
        def generate(context, builder, signature, arguments):
            return emit.call(builder, f"llvm.{name}.v{LANES}f32", emit.VECTOR, arguments)

        return vector(vector), generate

    return operation


absolute, square_root, nearest = _unary("fabs"), _unary("sqrt"), _unary("rint")


@intrinsic
def power_of_two(typing, exponent):
    """2^e for whole e from -126 to 127, by placing e in the exponent bits."""

    def generate(context, builder, signature, arguments):
        whole = builder.fptosi(arguments[0], emit.INTEGERS)
        biased = builder.add(whole, ir.Constant(emit.INTEGERS, [127] * LANES))
        return builder.bitcast(builder.shl(biased, ir.Constant(emit.INTEGERS, [23] * LANES)), emit.VECTOR)

    return vector(vector), generate


@intrinsic
def exponent_of(typing, value):
    """The whole e with 2^e <= value < 2^(e + 1), read from the exponent bits; for normal positive numbers."""

    def generate(context, builder, signature, arguments):
        bits = builder.bitcast(arguments[0], emit.INTEGERS)
        biased = builder.lshr(bits, ir.Constant(emit.INTEGERS, [23] * LANES))
        return builder.sitofp(builder.sub(biased, ir.Constant(emit.INTEGERS, [127] * LANES)), emit.VECTOR)

    return vector(vector), generate


class _Arithmetic(AbstractTemplate):
    def generic(self, arguments, keywords):
        if len(arguments) == 2 and all(isinstance(argument, Vector) for argument in arguments):
            return signature(vector, vector, vector)
        return None


class _Counting(AbstractTemplate):
    def generic(self, arguments, keywords):
        if len(arguments) == 2 and all(isinstance(argument, Whole) for argument in arguments):
            return signature(whole, whole, whole)
        return None


def _register_operator(symbol, template, operand, instruction):
    infer_global(symbol)(type(f"_{instruction}", (template,), {}))

    @lower_builtin(symbol, operand, operand)
    def generate(context, builder, signature, arguments):
        return getattr(builder, instruction)(*arguments)


for _symbol, _instruction in (
    (operator.add, "fadd"), (operator.iadd, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):  # fmt: skip
    _register_operator(_symbol, _Arithmetic, vector, _instruction)
for _symbol in (operator.add, operator.iadd):
    _register_operator(_symbol, _Counting, whole, "add")
