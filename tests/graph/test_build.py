"""Records -> nodes: names, activations, and how far a graph goes that has a fault in it."""

from __future__ import annotations

import pytest

from cnncli import layers
from cnncli.graph.graph import INPUT
from tests.specs import chain, only_fault, read, text_of


def test_layers_are_named_by_kind_and_count_around_given_names() -> None:
    graph = chain([1, 8, 8], "type: relu", "type: relu, name: relu2", "type: relu", "type: tanh")
    assert [node.name for node in graph.nodes] == ["relu1", "relu2", "relu3", "tanh1"]


def test_each_node_follows_the_one_before() -> None:
    graph = chain([1, 8, 8], "type: relu", "type: tanh", "type: flatten")
    assert [node.inputs for node in graph.nodes] == [(INPUT,), (0,), (1,)]


def test_a_name_is_given_once() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: relu, name: a", "type: tanh, name: a"))
    assert fault.message == "the name `a` is taken by the layer on line 4"


@pytest.mark.parametrize("name", ["'a b'", "''", "a/b", "🎉", '"\\e[31m"', "x" * 81, "'[bold red]'", "~"])
def test_a_name_that_other_tools_would_choke_on_is_refused(name: str) -> None:
    assert only_fault(text_of([1, 8, 8], f"type: relu, name: {name}")).fault.name in ("bad-value", "wrong-type")


def test_the_graph_ends_at_the_first_fault_and_the_rest_is_read_all_the_same() -> None:
    text = text_of(
        [1, 8, 8], "type: relu", "type: maxpool, kernel: 3", "type: relu", "type: cnv", "type: dropout, p: 2"
    )
    spec = read(text)
    assert [node.name for node in spec.graph.nodes] == ["relu1"]
    assert spec.layer_count == 5
    assert sorted(d.location.line for d in spec.diagnostics) == [5, 7, 8]


@pytest.mark.parametrize(
    ("layer", "message", "hint"),
    [
        ("type: cnv", "there is no layer kind `cnv`", "did you mean `conv`?"),
        ("kernel: 3", "a layer has no `type:`", "`cnncli layers` lists the kinds"),
        ("type: conv, filters: 8", "`conv` lacks `kernel:`", "add `kernel:`"),
        ("type: conv, filters: 8, kernel: 3, strides: 2", "`conv` has no key `strides`", "did you mean `stride`?"),
        (
            "type: conv, filters: 8, kernel: [1, 2, 3]",
            "one number or [vertical, horizontal] is wanted here, not 3 numbers",
            "",
        ),
        (
            "type: conv, filters: 8, kernel: [3]",
            "one number or [vertical, horizontal] is wanted here, not 1 number",
            "",
        ),
        (
            "type: conv, filters: 8, kernel: 3, activation: Relu",
            "there is no activation `Relu`",
            "did you mean `relu`?",
        ),
        ("type: conv, filters: 8, kernel: 3, activation: con", "there is no activation `con`", "known: elu, "),
        ("type: conv, filters: 8, kernel: 3, activation: {}", "an activation has no `type:`", "activations: "),
        ("type: CONV, filters: 8, kernel: 3", "there is no layer kind `CONV`", "did you mean `conv`?"),
        ("type: conv, filters: 8, kernel: 3, activation: flatten", "`flatten` is no activation", "activations: "),
        ("type: conv, filters: 8, kernel: 3, padding: some", "padding is a number, `same`, or `valid`", ""),
        ("type: conv, filters: 9, kernel: 3, groups: 2", "1 input channels cannot be split into 2 groups", "groups"),
        ("type: relu, activation: relu", "`relu` has no key `activation`", "known: "),
        ("type: dense, units: 5", "`dense` takes a flat list of numbers", "put `- {type: flatten}` before it"),
        ("type: dropout, p: 1", "a number in [0, 1) is wanted here, not 1", ""),
    ],
)
def test_a_layer_that_does_not_hold(layer: str, message: str, hint: str) -> None:
    fault = only_fault(text_of([1, 8, 8], layer))
    assert fault.message.startswith(message)
    assert "; ".join(fault.hints).startswith(hint)


def test_an_image_layer_after_flatten_says_so() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: flatten", "type: maxpool, kernel: 2"))
    assert fault.message == "`maxpool` takes an image [C, H, W]; what reaches it is [64]"


def test_an_image_layer_on_a_flat_input_says_so() -> None:
    for layers_before in ([], ["type: relu"]):
        fault = only_fault(text_of([10], *layers_before, "type: conv, filters: 8, kernel: 3"))
        assert fault.message == "`conv` takes an image [C, H, W]; what reaches it is [10]"
        assert fault.hints == ("`input: [10]` is flat; an image's is [channels, height, width]",)


