"""The JSON Schema of specs takes what `inspect` takes, and refuses what it refuses where a schema can see it."""

from __future__ import annotations

import dataclasses
import json
import re
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import cnncli
from cnncli import layers
from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_KEY, UNKNOWN_KIND, UNSUPPORTED_VERSION, WRONG_TYPE
from cnncli.graph.structure import STRUCTURE
from cnncli.layers import Activation
from cnncli.report.starter import starting_spec
from cnncli.spec.source import bundled_names, find
from tests.schemas import SCHEMA, errors, load
from tests.specs import read, text_of

ROOT = Path(cnncli.__file__).resolve().parent.parent
ERRONEOUS = ROOT / "tests" / "cases" / "err"


def described(documents: list[str]) -> dict[str, str]:
    """The specs in these pages, and their pieces made whole."""
    found = {}
    for name in documents:
        for number, code in enumerate(re.findall(r"^```yaml\n(.*?)^```", (ROOT / name).read_text(), re.M | re.S)):
            code = code if not code.startswith("- ") else "layers:\n" + code
            code += "" if re.search("^input:", code, re.M) else "input: [3, 8, 8]\n"
            code += "" if re.search("^layers:", code, re.M) else "layers: [{type: flatten}]\n"
            found[f"{name} {number}"] = code
    return found


def kinds_texts() -> list[tuple[str, tuple[int, ...]]]:
    """Each kind's example, and the cases of its tests."""
    return [
        case
        for kind in layers.names()
        for case in (layers.find(kind).example, *import_module(f"tests.layers.kinds.{kind}").CASES)
    ]


SHOWN = {
    **{name: find(name).text for name in bundled_names()},
    **described(["README.md", "docs/format.md", "docs/schema.md", "docs/augmentation.md"]),
    **{item.name: item.example for item in STRUCTURE},
    **{f"{text} {shape}": text_of(list(shape), text[1:-1]) for text, shape in kinds_texts()},
    "starter": starting_spec("starter"),
    "benchmark": (ROOT / "benchmarks" / "alexnet_chain.yaml").read_text(),
}


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft7Validator.META_SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    names = re.findall(r'"\$ref": "#/definitions/(\w+)"', json.dumps(SCHEMA))
    assert set(names) == SCHEMA["definitions"].keys(), "what is referred to is there, and nothing else"


@pytest.mark.parametrize("name", SHOWN)
def test_every_spec_that_is_shown_somewhere_is_taken(name: str) -> None:
    assert errors(load(SHOWN[name])) == []


LAYER = "input: [3, 8, 8]\nlayers:\n  - "


@pytest.mark.parametrize("field", ["kernel: 3", "kernel: 3, rounding: floor", "kernel: [3, 3]"])
def test_what_defaults_may_supply_is_not_missing(field: str) -> None:
    layer = "{type: parallel, merge: add, branches: [[], [{type: conv, filters: 3, padding: 1}]]}"
    text = f"defaults: {{{field}}}\n{LAYER}{layer}"
    assert read(text).diagnostics == []
    assert errors(load(text)) == []


def test_defaults_of_fields_that_nothing_needs_supply_none() -> None:
    text = f"defaults: {{rounding: floor, bias: false}}\n{LAYER}{{type: conv, filters: 8}}"
    assert errors(load(text)) == [("layers/0", "'kernel' is a required property")]


def test_a_default_is_what_one_of_the_kinds_takes() -> None:
    """`padding` is same for a convolution, but not for `pad`."""
    for value, count in (("same", 0), ("[0, 1]", 0), ("[0, 1, 0, 1]", 0), ("$p", 0), ("sme", 1), ("[]", 1)):
        text = f"defaults: {{padding: {value}}}\nparams: {{p: 1}}\n{LAYER}{{type: maxpool, kernel: 3}}"
        assert [path for path, _ in errors(load(text))] == ["defaults/padding"] * count


def test_an_activation_needs_no_field() -> None:
    """Its name alone may stand after a layer. The schema looks for missing fields in layers only."""
    for kind in map(layers.find, layers.names()):
        needed = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        assert not (needed and issubclass(kind, Activation))


