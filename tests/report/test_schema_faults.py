"""What the JSON Schema of specs says of a spec that is wrong: one thing, in its place."""

from __future__ import annotations

import json

import pytest

from cnncli import layers
from cnncli.layers import Activation
from tests.schemas import errors, load
from tests.specs import read

LAYER = "input: [3, 8, 8]\nlayers:\n  - "
CONV = "type: conv, filters: 8, kernel: 3"
KINDS = [*layers.names(), "parallel", "head"]
ACTIVATIONS = [name for name in layers.names() if issubclass(layers.find(name), Activation)]
BLOCK = "blocks: {{unit: {{layers: [{{{layer}}}]}}}}\ninput: [3, 8, 8]\nlayers: [{{use: unit}}]"
BRANCH = LAYER + "{{type: parallel, merge: add, branches: [[], [{{{layer}}}]]}}"
NAMED_BRANCH = LAYER + "{{type: parallel, merge: add, branches: {{a: [], b: [{{{layer}}}]}}}}"
SIDE = LAYER + "{{type: head, weight: 1, layers: [{{{layer}}}]}}"


def unexpected(*keys: str) -> str:
    names = ", ".join(map(repr, keys))
    return f"Additional properties are not allowed ({names} {'was' if len(keys) == 1 else 'were'} unexpected)"


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (LAYER + "{type: conv, filters: 8}", "layers/0", "'kernel' is a required property"),
        (LAYER + "{type: parallel, branches: [[], []]}", "layers/0", "'merge' is a required property"),
        (LAYER + "{type: head, weight: 1}", "layers/0", "'layers' is a required property"),
        (LAYER + "{kernel: 3}", "layers/0", "'type' is a required property"),
        ("layers: [{type: relu}]", "", "'input' is a required property"),
        (LAYER + "{type: relu, inplace: true}", "layers/0", unexpected("inplace")),
        (LAYER + f"{{{CONV}, pading: 1, weight: 2}}", "layers/0", unexpected("pading", "weight")),
        (LAYER + "{type: flatten, activation: relu}", "layers/0", unexpected("activation")),
        ("nmae: x\ninput: [8]\nlayers: [{type: relu}]", "", unexpected("nmae")),
        ("input: [8]\nlayers: [{type: relu}]\ntraining: {lr: 0.1}", "training", unexpected("lr")),
        ("input: [8]\nlayers: [{type: relu}]\nlimits: {output: 8}", "limits", unexpected("output")),
        ("input: [8]\nlayers: [{type: relu}]\ndefaults: {activation: relu}", "defaults", unexpected("activation")),
        ("input: [8]\nlayers: [{type: relu}]\nversion: 2", "version", "1 was expected"),
        ("input: [8, 8, 8, 8]\nlayers: [{type: relu}]", "input", "[8, 8, 8, 8] is too long"),
        ("input: [8]\nlayers: []", "layers", "[] should be non-empty"),
        ("input: [8]\nlayers: $layers", "layers", "'$layers' is not of type 'array'"),
        (LAYER + "{type: maxpol, kernel: 2, x: 1}", "layers/0/type", f"'maxpol' is not one of {KINDS}"),
        (LAYER + "{type: 5}", "layers/0/type", "5 is not of type 'string'"),
        (LAYER + "conv", "layers/0", r"'conv' does not match '^\\$[A-Za-z_][A-Za-z_0-9]*$'"),
        (LAYER + "$width * 4", "layers/0", r"'$width * 4' does not match '^\\$[A-Za-z_][A-Za-z_0-9]*$'"),
        (LAYER + "[{type: relu}]", "layers/0", "[{'type': 'relu'}] is not of type 'object', 'string'"),
        (LAYER + f"{{{CONV}, activation: rleu}}", "layers/0/activation", f"'rleu' is not one of {ACTIVATIONS}"),
        (LAYER + f"{{{CONV}, activation: conv}}", "layers/0/activation", f"'conv' is not one of {ACTIVATIONS}"),
        (LAYER + f"{{{CONV}, activation: {{slope: 1}}}}", "layers/0/activation", "'type' is a required property"),
        (
            LAYER + f"{{{CONV}, activation: {{type: rleu}}}}",
            "layers/0/activation/type",
            f"'rleu' is not one of {ACTIVATIONS}",
        ),
        (
            LAYER + f"{{{CONV}, activation: {{type: leaky_relu, name: x}}}}",
            "layers/0/activation",
            unexpected("name"),
        ),
        (
            LAYER + f"{{{CONV}, activation: {{type: leaky_relu, slope: -1}}}}",
            "layers/0/activation/slope",
            "-1 is less than the minimum of 0.0",
        ),
        (
            LAYER + f"{{{CONV}, rounding: flor}}",
            "layers/0/rounding",
            "'flor' is not one of ['exact', 'floor', 'ceil']",
        ),
        (LAYER + f"{{{CONV}, padding: sme}}", "layers/0/padding", "'sme' is not one of ['same', 'valid']"),
        (LAYER + f"{{{CONV}, padding: [1, 1, 1]}}", "layers/0/padding", "[1, 1, 1] is too short"),
        (LAYER + f"{{{CONV}, padding: [0, 1, 2, -1]}}", "layers/0/padding/3", "-1 is less than the minimum of 0"),
        (LAYER + f"{{{CONV}, stride: [1, 2, 3]}}", "layers/0/stride", "[1, 2, 3] is too long"),
        (LAYER + "{type: conv, filters: 0, kernel: 3}", "layers/0/filters", "0 is less than the minimum of 1"),
        (
            LAYER + '{type: conv, filters: "6", kernel: 3}',
            "layers/0/filters",
            r"'6' does not match '\\$|[0-9]_[0-9]'",
        ),
        (
            LAYER + "{type: conv, filters: 1.5, kernel: 3}",
            "layers/0/filters",
            "1.5 is not of type 'integer', 'string'",
        ),
        (
            LAYER + "{type: conv, filters: , kernel: 3}",
            "layers/0/filters",
            "None is not of type 'integer', 'string'",
        ),
        (LAYER + f"{{{CONV}, bias: yes}}", "layers/0/bias", r"'yes' does not match '\\$'"),
        (LAYER + "{type: dropout, p: 1}", "layers/0/p", "1 is greater than or equal to the maximum of 1.0"),
        (LAYER + "{type: relu, repeat: -1}", "layers/0/repeat", "-1 is less than the minimum of 0"),
        (LAYER + "{type: relu, repeat: 100001}", "layers/0/repeat", "100001 is greater than the maximum of 100000"),
        (LAYER + "{type: add, from: []}", "layers/0/from", "[] should be non-empty"),
        (LAYER + "{type: add, from: }", "layers/0/from", "None is not of type 'string', 'number', 'boolean', 'array'"),
        (
            LAYER + "{type: parallel, merge: sum, branches: [[], []]}",
            "layers/0/merge",
            "'sum' is not one of ['add', 'concat', 'multiply']",
        ),
        (LAYER + "{type: parallel, merge: add, branches: [[]]}", "layers/0/branches", "[[]] is too short"),
        (
            LAYER + "{type: parallel, merge: add, branches: [[], {type: relu}]}",
            "layers/0/branches/1",
            "{'type': 'relu'} is not of type 'array', 'string'",
        ),
        (LAYER + "{use: }", "layers/0/use", "None is not of type 'string', 'number', 'boolean'"),
        (LAYER + "{use: unit, first: 1, x: 1}", "layers/0/first", "1 is not of type 'object', 'string'"),
        (
            "input: [8]\nlayers: [{type: relu}]\nexpect: {parameters: 1.5Q}",
            "expect/parameters",
            r"'1.5Q' does not match '\\$|^(?!0[0-9])([0-9]+(?:_[0-9]+)*(?:\\.[0-9]+)?)([kMGT]?)$'",
        ),
        (
            "input: [8]\nlayers: [{type: relu}]\ntraining: {schedule: stair}",
            "training/schedule",
            "'stair' is not one of ['constant', 'cosine', 'exponential', 'one_cycle', 'plateau']",
        ),
        *(
            (around.format(layer=layer), f"{path}{key}", message)
            for around, path in (
                (BLOCK, "blocks/unit/layers/0"),
                (BRANCH, "layers/0/branches/1/0"),
                (NAMED_BRANCH, "layers/0/branches/b/0"),
                (SIDE, "layers/0/layers/0"),
            )
            for layer, key, message in (
                ("type: conv, filters: 8", "", "'kernel' is a required property"),
                (f"{CONV}, pading: 1", "", unexpected("pading")),
                ("type: conf, filters: 8", "/type", f"'conf' is not one of {KINDS}"),
                ("type: conv, filters: 0, kernel: 3", "/filters", "0 is less than the minimum of 1"),
            )
        ),
    ],
)
def test_what_is_wrong_is_said_once_and_in_its_place(text: str, path: str, message: str) -> None:
    assert read(text).diagnostics, "a schema says nothing that the command does not say"
    assert errors(load(text)) == [(path, message)]


