"""Winograd's transforms on vectors: the matrices of `toom_cook` as straight code, one dimension at a time.

`outputs` and `taps` are size-carrying tuples (`register_tile.sizes`): a form F(m, r) is known by their lengths, so
that one kernel body serves every form. Lanes are images (or channels): a transform is plain arithmetic, no shuffles.
"""

from __future__ import annotations

from fractions import Fraction

from llvmlite import ir
from numba import types

from . import emit, toom_cook
from .host import LANES
from .vector import intrinsic, vector


def _linear(builder, matrix, values):
    """matrix times a list of vectors. Rows, or columns, for the points +a and -a share their products."""
    columns = _mirrored(toom_cook.transposed(matrix))
    if columns:
        return _with_folded_columns(builder, matrix, values, columns)
    results = {}
    for first, second in _mirrored(matrix):
        same = [j for j, entry in enumerate(matrix[first]) if entry == matrix[second][j]]
        even = _sum(builder, [(matrix[first][j], values[j]) for j in same])
        odd = _sum(builder, [(entry, values[j]) for j, entry in enumerate(matrix[first]) if j not in same])
        results[first], results[second] = builder.fadd(even, odd), builder.fsub(even, odd)
    for i, row in enumerate(matrix):
        if i not in results:
            results[i] = _sum(builder, list(zip(row, values, strict=True)))
    return [results[i] for i in range(len(matrix))]


def _with_folded_columns(builder, matrix, values, pairs):
    """For columns that differ in signs alone: their values' sum and difference, once for all rows."""
    folded = {pair: (builder.fadd(*(values[j] for j in pair)), builder.fsub(*(values[j] for j in pair)))
              for pair in pairs}  # fmt: skip
    paired = {j for pair in pairs for j in pair}
    results = []
    for row in matrix:
        terms = [(row[j], values[j]) for j in range(len(row)) if j not in paired]
        terms += [(row[i], total if row[i] == row[j] else rest) for (i, j), (total, rest) in folded.items()]
        results.append(_sum(builder, terms))
    return results


def _mirrored(matrix):
    """Pairs of rows that are equal in some places and of opposite sign in all others; each row in one pair at most."""
    pairs: list[tuple[int, int]] = []
    used: set[int] = set()
    for i, row in enumerate(matrix):
        for j in range(i + 1, len(matrix)):
            sizes = [(abs(a), abs(b)) for a, b in zip(row, matrix[j], strict=True)]
            if not {i, j} & used and all(a == b for a, b in sizes) and sum(a > 0 for a, _ in sizes) > 1:
                pairs.append((i, j))
                used |= {i, j}
    return pairs


def _sum(builder, terms):
    """The sum of factor * value over (factor, value), beginning with one that needs no product."""
    terms = sorted((term for term in terms if term[0]), key=lambda term: term[0] != 1)
    total = None
    for factor, value in terms:
        if total is None:
            total = value if factor == 1 else builder.fmul(_constant(factor), value)
        elif abs(factor) == 1:
            total = builder.fadd(total, value) if factor == 1 else builder.fsub(total, value)
        else:
            total = emit.fma(builder, _constant(factor), value, total)
    return emit.constant(0.0) if total is None else total


def _constant(factor: Fraction):
    return emit.constant(float(factor))


def _transform(matrix_of):
    """An intrinsic (outputs, taps, values) -> values, of the matrix that `matrix_of` takes from a `Form`."""

    @intrinsic
    def apply(typing, outputs, taps, values):
        matrix = matrix_of(toom_cook.form(len(outputs), len(taps)))

        def generate(context, builder, signature, arguments):
            values = [builder.extract_value(arguments[2], j) for j in range(len(matrix[0]))]
            return _packed(context, builder, signature, _linear(builder, matrix, values))

        return types.UniTuple(vector, len(matrix))(outputs, taps, values), generate

    return apply


inputs_to_points = _transform(lambda form: form.b)
"""B^T d: m + r - 1 inputs -> as many points."""
points_to_outputs = _transform(lambda form: toom_cook.transposed(form.a))
"""A^T p: points -> m outputs."""
outputs_to_points = _transform(lambda form: form.a)
"""A y: m gradients of outputs -> points."""
taps_to_points = _transform(lambda form: form.g)
"""G g: r taps -> points."""
points_to_taps = _transform(lambda form: toom_cook.transposed(form.g))
"""G^T p: points -> r gradients of taps."""


def _packed(context, builder, signature, values):
    """Vectors as the tuple a signature returns."""
    result = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
    for j, value in enumerate(values):
        result = builder.insert_value(result, value, j)
    return result


@intrinsic
def load_run(typing, sized, array, place, step):
    """array[place], array[place + step], ...: as many vectors as `sized` has items."""

    def generate(context, builder, signature, arguments):
        _, array, place, step = arguments
        values = []
        for j in range(len(signature.args[0])):
            index = builder.add(place, builder.mul(step, emit.integer(j)))
            values.append(emit.load(builder, emit.pointer(context, builder, signature.args[1], array, index)))
        return _packed(context, builder, signature, values)

    return types.UniTuple(vector, len(sized))(sized, array, types.intp, types.intp), generate


