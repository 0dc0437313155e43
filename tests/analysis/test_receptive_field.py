"""Receptive fields: published ones, some by hand, and others by finding out which cells of the input an output sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.analysis.receptive_field import Fields, receptive_fields
from cnncli.graph import Graph, read_architecture
from cnncli.spec.source import find
from tests.specs import chain, read

# Published: Araujo et al., 2019, table of "Discussion: receptive fields of modern networks"


def sizes(fields: Fields) -> list[tuple[int, float]]:
    """(size, jump) along each axis."""
    return [(field.size, field.jump) for field in fields]


def last(graph: Graph) -> list[tuple[int, float]]:
    """Those of the network's output."""
    return sizes(receptive_fields(graph)[graph.output])


def mobilenet_v1() -> Graph:
    """Howard et al., 2017, table 1, as far as its last convolution."""
    layers = ["type: conv, filters: 8, kernel: 3, stride: 2, padding: 1, rounding: floor"]
    for stride in (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1):
        layers.append(f"type: depthwise_conv, kernel: 3, stride: {stride}, padding: 1, rounding: floor")
        layers.append("type: conv, filters: 8, kernel: 1")
    return chain([3, 224, 224], *layers)


@pytest.mark.parametrize(
    ("network", "layer", "size"),
    [
        ("alexnet", "maxpool3", 195),
        ("alexnet_torchvision", "maxpool3", 195),
        ("vgg16", "stage5.maxpool1", 212),
        ("vgg16_bn", "stage5.maxpool1", 212),
        ("resnet50_v1", "conv5.3", 483),
        ("resnet101_v1", "conv5.3", 1027),
        ("resnet152_v1", "conv5.3", 1507),
    ],
)
def test_published_fields(network: str, layer: str, size: int) -> None:
    graph = read_architecture(find(network)).require_sound()
    (index,) = [node.index for node in graph.nodes if node.name == layer]
    assert sizes(receptive_fields(graph)[index]) == [(size, 32), (size, 32)]


def test_mobilenet_v1() -> None:
    assert last(mobilenet_v1()) == [(315, 32), (315, 32)]


# By hand


def test_lenet5() -> None:
    """5; a pool of 2: 5 + 1; 4 cells more, 2 apart: 6 + 8; and again a pool: 14 + 2."""
    fields = receptive_fields(read_architecture(find("lenet5")).graph)
    assert [field[0].size for field in fields[:4]] == [5, 6, 14, 16]
    assert [field[0].jump for field in fields[:4]] == [1, 2, 2, 4]
    assert fields[4:] == [()] * 4, "a list of numbers has no places"


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        (["type: relu", "type: batchnorm", "type: layernorm", "type: dropout"], (1, 1)),
        (["type: conv, filters: 4, kernel: 3, dilation: 2"], (5, 1)),
        (["type: upsample, scale: 2", "type: conv, filters: 4, kernel: 3"], (2, 0.5)),
        (["type: upsample, scale: 2", "type: maxpool, kernel: 2"], (2, 1)),
        (["type: upsample, scale: 2, mode: bilinear"], (2, 0.5)),
        (["type: transposed_conv, filters: 4, kernel: 4, stride: 2"], (2, 0.5)),
        (["type: transposed_conv, filters: 4, kernel: 2, stride: 2"], (1, 0.5)),
        (["type: transposed_conv, filters: 4, kernel: 3, stride: 2, dilation: 2"], (3, 0.5)),
        (["type: maxpool, kernel: 2", "type: upsample, scale: 2", "type: conv, filters: 4, kernel: 2"], (4, 1)),
        (["type: adaptive_avgpool, size: 4"], (3, 3)),
        (["type: adaptive_avgpool, size: 8"], (2, 1.5)),
        (["type: global_maxpool"], (12, 12)),
        (["type: conv, filters: 4, kernel: 3", "type: global_avgpool"], (12, 10)),
        (["type: conv, filters: 4, kernel: 3, padding: same", "type: global_avgpool"], (14, 12)),
    ],
)
def test_chains(layers: list[str], wanted: tuple[float, float]) -> None:
    assert last(chain([4, 12, 12], *layers)) == [wanted, wanted]


