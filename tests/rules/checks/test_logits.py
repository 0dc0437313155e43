"""What happens between the last weights and the loss: CNN302, 303, 304 and 306 share it without doubling."""

from __future__ import annotations

import pytest

from tests.rules.checks.asking import lines, messages, net

RULES = ("CNN302", "CNN303", "CNN304", "CNN306")
DENSE = "type: dense, units: 10"
SOFTMAX, RELU, DROPOUT, LINEAR = "type: softmax", "type: relu", "type: dropout", "type: linear"
RESHAPE = "type: reshape, shape: [5, 2]"


def found(*layers: str, training: str = "epochs: 2") -> dict[str, list[int]]:
    """Of each rule that finds something, the lines; the first of the layers is on line 4."""
    text = net("[1, 28, 28]", "type: flatten", *layers, training=training)
    return {rule: places for rule in RULES if (places := lines(rule, text))}


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([DENSE], {}),
        ([DENSE, SOFTMAX], {}),
        ([f"{DENSE}, activation: softmax"], {}),
        ([DENSE, LINEAR, SOFTMAX], {}),
        ([f"{DENSE}, activation: prelu"], {}),
        ([f"{DENSE}, activation: leaky_relu"], {}),
        ([f"{DENSE}, activation: linear"], {}),
        # Two softmaxes are CNN302's, whichever way the second is hidden.
        ([DENSE, SOFTMAX, SOFTMAX], {"CNN302": [6]}),
        ([f"{DENSE}, activation: softmax", LINEAR, SOFTMAX], {"CNN302": [6]}),
        ([DENSE, SOFTMAX, "type: flatten", SOFTMAX], {"CNN302": [7]}),
        ([DENSE, SOFTMAX, RELU], {"CNN302": [6]}),
        ([DENSE, SOFTMAX, "type: gelu"], {"CNN302": [6]}),
        # One that something follows is CNN303's, dropout included.
        ([DENSE, SOFTMAX, LINEAR], {"CNN303": [5]}),
        ([DENSE, SOFTMAX, DROPOUT], {"CNN303": [5]}),
        ([DENSE, SOFTMAX, RESHAPE, "type: flatten"], {"CNN303": [5]}),
        ([f"{DENSE}, activation: softmax", "type: stochastic_depth, p: 0.1"], {"CNN303": [4]}),
        ([DENSE, SOFTMAX, SOFTMAX, DROPOUT], {"CNN302": [6], "CNN303": [6]}),
        # Any other activation is CNN304's, with a softmax after it or without.
        ([f"{DENSE}, activation: relu"], {"CNN304": [4]}),
        ([f"{DENSE}, activation: gelu"], {"CNN304": [4]}),
        ([f"{DENSE}, activation: {{type: leaky_relu, slope: 0}}"], {"CNN304": [4]}),
        ([DENSE, "type: tanh", SOFTMAX], {"CNN304": [5]}),
        ([f"{DENSE}, activation: relu", RESHAPE, "type: flatten"], {"CNN304": [4]}),
        # Dropout of logits is CNN306's, and more is wrong with a dropped ReLU.
        ([DENSE, DROPOUT], {"CNN306": [5]}),
        ([DENSE, DROPOUT, SOFTMAX], {"CNN306": [5]}),
        ([DENSE, DROPOUT, LINEAR, DROPOUT], {"CNN306": [7]}),
        ([DENSE, "type: dropout, p: 0"], {}),
        ([f"{DENSE}, activation: relu", DROPOUT], {"CNN304": [4], "CNN306": [5]}),
        ([DENSE, DROPOUT, RELU], {"CNN304": [6], "CNN306": [5]}),
        ([DROPOUT, DENSE], {}),
        ([DENSE, DROPOUT, DENSE], {}),
    ],
)
def test_chains(layers: list[str], wanted: dict[str, list[int]]) -> None:
    assert found(*layers) == wanted


MSE = "loss: mean_squared_error"


@pytest.mark.parametrize(
    ("layers", "training", "wanted"),
    [
        # Another loss takes what the network gives: what is dropped of it is dropped all the same.
        ([DENSE, SOFTMAX, LINEAR], MSE, {}),
        ([f"{DENSE}, activation: sigmoid"], MSE, {}),
        ([DENSE, SOFTMAX, SOFTMAX], MSE, {"CNN302": [6]}),
        ([DENSE, SOFTMAX, DROPOUT], MSE, {"CNN306": [6]}),
        # Without a recipe an activation's output may be meant as features; a softmax's is none.
        ([f"{DENSE}, activation: relu"], "", {}),
        ([f"{DENSE}, activation: relu", DROPOUT], "", {}),
        ([DENSE, SOFTMAX, LINEAR], "", {"CNN303": [5]}),
        ([DENSE, DROPOUT], "", {"CNN306": [5]}),
    ],
)
def test_losses(layers: list[str], training: str, wanted: dict[str, list[int]]) -> None:
    assert found(*layers, training=training) == wanted


def test_an_activation_before_a_global_pool_is_as_published() -> None:
    """SqueezeNet, Network in network: a mean of rectified maps."""
    layers = ("type: conv, filters: 10, kernel: 1, activation: relu", "type: global_avgpool", "type: flatten")
    text = net("[1, 28, 28]", *layers, training="epochs: 2")
    assert [messages(rule, text) for rule in RULES] == [[], [], [], []]


def test_of_a_lone_logit_one_class_tells() -> None:
    assert found("type: dense, units: 1, activation: sigmoid") == {}


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("relu", "`relu` makes the logits: none can be less than 0"),
        ("silu", "`silu` makes the logits: none can be less than -0.279"),
        ("{type: elu, alpha: 2}", "`elu` makes the logits: none can be less than -2"),
        ("tanh", "`tanh` makes the logits: they lie between -1 and 1"),
    ],
)
def test_how_logits_are_bounded(activation: str, message: str) -> None:
    text = net("[1, 8, 8]", "type: flatten", f"{DENSE}, activation: {activation}", training="epochs: 2")
    assert messages("CNN304", text) == [message]


HEADS = """input: [1, 28, 28]
blocks:
  classifier:
    params: {last: }
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
      - {type: $last}
layers:
  - type: head
    weight: 0.3
    layers: [{use: classifier, last: LAST}]
  - type: head
    weight: 0.3
    layers: [{use: classifier, last: LAST}]
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 2}
"""


@pytest.mark.parametrize(("last", "rule"), [("relu", "CNN304"), ("dropout", "CNN306")])
def test_a_block_that_two_heads_use_is_told_of_once(last: str, rule: str) -> None:
    assert lines(rule, HEADS.replace("LAST", last)) == [8]


def test_a_softmax_that_is_hidden_in_a_head() -> None:
    text = HEADS.replace("LAST", "linear").replace("units: 10}\n      -", "units: 10, activation: softmax}\n      -")
    assert lines("CNN303", text) == [7]


def test_probabilities_that_a_layer_weighs_are_features() -> None:
    assert found(DENSE, SOFTMAX, DENSE) == {}


def test_a_head_at_the_input_has_no_maker() -> None:
    text = "input: [4]\nlayers:\n  - {type: head, weight: 1, layers: [{type: relu, repeat: 0}]}\n"
    text += "  - {type: dense, units: 2}\ntraining: {epochs: 1}\n"
    assert [messages(rule, text) for rule in RULES] == [[], [], [], []]
