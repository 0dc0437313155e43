"""Winograd's transforms on vectors: the matrices of `toom_cook` as straight code, both directions of a tile at once.

`outputs` and `taps` are size-carrying tuples (`register_tile.sizes`): a form F(m, r) is known by their lengths, so
that one kernel body serves every form. Lanes are images (or channels): a transform is plain arithmetic, no shuffles.
"""

from __future__ import annotations

from fractions import Fraction

from llvmlite import ir
from numba import types

from . import emit, toom_cook
from .host import LANES, VECTOR_REGISTERS
from .vector import intrinsic, vector

_LIVE = 24 if VECTOR_REGISTERS >= 32 else 12
"""Vectors between the two directions of a transform that may be alive at once."""


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


def _groups(matrix, width):
    """The rows of a matrix in groups, for which `width` vectors per row fit the registers; mirrored rows together."""
    most = max(1, _LIVE // width)
    pairs = _mirrored(matrix)
    paired = {i for pair in pairs for i in pair}
    parts = [*pairs, *((i,) for i in range(len(matrix)) if i not in paired)]
    if not pairs:  # rows of even and of odd powers share the sums, or the differences, of mirrored columns
        parts = [tuple(range(first, len(matrix), 2)) for first in range(min(2, len(matrix)))]
    groups: list[tuple[int, ...]] = []
    for part in parts:
        fitting = next((n for n, group in enumerate(groups) if len(group) + len(part) <= most), None)
        if fitting is None:
            groups.append(part)
        else:
            groups[fitting] += part
    return groups


def _emit_tile(builder, matrix, read, write):
    """matrix X matrix^T, of a square of vectors: `read(i, j)` emits X's, `write(i, j, vector)` takes the result's.

    A group of rows at a time, so that what lies between the two directions stays in registers; X is read once for each.
    """
    size = len(matrix[0])
    for group in _groups(matrix, size):
        part = tuple(matrix[i] for i in group)
        columns = [_linear(builder, part, [read(i, j) for i in range(size)]) for j in range(size)]
        for number, i in enumerate(group):
            for j, value in enumerate(_linear(builder, matrix, [column[number] for column in columns])):
                write(i, j, value)


def _run_transform(matrix_of):
    """An intrinsic (outputs, taps, values) -> values, of the matrix that `matrix_of` takes from a `Form`."""

    @intrinsic
    def apply(typing, outputs, taps, values):
        matrix = matrix_of(toom_cook.form(len(outputs), len(taps)))

        def generate(context, builder, signature, arguments):
            values = [builder.extract_value(arguments[2], j) for j in range(len(matrix[0]))]
            return _packed(context, builder, signature, _linear(builder, matrix, values))

        return types.UniTuple(vector, len(matrix))(outputs, taps, values), generate

    return apply


taps_to_points = _run_transform(lambda form: form.g)
"""G g: r taps -> points."""
points_to_taps = _run_transform(lambda form: toom_cook.transposed(form.g))
"""G^T p: points -> r gradients of taps."""


def _tile_transform(matrix_of):
    """An intrinsic that transforms a tile in both directions, from where it lies into `target`.

    (outputs, taps, inside, array, place, row_step, column_step, patch, start, target, into, target_row_step,
    target_column_step): element (i, j) is array[place + i row_step + j column_step]; if not inside, it is that of
    the square without gaps at patch[start].
    """

    @intrinsic
    def apply(
        typing, outputs, taps, inside, array, place, row_step, column_step, patch, start, target, into,
        target_row_step, target_column_step,
    ):  # fmt: skip
        matrix = matrix_of(toom_cook.form(len(outputs), len(taps)))
        size = len(matrix[0])

        def generate(context, builder, signature, arguments):
            _, _, inside, array, place, row_step, column_step, patch, start, target, into, *steps = arguments
            own = emit.pointer(context, builder, signature.args[3], array, place)
            other = emit.pointer(context, builder, signature.args[7], patch, start)
            inside = emit.boolean(builder, inside)
            source = builder.select(inside, own, other)
            rows = builder.select(inside, row_step, emit.integer(size * LANES))
            columns = builder.select(inside, column_step, emit.integer(LANES))
            result = emit.pointer(context, builder, signature.args[9], target, into)

            def read(i, j):
                return emit.load(builder, _away(builder, source, (i, rows), (j, columns)))

            def write(i, j, value):
                emit.store(builder, value, _away(builder, result, (i, steps[0]), (j, steps[1])))

            _emit_tile(builder, matrix, read, write)
            return context.get_dummy_value()

        whole = types.intp
        arguments = (
            outputs, taps, types.boolean, array, whole, whole, whole, patch, whole, target, whole, whole, whole
        )  # fmt: skip
        return types.void(*arguments), generate

    return apply


inputs_to_points = _tile_transform(lambda form: form.b)
"""B^T d B."""
outputs_to_points = _tile_transform(lambda form: form.a)
"""A dy A^T."""


def _away(builder, pointer, *distances):
    """The address some steps away: (number, step) for each direction."""
    total = emit.integer(0)
    for number, step in distances:
        total = builder.add(total, builder.mul(step, emit.integer(number)))
    return builder.gep(pointer, [total])


@intrinsic
def points_to_outputs(
    typing, outputs, taps, array, place, row_step, column_step, offset, add, floor, out, into, out_step, rows, columns,
    streamed,
):  # fmt: skip
    """A^T p A + a vector at array[offset], and no less than `floor`, of a tile of points; its first rows and columns.

    Point (i, j) is array[place + i row_step + j column_step], output (i, j) out[into + i out_step + j LANES]. If `add`,
    what is there is added in place of the vector.
    """
    matrix = toom_cook.transposed(toom_cook.form(len(outputs), len(taps)).a)

    def generate(context, builder, signature, arguments):
        _, _, array, place, row_step, column_step, offset, add, floor, out, into, *rest = arguments
        out_step, rows, columns, past = rest
        past, add = emit.boolean(builder, past), emit.boolean(builder, add)
        source = emit.pointer(context, builder, signature.args[2], array, place)
        result = emit.pointer(context, builder, signature.args[9], out, into)
        constant = emit.pointer(context, builder, signature.args[2], array, offset)

        def read(i, j):
            return emit.load(builder, _away(builder, source, (i, row_step), (j, column_step)))

        def write(i, j, value):
            wanted = builder.and_(
                builder.icmp_signed("<", emit.integer(i), rows), builder.icmp_signed("<", emit.integer(j), columns)
            )
            with builder.if_then(wanted):
                target = _away(builder, result, (i, out_step), (j, emit.integer(LANES)))
                value = builder.fadd(value, emit.load(builder, builder.select(add, target, constant)))
                value = builder.select(builder.fcmp_ordered("<", value, floor), floor, value)  # NaN stays NaN
                emit.write(builder, value, target, past)

        _emit_tile(builder, matrix, read, write)
        return context.get_dummy_value()

    whole = types.intp
    arguments = (
        outputs, taps, array, whole, whole, whole, whole, types.boolean, vector, out, whole, whole, whole, whole,
        types.boolean,
    )  # fmt: skip
    return types.void(*arguments), generate


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
