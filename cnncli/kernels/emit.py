"""LLVM IR that the vector intrinsics are made of: each function emits one step and returns its value.

Addresses count float32 (or int32) elements; loads and stores ask for no more than an element's alignment.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from .host import LANES

FLOAT = ir.FloatType()
INTEGER = ir.IntType(32)
VECTOR = ir.VectorType(FLOAT, LANES)
INTEGERS = ir.VectorType(INTEGER, LANES)


def pointer(context, builder, array_type, array, index):
    """The address of array[index]."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def load(builder, pointer):
    """LANES floats."""
    value = builder.load(builder.bitcast(pointer, VECTOR.as_pointer()))
    value.align = 4
    return value


def store(builder, value, pointer):
    """Writes LANES floats."""
    builder.store(value, builder.bitcast(pointer, VECTOR.as_pointer())).align = 4


def splat(builder, scalar):
    """One float, or one int32, in every lane."""
    undefined = ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(INTEGER, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(INTEGERS, [0] * LANES))


def constant(number):
    """One known number in every lane."""
    return ir.Constant(VECTOR, [number] * LANES)


def call(builder, name, result, arguments, flags=()):
    """An LLVM intrinsic."""
    function_type = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments, fastmath=flags)


def fma(builder, a, b, c):
    """a * b + c, rounded once."""
    return call(builder, f"llvm.fma.v{LANES}f32", VECTOR, [a, b, c])


def lane_sum(builder, value):
    """The sum over the lanes."""
    # The order of this sum is LLVM's, but one order for all: a tree over the lanes.
    zero = ir.Constant(FLOAT, -0.0)
    return call(builder, f"llvm.vector.reduce.fadd.v{LANES}f32", FLOAT, [zero, value], flags=("reassoc",))


def smaller(builder, a, b):
    """The smaller of two integers."""
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def integer(number):
    """A known 64-bit integer."""
    return ir.Constant(ir.IntType(64), number)
