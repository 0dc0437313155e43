"""The window formula against windows that are slid by hand, and the ways out that a fault names."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncli.graph import Architecture
from cnncli.layers.avgpool import AveragePool
from tests.specs import chain, only_fault, read, text_of


def slide(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> list[int]:
    """Where a window starts that lies wholly on the padded axis."""
    padded, starts, start = size + before + after, [], 0
    while all(0 <= start + dilation * cell < padded for cell in range(kernel)):
        starts.append(start)
        start += stride
    return starts


def slide_past_the_end(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> list[int]:
    """As `slide`, and one more where cells are left over, unless it would start in the padding after the input."""
    starts = slide(size, kernel, stride, dilation, before, after)
    seen = starts[-1] + dilation * (kernel - 1) + 1
    following = starts[-1] + stride
    return [*starts, following] if seen < size + before + after and following < before + size else starts


SIZES = {
    "size": st.integers(1, 40),
    "kernel": st.integers(1, 9),
    "stride": st.integers(1, 7),
    "dilation": st.integers(1, 4),
    "before": st.integers(0, 4),
    "after": st.integers(0, 4),
}


def conv(size: int, kernel: int, stride: int, dilation: int, padding: str, rounding: str) -> Architecture:
    """A convolution along one axis: the height is 1 and its window too."""
    layer = f"kernel: [1, {kernel}], stride: [1, {stride}], dilation: [1, {dilation}], padding: {padding}"
    return read(text_of([1, 1, size], f"type: conv, filters: 1, {layer}, rounding: {rounding}"))


@given(**SIZES)
@pytest.mark.parametrize("rounding", ["exact", "floor", "ceil"])
def test_positions_are_those_of_a_window_that_is_slid(
    rounding: str, size: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    spec = conv(size, kernel, stride, dilation, f"[0, 0, {before}, {after}]", rounding)
    starts = slide(size, kernel, stride, dilation, before, after)
    if not starts:
        assert [d.fault.name for d in spec.diagnostics] == ["window-too-large"]
        return
    fits = starts[-1] + dilation * (kernel - 1) + 1 == size + before + after
    if rounding == "exact" and not fits:
        assert [d.fault.name for d in spec.diagnostics] == ["window-does-not-fit"]
        return
    if rounding == "ceil":
        starts = slide_past_the_end(size, kernel, stride, dilation, before, after)
    assert spec.require_sound().output_shape == (1, 1, len(starts))


@given(**{name: SIZES[name] for name in ("size", "kernel", "stride", "dilation")})
def test_same_has_a_position_for_every_stride_begun(size: int, kernel: int, stride: int, dilation: int) -> None:
    spec = conv(size, kernel, stride, dilation, "same", "exact")
    assert spec.require_sound().output_shape == (1, 1, len(range(0, size, stride)))


# The ways out: `fits: stride 2 or 4; kernel 1 or 4; padding 1 or 4; an input of 6 or 9`


def ways_out(hint: str) -> list[tuple[str, int]]:
    assert hint.startswith("fits: ")
    found = []
    for way in hint.removeprefix("fits: ").split("; "):
        what, *numbers = re.split(r" (?=\d)| or ", way)
        found += [(what.split()[-1], int(number)) for number in numbers]
    return found


@given(
    kind=st.sampled_from(["conv, filters: 1", "maxpool", "avgpool", "minpool", "l2pool"]),
    size=st.integers(1, 40),
    kernel=st.integers(1, 50),
    stride=st.none() | st.integers(1, 30),
    padding=st.integers(0, 4),
    rounding=st.sampled_from(["exact", "floor", "ceil"]),
)
def test_every_way_out_of_a_window_that_does_not_fit_does_fit(
    kind: str, size: int, kernel: int, stride: int | None, padding: int, rounding: str
) -> None:
    def text(**changes: int) -> str:
        fields = {"kernel": kernel, "stride": stride, "padding": padding, **changes}
        side = fields.pop("of", size)
        written = ", ".join(f"{name}: {value}" for name, value in fields.items() if value is not None)
        return text_of([1, side, side], f"type: {kind}, {written}, rounding: {rounding}")

    diagnostics = read(text()).diagnostics
    assume(diagnostics and diagnostics[0].fault.name in ("window-does-not-fit", "window-too-large"))
    ways = ways_out(diagnostics[0].hints[0])
    assert ways
    for what, value in ways:
        assert not read(text(**{what: value})).has_errors, f"{what} {value} does not fit"


@pytest.mark.parametrize(
    ("size", "layer", "message", "arithmetic"),
    [
        (7, "kernel: 3, stride: 3", "the window does not fit the height exactly: 2.33 positions",
         ["(7 - 3 + 0)/3 + 1 = 2.33"]),
        (8, "kernel: 3, stride: 2, padding: 1", "the window does not fit the height exactly: 4.50 positions",
         ["(8 - 3 + 2*1)/2 + 1 = 4.50"]),
        (8, "kernel: 2, stride: 2, dilation: 2", "the window does not fit the height exactly: 3.50 positions",
         ["F_eff = 2 * (2 - 1) + 1 = 3", "(8 - 3 + 0)/2 + 1 = 3.50"]),
        (8, "kernel: 2, stride: 2, padding: [0, 1, 0, 0]", "the window does not fit the height exactly: 4.50 positions",
         ["(8 - 2 + 0 + 1)/2 + 1 = 4.50"]),
        (3, "kernel: 5", "the window covers 5 cells, the height has 3",
         ["(3 - 5 + 0)/1 + 1 = -1.00, less than one position"]),
        (3, "kernel: 7, padding: 1", "the window covers 7 cells, the height has 5 with its padding",
         ["(3 - 7 + 2*1)/1 + 1 = -1.00, less than one position"]),
        (8, "kernel: 3, stride: 10000", "the window does not fit the height exactly: 1 + 5/10000 positions",
         ["(8 - 3 + 0)/10000 + 1 = 1 + 5/10000"]),
    ],
)  # fmt: skip
def test_the_arithmetic_is_written_out(size: int, layer: str, message: str, arithmetic: list[str]) -> None:
    fault = only_fault(text_of([1, size, size], f"type: conv, filters: 1, {layer}"))
    assert fault.message == message
    assert list(fault.arithmetic) == arithmetic


def test_the_width_is_named_where_only_the_width_does_not_fit() -> None:
    assert "the width" in only_fault(text_of([1, 8, 7], "type: maxpool, kernel: 2")).message


def test_a_pool_never_sees_padding_alone() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: maxpool, kernel: 2, padding: 2"))
    assert fault.fault.name == "padding-too-large"
    assert chain([1, 8, 8], "type: maxpool, kernel: 2, padding: 1").output_shape == (1, 5, 5)


@pytest.mark.parametrize(
    ("padding", "output"),
    [("1", (8, 8)), ("[1, 0]", (8, 6)), ("[1, 0, 0, 2]", (7, 8)), ("same", (8, 8)), ("valid", (6, 6))],
)
def test_every_form_of_padding(padding: str, output: tuple[int, int]) -> None:
    assert chain([1, 8, 8], f"type: conv, filters: 1, kernel: 3, padding: {padding}").output_shape == (1, *output)


@pytest.mark.parametrize(
    ("fields", "counts", "said"),
    [
        ("padding: 1", True, "3x3, padding 1"),
        ("padding: same", False, "3x3, same"),
        ("padding: same, count_padding: false", False, "3x3, same"),
        ("padding: same, count_padding: true", True, "3x3, same, padding counts"),
        ("padding: 1, count_padding: false", False, "3x3, padding 1, real cells only"),
    ],
)
def test_a_mean_counts_padding_unless_it_is_same(fields: str, counts: bool, said: str) -> None:
    (node,) = chain([1, 7, 7], f"type: avgpool, kernel: 3, stride: 1, {fields}").nodes
    assert isinstance(node.layer, AveragePool)
    assert (node.layer.counts_padding, node.settings.replace("stride 1, ", "")) == (counts, said)


def test_defaults_hold_where_a_layer_says_nothing() -> None:
    text = "input: [1, 7, 7]\ndefaults: {rounding: floor}\nlayers:\n  - {type: maxpool, kernel: 2}\n"
    assert read(text).require_sound().output_shape == (1, 3, 3)
    assert read(text.replace("2}", "2, rounding: ceil}")).require_sound().output_shape == (1, 4, 4)