@pytest.mark.parametrize("name", ["a b", "a/b", "", "x" * 81, "a,b", "@"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert [path for path, _ in errors(load(LAYER + f"{{type: relu, name: '{name}'}}"))] == ["layers/0/name"]
    branches = json.dumps({name: [], "b": []})
    text = LAYER + f"{{type: parallel, merge: add, branches: {branches}}}"
    assert [path for path, _ in errors(load(text))] == ["layers/0/branches"]


@pytest.mark.parametrize("name", ["a b", "a.b", "1", "", "é"])
def test_what_is_no_name_of_a_block_or_a_parameter_is_refused(name: str) -> None:
    spec = {"input": [8], "layers": [{"type": "relu"}]}
    blocks = {name: {"layers": [{"type": "relu"}]}}
    assert [path for path, _ in errors(spec | {"params": {name: 1}})] == ["params"]
    assert [path for path, _ in errors(spec | {"blocks": blocks})] == ["blocks"]


@pytest.mark.parametrize("word", ["use", "repeat", "first", "name", "from"])
def test_a_parameter_is_not_called_as_a_key_of_its_use(word: str) -> None:
    text = f"input: [8]\nlayers: [{{type: relu}}]\nparams: {{{word}: 1}}"
    assert read(text).diagnostics
    assert [path for path, _ in errors(load(text))] == ["params"]