@intrinsic
def load_run_inside(typing, sized, array, place, step, begin, end):
    """Like `load_run`, with zeros for those before the `begin`-th and from the `end`-th on, which are not read."""

    def generate(context, builder, signature, arguments):
        _, array, place, step, begin, end = arguments
        read = _reader_inside(context, builder, signature.args[1], array, place, step, begin, end)
        return _packed(context, builder, signature, [read(j) for j in range(len(signature.args[0]))])

    arguments = (sized, array, types.intp, types.intp, types.intp, types.intp)
    return types.UniTuple(vector, len(sized))(*arguments), generate


def _reader_inside(context, builder, array_type, array, place, step, begin, end):
    """A function that emits array[place + j * step], or zeros where j is not in begin..end: then nothing is read."""
    zeros = _zeros(builder)

    def read(j):
        index = builder.add(place, builder.mul(step, emit.integer(j)))
        pointer = emit.pointer(context, builder, array_type, array, index)
        inside = builder.and_(
            builder.icmp_signed("<=", begin, emit.integer(j)), builder.icmp_signed("<", emit.integer(j), end)
        )
        return emit.load(builder, builder.select(inside, pointer, builder.bitcast(zeros, pointer.type)))

    return read


def _zeros(builder):
    """A vector of zeros in the module's memory, to be read in place of cells outside the image."""
    name = "cnncli.zeros"
    if name not in builder.module.globals:
        zeros = ir.GlobalVariable(builder.module, emit.VECTOR, name)
        zeros.initializer = emit.constant(0.0)
        zeros.global_constant = True
        zeros.linkage = "internal"
        zeros.align = 64
    return builder.module.globals[name]


@intrinsic
def store_run(typing, values, array, place, step):
    """Writes a tuple of vectors to array[place], array[place + step], ..."""

    def generate(context, builder, signature, arguments):
        values, array, place, step = arguments
        for j in range(values.type.count):
            index = builder.add(place, builder.mul(step, emit.integer(j)))
            pointer = emit.pointer(context, builder, signature.args[1], array, index)
            emit.store(builder, builder.extract_value(values, j), pointer)
        return context.get_dummy_value()

    return types.void(values, array, types.intp, types.intp), generate


@intrinsic
def store_first(typing, values, array, place, step, count):
    """Like `store_run`, for the first `count` vectors."""

    def generate(context, builder, signature, arguments):
        values, array, place, step, count = arguments
        for j in range(values.type.count):
            with builder.if_then(builder.icmp_signed("<", emit.integer(j), count)):
                index = builder.add(place, builder.mul(step, emit.integer(j)))
                pointer = emit.pointer(context, builder, signature.args[1], array, index)
                emit.store(builder, builder.extract_value(values, j), pointer)
        return context.get_dummy_value()

    return types.void(values, array, types.intp, types.intp, types.intp), generate


@intrinsic
def finish_run(typing, values, offset, floor):
    """Each vector of a tuple plus `offset`, and no less than `floor`; NaN stays NaN."""

    def generate(context, builder, signature, arguments):
        values, offset, floor = arguments
        results = []
        for j in range(values.type.count):
            value = builder.fadd(builder.extract_value(values, j), offset)
            results.append(builder.select(builder.fcmp_ordered("<", value, floor), floor, value))
        return _packed(context, builder, signature, results)

    return values(values, vector, vector), generate


@intrinsic
def transpose(typing, array, place, step, target, into, target_step):
    """LANES vectors at array[place], array[place + step], ... become the columns of as many at target[into], ..."""

    def generate(context, builder, signature, arguments):
        array, place, step, target, into, target_step = arguments
        values = []
        for j in range(LANES):
            index = builder.add(place, builder.mul(step, emit.integer(j)))
            values.append(emit.load(builder, emit.pointer(context, builder, signature.args[0], array, index)))
        distance = LANES // 2
        while distance:
            values = _exchanged(builder, values, distance)
            distance //= 2
        for j, value in enumerate(values):
            index = builder.add(into, builder.mul(target_step, emit.integer(j)))
            emit.store(builder, value, emit.pointer(context, builder, signature.args[3], target, index))
        return context.get_dummy_value()

    arguments = (array, types.intp, types.intp, target, types.intp, types.intp)
    return types.void(*arguments), generate


def _exchanged(builder, values, distance):
    """One round of a transposition: vectors `distance` apart exchange the elements that are `distance` apart."""
    results = list(values)
    for i in range(len(values)):
        if i & distance:
            continue
        low, high = values[i], values[i + distance]
        for keep, mine in ((i, 0), (i + distance, distance)):
            mask = [(e - e % (2 * distance)) + e % distance + mine + (len(values) if e & distance else 0)
                    for e in range(len(values))]  # fmt: skip
            results[keep] = builder.shuffle_vector(low, high, ir.Constant(emit.INTEGERS, mask))
    return results
