"""LLVM IR that the vector intrinsics are made of: each function emits one step and returns its value.

Addresses count float32 (or int32) elements; loads and stores ask for no more than an element's alignment.
"""

from __future__ import annotations

from itertools import zip_longest

from llvmlite import ir
from numba.core import cgutils

from .host import LANES

FLOAT = ir.FloatType()
INTEGER = ir.IntType(32)
VECTOR = ir.VectorType(FLOAT, LANES)
INTEGERS = ir.VectorType(INTEGER, LANES)
LONG = ir.IntType(64)
LONGS = ir.VectorType(LONG, LANES)


def pointer(context, builder, array_type, array, index):
    """The address of array[index]."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def load(builder, pointer):
    """LANES floats."""
    value = builder.load(builder.bitcast(pointer, VECTOR.as_pointer()))
    value.align = 4
    return value


def load_spaced(builder, pointer, step, count):
    """A float every `step` floats, in the first `count` lanes; zeros in the others."""
    numbers = ir.Constant(LONGS, list(range(LANES)))
    first = splat(builder, builder.ptrtoint(pointer, LONG))
    addresses = builder.add(first, builder.mul(splat(builder, builder.shl(step, LONG(2))), numbers))
    mask = builder.icmp_signed("<", numbers, splat(builder, count))
    pointers = builder.inttoptr(addresses, ir.VectorType(pointer.type, LANES))
    name = f"llvm.masked.gather.v{LANES}f32.v{LANES}p0"
    return call(builder, name, VECTOR, [pointers, INTEGER(4), mask, constant(0.0)])


def store(builder, value, pointer):
    """Writes LANES floats."""
    builder.store(value, builder.bitcast(pointer, VECTOR.as_pointer())).align = 4


def write(builder, value, pointer, streamed):
    """Writes LANES floats; past the caches if `streamed`, and then to a multiple of the vector's size."""
    with builder.if_else(streamed) as (past, through):
        with past:
            written = builder.store(value, builder.bitcast(pointer, VECTOR.as_pointer()))
            written.align = 4 * LANES
            written.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(INTEGER, 1)]))
        with through:
            store(builder, value, pointer)


def boolean(builder, value):
    """A Numba boolean as the single bit that LLVM branches on."""
    return builder.trunc(value, ir.IntType(1)) if value.type.width > 1 else value


def splat(builder, scalar):
    """One number in every lane: a float, or an integer."""
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


def lane_sums(builder, vectors):
    """The sums over the lanes of each vector, in order, LANES of them to a vector.

    Each turn halves their number: it adds one half of every run of lanes to the other half, and puts what two vectors
    come to side by side. That takes less than an addition and two shuffles for each sum.
    """
    width = LANES
    while width > 1:
        width //= 2
        halves = [[lane for lane in range(2 * LANES) if lane // width % 2 == half] for half in (0, 1)]
        pairs = zip_longest(vectors[::2], vectors[1::2], fillvalue=vectors[-1])
        vectors = [builder.fadd(*(_shuffle(builder, a, b, lanes) for lanes in halves)) for a, b in pairs]
    return vectors


def _shuffle(builder, a, b, lanes):
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INTEGER, len(lanes)), lanes))


def gather(builder, vectors, numbers):
    """Some of the floats of several vectors, counted through all of them, as one vector."""
    gathered = ir.Constant(ir.VectorType(FLOAT, len(numbers)), ir.Undefined)
    for n, number in enumerate(numbers):
        value = builder.extract_element(vectors[number // LANES], ir.Constant(INTEGER, number % LANES))
        gathered = builder.insert_element(gathered, value, ir.Constant(INTEGER, n))
    return gathered


def add_to(builder, value, pointer):
    """Adds a vector of any number of floats to those in memory."""
    place = builder.bitcast(pointer, value.type.as_pointer())
    before = builder.load(place)
    before.align = 4
    builder.store(builder.fadd(before, value), place).align = 4


def smaller(builder, a, b):
    """The smaller of two integers."""
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def integer(number):
    """A known 64-bit integer."""
    return ir.Constant(LONG, number)
