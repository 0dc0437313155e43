"""CNN307: a layer of a block does nothing only if it does so in every use."""

from __future__ import annotations

from tests.rules.checks.asking import lines, messages, net

BLOCK = """input: [4, 8, 8]
blocks:
  unit:
    params: {stride: }
    layers:
      - {type: slice, channels: [0, 4]}
      - {type: maxpool, kernel: 1, stride: $stride, rounding: floor}
      - {type: pad_channels, after: 2}
layers:
"""


def test_in_all_uses_or_in_none() -> None:
    assert lines("CNN307", BLOCK + "  - {use: unit, stride: 1}\n") == [6]
    assert lines("CNN307", BLOCK + "  - {use: unit, stride: 1}\n  - {use: unit, stride: 2}\n") == []


def test_what_brings_an_output_to_another_place_does_something() -> None:
    text = net("[4, 8, 8]", "type: conv, name: a, filters: 4, kernel: 1", "type: relu", "type: crop, by: 0, from: a")
    assert messages("CNN307", text) == []


def test_an_identity_that_is_called_so_is_meant() -> None:
    assert messages("CNN307", net("[4, 8, 8]", "type: linear")) == []


def test_pools_that_fit_any_size_are_meant() -> None:
    layers = ("type: adaptive_avgpool, size: 1", "type: global_avgpool", "type: adaptive_maxpool, size: 1")
    assert messages("CNN307", net("[4, 1, 1]", *layers)) == []


def test_what_is_said() -> None:
    assert messages("CNN307", net("[4, 8, 8]", "type: upsample, scale: 1", "type: crop, by: 0")) == [
        "`upsample` (1, nearest) does nothing: [4, 8, 8] comes out as it went in",
        "`crop` (by 0) does nothing: [4, 8, 8] comes out as it went in",
    ]


def test_the_activation_that_follows_does_something() -> None:
    text = net("[4, 8, 8]", "type: scale, activation: {type: leaky_relu, slope: 1}", "type: leaky_relu, slope: 1")
    assert lines("CNN307", text) == [4]
