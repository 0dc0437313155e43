"""CNN305: what is right after what."""

from __future__ import annotations

import pytest

from tests.rules.checks.asking import lines, net

CONV = "type: conv, filters: 4, kernel: 3, padding: 1"


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([CONV, "type: relu"], []),
        ([f"{CONV}, activation: relu", CONV, "type: relu"], []),
        ([f"{CONV}, activation: relu", "type: batchnorm, activation: relu"], []),
        ([f"{CONV}, activation: relu", "type: maxpool, kernel: 2", "type: relu"], []),
        ([f"{CONV}, activation: relu", "type: relu"], [4]),
        ([f"{CONV}, activation: gelu", "type: relu"], [4]),
        (["type: relu", "type: tanh", "type: relu"], [4, 5]),
        ([CONV, "type: relu", "type: flatten", "type: relu"], [6]),
        # The identity is idle beside an activation, and nowhere else.
        ([CONV, "type: linear"], []),
        ([f"{CONV}, activation: linear", CONV], []),
        ([f"{CONV}, activation: linear", "type: relu"], [3]),
        ([f"{CONV}, activation: relu", "type: linear"], [4]),
        ([f"{CONV}, activation: relu", "type: linear", "type: relu"], [4, 5]),
        ([CONV, "type: linear", "type: linear"], [5]),
        (["type: flatten", "type: dense, units: 4, activation: linear", "type: softmax"], []),
    ],
)
def test_chains(layers: list[str], wanted: list[int]) -> None:
    assert lines("CNN305", net("[4, 8, 8]", *layers)) == wanted


def test_an_identity_that_a_parameter_stands_for_is_meant() -> None:
    text = """input: [4, 8, 8]
blocks:
  unit:
    params: {last: linear}
    layers:
      - {type: conv, filters: 4, kernel: 1}
      - {type: $last}
layers:
  - {use: unit}
  - {type: relu}
  - {use: unit, last: relu}
"""
    assert lines("CNN305", text) == []


def test_a_block_that_is_used_twice() -> None:
    text = """input: [4, 8, 8]
blocks:
  unit:
    layers:
      - {type: relu}
      - {type: conv, filters: 4, kernel: 1, activation: relu}
layers:
  - {use: unit, repeat: 3}
"""
    assert lines("CNN305", text) == [5]


def test_branches_that_begin_and_end_with_an_activation() -> None:
    text = """input: [4, 8, 8]
layers:
  - type: parallel
    merge: add
    activation: relu
    branches:
      - - {type: relu}
        - {type: conv, filters: 4, kernel: 1, activation: relu}
      - []
  - type: parallel
    merge: add
    branches:
      - - {type: relu}
        - {type: conv, filters: 4, kernel: 1}
      - []
"""
    assert lines("CNN305", text) == [13]


def test_an_identity_that_others_read_too() -> None:
    text = """input: [4, 8, 8]
layers:
  - {type: conv, name: stem, filters: 4, kernel: 1, activation: linear}
  - {type: relu}
  - {type: add, from: [stem, previous]}
"""
    assert lines("CNN305", text) == []
