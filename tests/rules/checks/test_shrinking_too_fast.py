"""CNN504: what makes a run of convolutions, and what ends it."""

from __future__ import annotations

import pytest

from tests.rules.checks.asking import ask, lines, messages, net

CONV = "type: conv, filters: 4, kernel: 5"
RELU, NORM, DROPOUT, POINT = "type: relu", "type: batchnorm", "type: dropout", "type: conv, filters: 8, kernel: 1"
BETWEEN = [RELU, NORM, DROPOUT, POINT, "type: lrn", "type: channel_shuffle, groups: 2", "type: slice, channels: [0, 2]"]
BREAKS = [
    "type: conv, filters: 4, kernel: 3, padding: 1",
    "type: maxpool, kernel: 3, stride: 1, padding: 1",
    "type: pad, padding: 1",
    "type: add, from: [previous, previous]",
    "type: transposed_conv, filters: 4, kernel: 1",
]


def test_the_lectures_example() -> None:
    (finding,) = ask("CNN504", net("[3, 32, 32]", *[CONV] * 4))
    assert finding.message == "4 convolutions without padding take the height from 32 to 16"
    assert finding.arithmetic == ("32 -> 28 -> 24 -> 20 -> 16",)
    assert finding.hints == ("`padding: 2` keeps the size: P = D (F - 1)/2 = 1*(5 - 1)/2 = 2",)
    assert finding.location.line == 6


@pytest.mark.parametrize(
    ("size", "count", "wanted"),
    [
        (32, 3, []),  # 20 is more than 16
        (32, 4, [6]),
        (24, 3, [5]),  # 12 is half
        (25, 3, []),
        (9, 2, []),  # two are none in a row
        (13, 3, []),  # 1x1: nothing is left to shrink
        (14, 3, [5]),
    ],
)
def test_when_it_is_too_fast(size: int, count: int, wanted: list[int]) -> None:
    assert lines("CNN504", net(f"[3, {size}, {size}]", *[CONV] * count)) == wanted


@pytest.mark.parametrize("layer", BETWEEN)
def test_what_a_run_goes_on_after(layer: str) -> None:
    assert lines("CNN504", net("[3, 24, 24]", CONV, layer, CONV, layer, CONV, layer)) == [7]


@pytest.mark.parametrize("layer", BREAKS)
def test_what_ends_a_run(layer: str) -> None:
    assert lines("CNN504", net("[3, 24, 24]", CONV, layer, CONV, layer, CONV)) == []


def test_strides_and_rows_of_padding_are_no_part_of_a_run() -> None:
    strided = f"{CONV}, stride: 2, rounding: floor"
    assert lines("CNN504", net("[3, 60, 60]", strided, strided, strided)) == []
    assert lines("CNN504", net("[3, 24, 24]", *[f"{CONV}, padding: [0, 1]"] * 3)) == []


def test_the_axis_that_shrinks_most() -> None:
    (finding,) = ask("CNN504", net("[3, 24, 24]", *["type: conv, filters: 4, kernel: [1, 7], dilation: 1"] * 3))
    assert finding.message == "3 convolutions without padding take the width from 24 to 6"
    assert finding.hints[0].startswith("`padding: 3` keeps")


def test_the_window_that_shrinks_it() -> None:
    layers = ["type: conv, filters: 4, kernel: [7, 1]"] * 3 + ["type: conv, filters: 4, kernel: [1, 3]"]
    (finding,) = ask("CNN504", net("[3, 24, 24]", *layers))
    assert finding.message == "4 convolutions without padding take the height from 24 to 6"
    assert finding.hints[0].startswith("`padding: 3` keeps")


def test_a_long_run_is_shown_in_part() -> None:
    (finding,) = ask("CNN504", net("[3, 100, 100]", f"{CONV}, repeat: 15"))
    assert finding.arithmetic == ("100 -> 96 -> 92 -> 88 -> 84 -> 80 -> ... -> 48 -> 44 -> 40",)


BRANCHES = """input: [3, 24, 24]
blocks:
  run:
    layers:
      - {type: conv, filters: 4, kernel: 5}
      - {type: conv, filters: 4, kernel: 5}
layers:
  - {use: run}
  - type: parallel
    merge: concat
    branches:
      - [{use: run}]
      - [{use: run}, {type: relu}]
  - {type: conv, filters: 4, kernel: 3, repeat: 2}
"""


def test_a_run_ends_where_branches_join() -> None:
    """24 -> 20 -> 16 -> 12 -> 8 in each of the two branches, at one place; after the merge a run begins anew."""
    found = ask("CNN504", BRANCHES)
    assert [(finding.location.line, finding.message) for finding in found] == [
        (6, "4 convolutions without padding take the height from 24 to 8")
    ]


def test_a_head_goes_on_with_the_run_it_starts_from() -> None:
    text = """input: [3, 24, 24]
layers:
  - {type: conv, filters: 4, kernel: 5, repeat: 2}
  - type: head
    weight: 0.3
    layers:
      - {type: conv, filters: 4, kernel: 5}
  - {type: maxpool, kernel: 2}
"""
    assert lines("CNN504", text) == [7]


def test_an_even_window_has_no_such_padding() -> None:
    (finding,) = ask("CNN504", net("[2, 40]", "type: conv1d, filters: 2, kernel: 8, repeat: 3"))
    assert finding.hints == ("kernel 9 has a padding that keeps the size: P = D (F - 1)/2",)


def test_a_part_of_a_network_may_go_on_to_a_single_place() -> None:
    assert messages("CNN504", net("[3, 32, 32]", *[CONV] * 4, "type: nonsense")) == []