def test_axes_are_independent() -> None:
    graph = chain([1, 20, 20], "type: conv, filters: 1, kernel: [3, 1], stride: [2, 1], rounding: floor",
                  "type: maxpool, kernel: [1, 4]", "type: conv, filters: 1, kernel: 2")  # fmt: skip
    assert last(graph) == [(5, 2), (8, 4)]


def merged(merge: str, *branches: str) -> Graph:
    text = f"input: [4, 12, 12]\nlayers:\n  - type: parallel\n    merge: {merge}\n    branches:\n"
    return read(text + "".join(f"      - [{branch}]\n" for branch in branches)).require_sound()


def test_a_merge_sees_what_its_widest_branch_sees() -> None:
    wide = "{type: conv, filters: 4, kernel: 5, padding: 2}"
    assert last(merged("add", "", wide)) == [(5, 1), (5, 1)]
    assert last(merged("concat", wide, "{type: conv, filters: 2, kernel: 3, padding: 1}")) == [(5, 1), (5, 1)]


def test_a_gate_sees_all_and_leaves_the_distance() -> None:
    assert last(merged("multiply", "", "{type: global_avgpool}, {type: relu}")) == [(12, 1), (12, 1)]
    assert receptive_fields(merged("multiply", "", "{type: global_avgpool}, {type: flatten}"))[-1] == ()


def test_places_are_lost_in_a_list_for_good() -> None:
    graph = chain([4, 4, 4], "type: flatten", "type: reshape, shape: [4, 4, 4]", "type: conv, filters: 1, kernel: 3")
    assert receptive_fields(graph) == [(), (), ()]
    assert receptive_fields(chain([4, 4, 4], "type: reshape, shape: [1, 8, 8]")) == [()]


@pytest.mark.parametrize("layer", ["maxpool, kernel: 1", "transposed_conv, filters: 1, kernel: 1"])
def test_numbers_have_an_end(layer: str) -> None:
    """2^3000 cells from one place to the next, where there is but one place: a long chain has no memory for it."""
    (field, _) = receptive_fields(chain([1, 1, 1], *[f"type: {layer}, stride: 2"] * 3000))[-1]
    assert field.size == 1 and 10**-12 <= field.jump <= 10**60


def test_fractions_have_an_end() -> None:
    """Each size adds a denominator of its own. The last pool's bins hold half of all there is, and a little more."""
    pools = [f"type: adaptive_avgpool, size: {prime}" for prime in (997, 991, 983, 977, 971, 967, 953, 2)]
    (field, _) = receptive_fields(chain([1, 1000, 1000], *pools))[-1]
    assert field.reach.denominator <= 10**12 and field.jump == 500
    assert 500 <= field.size <= 500 + 2 * len(pools)


# By finding out: each layer as the plain loop that it is, on sets of cells

Seen = list[set[int]]


def slide(seen: Seen, kernel: int, stride: int, dilation: int, padding: int) -> Seen:
    outputs: Seen = []
    start = -padding
    while start + dilation * (kernel - 1) < len(seen) + padding:
        cells = [start + dilation * cell for cell in range(kernel)]
        outputs.append({place for cell in cells if 0 <= cell < len(seen) for place in seen[cell]})
        start += stride
    return outputs


def lay(seen: Seen, kernel: int, stride: int, dilation: int) -> Seen:
    """A transposed convolution: every input lays its kernel onto the output."""
    outputs: Seen = [set() for _ in range((len(seen) - 1) * stride + dilation * (kernel - 1) + 1)]
    for place, cells in enumerate(seen):
        for cell in range(kernel):
            outputs[place * stride + dilation * cell] |= cells
    return outputs


def repeat(seen: Seen, scale: int) -> Seen:
    return [cells for cells in seen for _ in range(scale)]


def blend(seen: Seen, scale: int) -> Seen:
    """Bilinear: between the two cells around (w + 1/2) / s - 1/2, unless that is a cell's middle."""
    outputs: Seen = []
    for place in range(len(seen) * scale):
        position = (place + 0.5) / scale - 0.5
        around = {math.floor(position), math.ceil(position)}
        outputs.append({cell for index in around for cell in seen[min(max(index, 0), len(seen) - 1)]})
    return outputs


