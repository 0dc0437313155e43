"""CNN501, 502, 503 and 507 against windows that are slid by hand, and what they say of two axes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.test_windows import slide
from tests.rules.checks.asking import ask, lines, messages, net

AXIS = {
    "size": st.integers(1, 24),
    "kernel": st.integers(1, 6),
    "stride": st.integers(1, 7),
    "dilation": st.integers(1, 3),
    "before": st.integers(0, 6),
    "after": st.integers(0, 6),
}


def conv(size: int, kernel: int, stride: int, dilation: int, padding: str) -> str:
    """A convolution along one axis: the height is 1 and its window too."""
    fields = f"kernel: [1, {kernel}], stride: [1, {stride}], dilation: [1, {dilation}], padding: {padding}"
    return net(f"[1, 1, {size}]", f"type: conv, filters: 1, {fields}, rounding: floor")


@given(**AXIS)
def test_one_axis(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> None:
    text = conv(size, kernel, stride, dilation, f"[0, 0, {before}, {after}]")
    starts = slide(size, kernel, stride, dilation, before, after)
    windows = [range(start, start + dilation * (kernel - 1) + 1) for start in starts]
    if not windows:
        return
    covered = {cell - before for window in windows for cell in window}
    unseen = [cell for cell in range(size) if cell not in covered]
    rest = [cell for cell in unseen if cell > max(covered)]
    skips = stride > len(windows[0])
    assert [text.partition("the last ")[2] for text in messages("CNN501", text)] == (
        [f"{len(rest)} of {size} columns"] if rest and not skips else []
    )
    looked_at = {(start + dilation * cell) % stride for start in starts for cell in range(kernel)}
    assert bool(messages("CNN502", text)) is (len(looked_at) < stride and len(windows) > 1 and kernel > 1)
    blind = [window for window in windows if not any(0 <= cell - before < size for cell in window)]
    assert bool(messages("CNN507", text)) is bool(blind)


@given(**{name: AXIS[name] for name in ("size", "kernel", "stride", "dilation")})
def test_same_padding(size: int, kernel: int, stride: int, dilation: int) -> None:
    """A finding means more cells after than before, and that a window of one cell more or less would not have them."""
    text = conv(size, kernel, stride, dilation, "same")
    cells = dilation * (kernel - 1) + 1
    total = max((-(-size // stride) - 1) * stride + cells - size, 0)
    is_shifted = total % 2 == 1 and cells % 2 == 0 and stride < cells
    found = messages("CNN503", text)
    assert bool(found) is is_shifted
    if found:
        assert f"puts {total // 2} before, {total // 2 + 1} after the width" in found[0]
        assert messages("CNN503", conv(size, kernel + 1, stride, dilation, "same")) == []
    assert messages("CNN501", text) == messages("CNN507", text) == []


def test_both_axes_in_one_finding() -> None:
    (finding,) = ask("CNN501", net("[1, 13, 12]", "type: maxpool, kernel: [2, 5], rounding: floor"))
    assert finding.message == "`maxpool` never sees the last 1 of 13 rows and 2 of 12 columns"
    assert finding.arithmetic == ("(13 - 2 + 0)/2 + 1 = 6, remainder 1", "(12 - 5 + 0)/5 + 1 = 2, remainder 2")
    assert [hint.partition(":")[0] for hint in finding.hints] == ["fits the height", "fits the width", "or `rounding"]


def test_padding_that_is_left_over_is_told_from_cells() -> None:
    layer = "type: conv, filters: 1, kernel: [1, 5], stride: [1, 4], padding: [0, 1], rounding: floor"
    (finding,) = ask("CNN501", net("[1, 1, 10]", layer))
    assert finding.arithmetic == ("(10 - 5 + 2*1)/4 + 1 = 2, remainder 3", "3 - 1 of padding = 2")


BLOCK = """input: [1, 27, 27]
blocks:
  halve:
    layers:
      - {type: maxpool, kernel: 2, rounding: floor}
layers:
  - {use: halve, repeat: 3}
"""


def test_a_block_is_told_of_at_its_first_use() -> None:
    (finding,) = ask("CNN501", BLOCK)
    assert finding.location.line == 5 and "1 of 27 rows" in finding.message
    assert finding.related[0].label == "block `halve` is used here, repetition 1 of 3"


@pytest.mark.parametrize(
    ("rule", "layer"),
    [
        ("CNN501", "type: maxpool, kernel: 2, rounding: floor"),
        ("CNN502", "type: conv, filters: 1, kernel: 2, stride: 3, rounding: ceil"),
        ("CNN503", "type: conv, filters: 1, kernel: 2, padding: same"),
        ("CNN507", "type: conv, filters: 1, kernel: 1, padding: 1"),
    ],
)
def test_what_holds_of_a_window_holds_in_a_part_of_a_network(rule: str, layer: str) -> None:
    assert lines(rule, net("[1, 9, 9]", layer, "type: maxpool, kernel: 100")) == [3]
    assert lines(rule, net("[1, 9]", layer)) == []


def test_signals_have_windows_too() -> None:
    layers = (
        "type: conv1d, filters: 2, kernel: 2, padding: same",
        "type: maxpool1d, kernel: 2, rounding: floor",
        "type: conv1d, filters: 2, kernel: 2, stride: 3, padding: 2, rounding: floor",
    )
    text = net("[2, 9]", *layers)
    assert [lines(rule, text) for rule in ("CNN501", "CNN502", "CNN503", "CNN507")] == [[4], [5], [3], [5]]


def test_a_window_that_stands_once_skips_nothing() -> None:
    assert messages("CNN502", net("[1, 3, 3]", "type: conv, filters: 1, kernel: 3, stride: 4")) == []


def test_a_transposed_convolution_lays_its_windows_apart() -> None:
    layer = "type: transposed_conv, filters: 1, kernel: 2, stride: 3, padding: same"
    assert [messages(rule, net("[1, 4, 4]", layer)) for rule in ("CNN502", "CNN503", "CNN507")] == [[], [], []]