PARAMETERS = """\
params: {size: 8, recipe: {epochs: 2}, goal: {parameters: 1k}, rounded: {rounding: floor}, stem: {type: relu}}
input: [3, $size, $size * 2]
defaults: $rounded
training: $recipe
limits: $goal
blocks:
  unit:
    params: {type: , after: relu, width: $size, name_of: x, parts: , list: [], times: 1, source: input, first_of: }
    layers:
      - {type: $type, what: ever}
      - {type: conv, name: $name_of, filters: $width // 2, kernel: [$width, 3], padding: $width - 1, bias: $width,
         rounding: $after, activation: $after, repeat: $times, from: $source}
      - {type: conv, filters: 1_000, kernel: 1, activation: {type: $after, what: ever}}
      - {type: conv, filters: 1, kernel: 1, activation: {type: leaky_relu, slope: $width}}
      - {type: conv, filters: 1, kernel: 1, activation: }
      - {type: add, from: [$source, previous, [a, b]]}
      - {type: reshape, shape: $list}
      - {type: slice, channels: [$width, $width * 2]}
      - {type: parallel, merge: $after, branches: $parts}
      - {type: parallel, merge: add, branches: [$list, []]}
      - {type: parallel, merge: add, branches: {a: $list, 2: [$parts]}}
      - {type: head, weight: $width, layers: $list}
      - {use: $after, first: $first_of, type: conv, filters: {not: a layer}, layers: 5, branches: [{type: conv}]}
layers:
  - $stem
  - {use: unit, type: conv, parts: [{type: conv}], first: {width: 3}, repeat: $size, name: a.b-c_1, from: stem}
  - {type: relu, name: 2.33}
"""


def test_a_parameter_may_stand_for_anything() -> None:
    assert errors(load(PARAMETERS)) == []


SEEN = {
    BAD_VALUE.name,
    MISSING_KEY.name,
    UNKNOWN_KEY.name,
    UNKNOWN_KIND.name,
    WRONG_TYPE.name,
    UNSUPPORTED_VERSION.name,
}
UNSEEN = {"missing-key--parameter"}
"""What a block needs is said in the block."""
SEEN_TOO = {"too-many-layers"}
"""A number that is too large for any spec."""
CASES = [path for path in sorted(ERRONEOUS.glob("*.yaml")) if not path.stem.startswith("yaml-")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_schema_refuses_what_the_command_does_wherever_it_can_see_it(path: Path) -> None:
    seen = (path.stem.partition("--")[0] in SEEN and path.stem not in UNSEEN) or path.stem in SEEN_TOO
    assert bool(errors(load(path.read_text(encoding="utf-8")))) == seen


WHOLE = [
    load(text)
    for text in (find("lenet5").text, *described(["README.md"]).values(), *(item.example for item in STRUCTURE))
]
"""Each block in them is used: one that is not is read by nothing but the schema."""
VALUES = [
    0, 1, 3, -1, 1.5, True, None, "", "same", "relu", "conv", "floor", "100k", "$size", "$missing", "previous",
    [], {}, [1, 1], [0, 0, 1, 1], [[], []], {"type": "relu"}, {"type": "conv", "filters": 8}, {"kernel": 3},
]  # fmt: skip
KEYS = ["name", "type", "use", "kernel", "activation", "from", "repeat", "defaults", "training", "layers", "x"]


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of all there is inside."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@settings(max_examples=300)
@given(st.data())
def test_what_the_command_takes_the_schema_takes(data: st.DataObject) -> None:
    """A spec of which one thing has been changed: most do not hold, and of those that do the schema says nothing."""
    spec = deepcopy(data.draw(st.sampled_from(WHOLE)))
    found = places(spec)
    container, key = found[data.draw(st.integers(0, len(found) - 1))]
    how = data.draw(st.sampled_from(["remove", "replace", "add"]))
    if how == "remove":
        del container[key]
    elif how == "replace" or isinstance(container, list):
        container[key] = data.draw(st.sampled_from(VALUES))
    else:
        container[data.draw(st.sampled_from(KEYS))] = data.draw(st.sampled_from(VALUES))
    assert errors(spec) == [] or read(json.dumps(spec)).diagnostics