def test_words_to_choose_from_are_listed_once() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: maxpool, kernel: 2, rounding: xavier"))
    assert fault.message == "'xavier' is not one of exact, floor, ceil"
    assert fault.hints == ()
    fault = only_fault(text_of([1, 8, 8], "type: maxpool, kernel: 2, rounding: Flor"))
    assert fault.hints == ("did you mean `floor`?",)


def test_an_input_of_one_number_is_shown_as_a_list() -> None:
    assert only_fault("input: 784\nlayers: [{type: relu}]").hints == ("write [784]",)


@pytest.mark.parametrize(
    ("default", "message", "hint"),
    [
        ("rounding: flor", "'flor' is not one of exact, floor, ceil", "did you mean `floor`?"),
        ("kernel: 0", "a number from 1 up is wanted here, not 0", ""),
        ("stride: fast", "a whole number is wanted here, not 'fast'", ""),
        ("p: 2", "a number in [0, 1) is wanted here, not 2", ""),
        ("activation: relu", "`activation` cannot be a default", "write it in each layer"),
        ("name: a", "`name` cannot be a default", "write it in each layer"),
        ("type: conv", "`type` cannot be a default", "write it in each layer"),
    ],
)
def test_a_default_is_checked_though_no_layer_uses_it(default: str, message: str, hint: str) -> None:
    for layer in ("{type: relu}", "{type: maxpool, kernel: 2, stride: 2, rounding: floor}"):
        fault = only_fault(f"input: [1, 8, 8]\ndefaults: {{{default}}}\nlayers: [{layer}]\n")
        assert (fault.message, "; ".join(fault.hints), fault.location.line) == (message, hint, 2)


def test_a_faulty_default_that_layers_use_is_one_finding() -> None:
    layer = "{type: maxpool, kernel: 2}"
    fault = only_fault(f"input: [1, 8, 8]\ndefaults: {{rounding: flor}}\nlayers: [{layer}, {layer}]\n")
    assert fault.message == "'flor' is not one of exact, floor, ceil"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers: [{type: relu}]", "a spec lacks `input:`"),
        ("input: [1, 8, 8]", "a spec lacks `layers:`"),
        ("input: [1, 8, 8]\nlayers: []", "`layers` is empty"),
        ("input: [1, 8, 8]\nlayers: {type: relu}", "a list of layers is wanted here, not a mapping"),
        ("input: [1, 8, 8]\nlayers: [relu]", "a layer such as"),
        ("input: [1, 8, 8, 8]\nlayers: [{type: relu}]", "`input` has 4 numbers"),
        ("input: []\nlayers: [{type: relu}]", "`input` has 0 numbers"),
        ("input: [1, 8, 0]\nlayers: [{type: relu}]", "a number from 1 up is wanted here, not 0"),
        ("input: 28\nlayers: [{type: relu}]", "a list such as [1, 28, 28]"),
        ("version: 2\ninput: [1, 8, 8]\nlayers: [{type: relu}]", "version 2 is not known"),
        ("input: [1, 8, 8]\nlayers: [{type: relu}]\ndefaults: {rounding_: floor}", "no layer has a field `rounding_`"),
        ("input: [1, 8, 8]\nlayers: [{type: relu}]\ntraining: sgd", "`training` is a mapping"),
    ],
)
def test_a_spec_that_does_not_hold(text: str, message: str) -> None:
    assert only_fault(text).message.startswith(message)


@pytest.mark.parametrize("kind", [kind for kind in layers.names() if issubclass(layers.find(kind), layers.Activation)])
def test_an_activation_is_the_same_as_a_layer_and_as_a_key(kind: str) -> None:
    as_key = chain([8], f"type: dense, units: 2, activation: {kind}")
    as_layer = chain([8], "type: dense, units: 2", f"type: {kind}")
    assert as_key.output_shape == as_layer.output_shape
    layer = as_layer.nodes[1].layer
    if layer.in_place:
        assert as_key.nodes[0].activation == layer
    else:
        assert [node.layer for node in as_key.nodes] == [node.layer for node in as_layer.nodes]


def test_findings_come_in_the_order_of_the_file() -> None:
    text = "input: [1, 8, 8]\nlayers:\n  - {activation: x, kernel: 0, type: conv, filters: 0, name: '/'}\nnme: x\n"
    places = [(d.location.line, d.location.column) for d in read(text).diagnostics]
    assert places == sorted(places)
    assert len(places) == 5


def test_probabilities_that_another_layer_reads_stay_what_they_are() -> None:
    """The loss looks at the logits of the output; the head reads the softmax of the same layer."""
    spec = read(
        "input: [8]\nlayers:\n  - {type: dense, name: last, units: 4, activation: softmax}\n"
        "  - {type: head, weight: 0.5, from: last, layers: [{type: dense, units: 4}]}\n"
    )
    logits = spec.require_sound().up_to_logits()
    (head,) = logits.side_outputs
    assert logits.nodes[logits.output].layer.kind == "dense"
    (source,) = logits.nodes[head.index].inputs
    assert logits.nodes[source].layer.kind == "softmax"
