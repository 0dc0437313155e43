"""CNN505 and CNN506: what reaches the dense layers, and what it costs."""

from __future__ import annotations

import pytest

from tests.rules.checks.asking import ask, lines, messages, net

CONV, FLAT, DENSE = "type: conv, filters: 8, kernel: 3", "type: flatten", "type: dense, units: 10"


def heavy(*layers: str) -> list[str]:
    return messages("CNN505", net("[1, 28, 28]", *layers))


def test_what_pooling_would_leave() -> None:
    """26*26*8 inputs, or 8."""
    (finding,) = ask("CNN505", net("[1, 28, 28]", CONV, FLAT, "type: dense, units: 10, bias: false"))
    assert finding.message == "`dense1` holds 54,080 of the network's 54,160 parameters, 99%"
    assert finding.arithmetic == ("5408*10 = 54080",)
    assert finding.hints == ("`global_avgpool` before `flatten` makes 8 inputs of 8 x 26 x 26: 80 parameters",)


@pytest.mark.parametrize(
    "between",
    [
        [FLAT, "type: dropout"],
        [FLAT, "type: batchnorm, affine: false", "type: relu"],
        ["type: relu", "type: reshape, shape: [5408]"],
        ["type: maxpool, kernel: 2", FLAT],
    ],
)
def test_what_may_stand_between(between: list[str]) -> None:
    assert len(heavy(CONV, *between, "type: dense, units: 100")) == 1


@pytest.mark.parametrize(
    "layers",
    [
        [FLAT, DENSE],  # no convolution, and one layer with parameters
        [FLAT, "type: dense, units: 100", DENSE],
        [FLAT, DENSE, DENSE],
        ["type: maxpool, kernel: 2", FLAT, "type: dense, units: 100", DENSE],
        [CONV, "type: global_avgpool", FLAT, "type: dense, units: 100"],
        [CONV, "type: conv, filters: 100, kernel: 26"],  # heavy, but no dense layer
        [CONV, "type: global_avgpool", FLAT, DENSE, "type: dense, units: 10000"],
        ["type: conv, filters: 64, kernel: 5", "type: conv, filters: 64, kernel: 5", FLAT, "type: dense, units: 1"],
    ],
)
def test_what_is_not_heavy_or_cannot_be_pooled(layers: list[str]) -> None:
    assert heavy(*layers) == []


def test_ninety_percent() -> None:
    """72 of weights in the convolution: 648 in the dense layer are nine tenths, 649 are more."""
    layers = ("type: conv, filters: 8, kernel: 3, bias: false", "type: maxpool, kernel: 26, stride: [26, 26]")
    start = net("[1, 28, 29]", *layers[:1], "type: maxpool, kernel: [26, 9]", FLAT)  # 8 x 1 x 3: 24 inputs
    assert lines("CNN505", f"{start}  - {{type: dense, units: 27, bias: false}}\n") == []
    assert lines("CNN505", f"{start}  - {{type: dense, units: 28, bias: false}}\n") == [6]


# CNN506


def small(shape: str, *layers: str) -> list[str]:
    return messages("CNN506", net(shape, *layers))


def test_a_feature_that_sees_all_but_a_row() -> None:
    assert small("[1, 15, 15]", "type: conv, filters: 8, kernel: 15, padding: 1", FLAT, DENSE) == []
    assert small("[1, 15, 15]", "type: conv, filters: 8, kernel: 14", FLAT, DENSE) == [
        "each of the 2x2 features of `conv1` sees 14x14 of the 15x15 input"
    ]


def test_each_axis_counts() -> None:
    text = net("[1, 8, 30]", "type: conv, filters: 8, kernel: [8, 3]", "type: maxpool, kernel: [1, 4]", FLAT, DENSE)
    (finding,) = ask("CNN506", text)
    assert finding.message == "each of the 1x7 features of `maxpool1` sees 8x6 of the 8x30 input"
    assert finding.arithmetic == ("1 + 2*1 + 3*1 = 6",)


@pytest.mark.parametrize(
    "layers",
    [
        [CONV],  # no classifier
        [CONV, "type: upsample, scale: 2"],
        [FLAT, DENSE],  # no convolution
        ["type: maxpool, kernel: 2", FLAT, DENSE],
        [CONV, "type: conv, filters: 10, kernel: 26"],  # it weighs every place, as a dense layer does
        [CONV, "type: conv, filters: 10, kernel: 26", FLAT],
        [CONV, FLAT, "type: reshape, shape: [8, 26, 26]", CONV, FLAT, DENSE],  # places are not what they were
    ],
)
def test_where_there_is_nothing_to_say(layers: list[str]) -> None:
    assert small("[1, 28, 28]", *layers) == []


@pytest.mark.parametrize(
    "end",
    [
        ["type: flatten"],
        ["type: global_avgpool"],
        ["type: global_maxpool", "type: flatten", DENSE],
        ["type: adaptive_avgpool, size: 1", "type: conv, filters: 10, kernel: 1"],
        ["type: avgpool, kernel: 26", "type: flatten"],
        ["type: dropout", "type: reshape, shape: [5408]", DENSE, "type: softmax"],
    ],
)
def test_where_the_classifier_begins(end: list[str]) -> None:
    at = 5 if end[0] == "type: dropout" else 4
    assert lines("CNN506", net("[1, 28, 28]", CONV, *end)) == [at]


def test_a_signal() -> None:
    layers = ("type: conv1d, filters: 2, kernel: 5", "type: maxpool1d, kernel: 2", "type: global_avgpool")
    assert small("[1, 100]", *layers) == ["each of the 48 features of `maxpool1d1` sees 6 of the 100 input"]


BRANCHES = """input: [1, 28, 28]
layers:
  - {type: conv, filters: 4, kernel: 3}
  - type: parallel
    merge: concat
    branches:
      - [{type: flatten}]
      - [{type: conv, filters: 4, kernel: KERNEL}, {type: flatten}]
  - {type: dense, units: 10}
"""


def test_of_several_features_those_that_see_most_count() -> None:
    assert messages("CNN506", BRANCHES.replace("KERNEL", "27")) == []
    assert messages("CNN506", BRANCHES.replace("KERNEL", "10")) == [
        "each of the 17x17 features of `concat1.2.conv1` sees 12x12 of the 28x28 input"
    ]


def test_a_squeezed_gate_sees_all() -> None:
    gate = (
        "type: parallel, merge: multiply, branches: [[], [{type: global_avgpool}, {type: conv, filters: 8, kernel: 1}]]"
    )
    assert small("[1, 28, 28]", CONV, gate, FLAT, DENSE) == []


def test_the_path_that_sees_most_is_added_up() -> None:
    unit = "type: parallel, merge: add, branches: [[{type: conv, filters: 8, kernel: 3, padding: 1}], []]"
    (finding,) = ask("CNN506", net("[1, 28, 28]", CONV, unit, "type: maxpool, kernel: 2", unit, FLAT, DENSE))
    assert finding.arithmetic == ("1 + 2*1 + 2*1 + 1*1 + 2*2 = 10",)


def test_upsampling_counts_in_parts() -> None:
    layers = (CONV, "type: upsample, scale: 2", CONV, "type: maxpool, kernel: 2", FLAT)
    (finding,) = ask("CNN506", net("[1, 28, 28]", *layers))
    assert finding.arithmetic == ("1 + 2*1 + 1*1/2 + 2*1/2 + 1*1/2 = 5",)