def bins(seen: Seen, out: int) -> Seen:
    edges = [(number * len(seen) // out, -(-(number + 1) * len(seen) // out)) for number in range(out)]
    return [set().union(*seen[first:last]) for first, last in edges]


Step = tuple[str, Callable[[Seen], Seen]]
FORWARD = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2))


def window(kind: str, kernel: int, stride: int, dilation: int, padding: int) -> Step:
    fields = f"kernel: [1, {kernel}], stride: [1, {stride}], rounding: floor"
    if kind == "maxpool":
        padding = min(padding, kernel - 1)
        return f"type: maxpool, {fields}, padding: [0, {padding}]", lambda seen: slide(seen, kernel, stride, 1, padding)
    text = f"type: conv, filters: 1, {fields}, dilation: [1, {dilation}], padding: [0, {padding}]"
    return text, lambda seen: slide(seen, kernel, stride, dilation, padding)


WINDOWS = st.builds(lambda kind, sizes: window(kind, *sizes), st.sampled_from(["conv", "maxpool"]), FORWARD)
UPWARDS = st.one_of(
    st.builds(
        lambda kernel, stride, dilation: (
            f"type: transposed_conv, filters: 1, kernel: [1, {kernel}], stride: [1, {stride}], "
            f"dilation: [1, {dilation}]",
            lambda seen: lay(seen, kernel, stride, dilation),
        ),
        st.integers(1, 5), st.integers(1, 3), st.integers(1, 3),
    ),
    st.builds(
        lambda scale: (f"type: upsample, scale: [1, {scale}]", lambda seen: repeat(seen, scale)), st.integers(1, 3)
    ),
    st.builds(
        lambda scale: (f"type: upsample, scale: [1, {scale}], mode: bilinear", lambda seen: blend(seen, scale)),
        st.integers(1, 3),
    ),
    st.builds(
        lambda out: (f"type: adaptive_avgpool, size: [1, {out}]", lambda seen: bins(seen, out)), st.integers(1, 40)
    ),
)  # fmt: skip


def extent(cells: set[int]) -> int:
    return max(cells) - min(cells) + 1 if cells else 0


@given(st.lists(WINDOWS, min_size=1, max_size=4))
def test_windows_see_what_they_reach(steps: list[Step]) -> None:
    """On an axis so long that somewhere no border is met: the field and the distance are exact."""
    seen: Seen = [{place} for place in range(400)]
    for _, step in steps:
        seen = step(seen)
    ((_, _), (size, jump)) = last(chain([1, 1, 400], *(text for text, _ in steps)))
    assert max(map(extent, seen)) == size
    whole = [min(cells) for cells in seen if extent(cells) == size]
    inner = [min(cells) for cells in seen if cells and min(cells) > size and max(cells) < 399 - size]
    assert {later - earlier for earlier, later in pairwise(inner)} <= {jump}
    assert whole


@given(st.lists(WINDOWS | UPWARDS, min_size=1, max_size=4))
def test_no_output_sees_more_than_its_field(steps: list[Step]) -> None:
    """Upsampling too, of which what is calculated is a bound."""
    seen: Seen = [{place} for place in range(60)]
    for _, step in steps:
        seen = step(seen)
    spec = read("input: [1, 1, 60]\nlayers:\n" + "".join(f"  - {{{text}}}\n" for text, _ in steps))
    if not spec.has_errors:
        assert len(seen) == spec.graph.output_shape[2]
        ((_, _), (size, _)) = last(spec.graph)
        assert max(map(extent, seen)) <= size


@given(UPWARDS)
def test_one_layer_upwards_is_exact(step: Step) -> None:
    """But where a dilated kernel jumps over the places that the stride lays it on."""
    text, look = step
    ((_, _), (size, _)) = last(chain([1, 1, 31], text))
    found = max(map(extent, look([{place} for place in range(31)])))
    assert found <= size if "dilation: [1, 2]" in text or "dilation: [1, 3]" in text else found == size
