"""CNN601 to CNN605: what `train` would refuse, or learn nothing from."""

from __future__ import annotations

import pytest

from cnncli.cli.options import image_input
from cnncli.errors import DataError, UsageError
from cnncli.graph import read_architecture
from cnncli.rules import rules
from cnncli.spec.source import Source
from cnncli.training.loop import check_classes
from tests.rules.checks.asking import ask, lines, messages, net

FLAT, DENSE, NORM = "type: flatten", "type: dense, units: 10", "type: batchnorm"
CONV = "type: conv, filters: 4, kernel: 3"


@pytest.mark.parametrize("rule", [rule for rule in rules() if rule.code.startswith("CNN6")], ids=lambda rule: rule.name)
def test_without_a_recipe_there_is_nothing_to_say(rule) -> None:
    for text in rule.invalid:
        assert ask(rule.code, text)
        assert ask(rule.code, text.partition("training:")[0]) == ()


@pytest.mark.parametrize(
    ("layers", "batch_size", "wanted"),
    [
        ([CONV, NORM, FLAT], 2, []),
        ([CONV, "type: layernorm", "type: instancenorm", FLAT], 1, []),
        ([CONV, NORM, FLAT], 1, ["`batchnorm1` takes mean and variance over one image, not over a batch"]),
        (
            [CONV, NORM, FLAT, DENSE, NORM],
            1,
            ["`batchnorm2` takes the mean of a single number away from it: nothing but 0 is left"],
        ),
        (
            [CONV, NORM, "type: global_avgpool", NORM, FLAT],
            1,
            ["`batchnorm2` takes the mean of a single number away from it: nothing but 0 is left"],
        ),
    ],
)
def test_batch_of_one(layers: list[str], batch_size: int, wanted: list[str]) -> None:
    assert messages("CNN601", net("[3, 8, 8]", *layers, training=f"batch_size: {batch_size}")) == wanted


@pytest.mark.parametrize(
    ("training", "wanted"),
    [
        ("learning_rate: 1", []),  # 1 / (1 - 0.9) = 10
        ("learning_rate: 1.01", ["steps 10.1 times as long as the gradient: SGD hardly converges"]),
        ("learning_rate: 10, momentum: 0", []),
        ("learning_rate: 0.2, momentum: 0.99", ["steps 20 times as long as the gradient: SGD hardly converges"]),
        ("learning_rate: 0, momentum: 0.99", ["with learning rate 0 no weight ever changes"]),
        ("learning_rate: 1e300, momentum: 0", ["steps 1e+300 times as long as the gradient: SGD hardly converges"]),
        ("epochs: 1", []),
        ("optimizer: adam, learning_rate: 11", []),  # by how much Adam's steps are too long, the rule does not know
        ("optimizer: adam, learning_rate: 0", ["with learning rate 0 no weight ever changes"]),
    ],
)
def test_unlikely_learning_rate(training: str, wanted: list[str]) -> None:
    assert messages("CNN602", net("[1, 8, 8]", FLAT, DENSE, training=training)) == wanted


def test_the_place_of_a_momentum_that_is_too_much() -> None:
    (finding,) = ask("CNN602", net("[1, 8, 8]", FLAT, DENSE, training="epochs: 1, momentum: 0.9999"))
    assert finding.source[finding.location.column - 1 :].startswith("0.9999")


def test_the_place_of_a_momentum_that_is_the_optimizers() -> None:
    training = "epochs: 1, optimizer: {type: sgd, momentum: 0.9999}"
    (finding,) = ask("CNN602", net("[1, 8, 8]", FLAT, DENSE, training=training))
    assert finding.source[finding.location.column - 1 :].startswith("{type: sgd")


@pytest.mark.parametrize(
    ("layers", "training", "wanted"),
    [
        (["type: dense, units: 2"], "epochs: 1", []),
        (["type: dense, units: 1"], "epochs: 1", [4]),
        (["type: dense, units: 1"], "loss: mean_squared_error", []),
        (["type: dense, units: 1", "type: softmax"], "epochs: 1", [4]),
        (["type: dense, units: 1", "type: sigmoid", "type: dropout"], "loss: cross_entropy", [4]),
    ],
)
def test_one_class(layers: list[str], training: str, wanted: list[int]) -> None:
    assert lines("CNN603", net("[1, 8, 8]", FLAT, *layers, training=training)) == wanted


HEADS = """input: [1, 8, 8]
layers:
  - type: head
    name: aux
    weight: 0.3
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
  - type: head
    weight: 0.3
    layers:
      - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 1}
"""


def test_heads_have_losses_too() -> None:
    assert lines("CNN603", HEADS) == [8]
    assert messages("CNN604", HEADS) == [
        "the output of `head1` is [1, 1, 1]; `train` takes a flat list, with a number for each class"
    ]


@pytest.mark.parametrize(
    ("shape", "layers", "hint"),
    [
        ("[3, 8, 8]", [CONV, "type: global_avgpool"], "end it with `- {type: flatten}`"),
        ("[3, 8, 8]", [CONV], "end it with `- {type: flatten}`, and a dense layer with a unit for each class"),
        ("[3, 8]", ["type: conv1d, filters: 4, kernel: 8"], "end it with `- {type: flatten}`"),
    ],
)
def test_output_not_flat(shape: str, layers: list[str], hint: str) -> None:
    (finding,) = ask("CNN604", net(shape, *layers, training="epochs: 1"))
    assert finding.hints == (hint,) and finding.location.line == 2 + len(layers)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ("[784]", "`input: [1, 28, 28]`, and `- {type: flatten}` as the first layer"),
        ("[10]", "`input: [channels, height, width]`, and `- {type: flatten}` as the first layer"),
        ("[2, 100]", "`input: [2, 1, 100]` is an image of one row, for `conv` and its like"),
    ],
)
def test_input_not_image(shape: str, hint: str) -> None:
    layers = (FLAT, DENSE) if "," in shape else (DENSE,)
    (finding,) = ask("CNN605", net(shape, *layers, training="epochs: 1"))
    assert finding.hints == (hint,) and finding.location.line == 1


def test_train_refuses_what_these_rules_find_and_nothing_else() -> None:
    for rule in rules():
        for text in (*rule.invalid, *rule.valid) if rule.name in ("output-not-flat", "input-not-image") else ():
            if "training:" not in text:
                continue
            graph = read_architecture(Source("net.yaml", text)).require_sound()
            if text in rule.valid:
                check_classes(graph, graph.output_shape[0])
                assert image_input(graph) == graph.input_shape
            else:
                with pytest.raises((DataError, UsageError)):
                    check_classes(graph, graph.output_shape[0])
                    image_input(graph)
