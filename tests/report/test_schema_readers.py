"""Every reader of a spec says what JSON it takes, and takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from cnncli import layers
from cnncli.analysis.budget import EXPECT, LIMITS
from cnncli.graph.build import input_shape, version_of
from cnncli.graph.items import head_weight, input_names, layer_name, repeat_count
from cnncli.layers._base import field_readers
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, Work
from cnncli.spec.nodes import Node, Scalar, Sequence, Span
from cnncli.spec.problem import Problem
from cnncli.spec.schema import Schema, or_expression, schema_of
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.recipe import settings as recipe_settings
from cnncli.training.schedules import SCHEDULES
from tests.schemas import value_of

PLACE = Span(1, 1, 1, 2)
FOUND: dict[str, Callable[[Node], Any]] = {
    **{
        f"{kind}.{name}": read
        for kind in layers.names()
        for name, (read, _) in field_readers(layers.find(kind)).items()
    },
    **{f"training.{name}": item.metadata["read"] for name, item in recipe_settings().items()},
    **{
        f"{family.what}.{name}.{key}": item.metadata["read"]
        for family in (OPTIMIZERS, SCHEDULES)
        for name in family.names
        for key, item in family.find(name).settings().items()
    },
    **{f"expect.{name}": read for name, read in EXPECT.items()},
    **{f"limits.{name}": read for name, read in LIMITS.items()},
    "version": version_of,
    "input": input_shape,
    "name": layer_name,
    "from": lambda node: input_names(node, Arguments(work=Work(1_000)), lambda problem, where: True),
    "repeat": repeat_count,
    "head.weight": head_weight,
    "text": values.text,
    "number": values.number,
    "integer": values.integer,
}
MARKED = {"from": input_names}
"""Those that take more than a record."""


def said(name: str) -> Schema:
    return schema_of(MARKED.get(name, FOUND[name]))


def identity(name: str) -> tuple[str, str]:
    """The same for readers that one and the same call has made."""
    return getattr(FOUND[name], "__qualname__", name), repr(getattr(FOUND[name], "schema", None))


READERS = list({identity(name): name for name in FOUND}.values())


@pytest.mark.parametrize("name", FOUND)
def test_a_reader_says_what_it_takes(name: str) -> None:
    """One that does not, says so with `@accepts(...)` of `cnncli.spec.schema` before it."""
    Draft7Validator.check_schema(said(name))


def test_a_reader_that_does_not_is_named() -> None:
    def sides(node: Node) -> int:
        return 4

    with pytest.raises(TypeError, match=r"the reader .*sides does not say what it takes"):
        schema_of(sides)


def scalar(text: str) -> Scalar:
    return Scalar(text, True, PLACE)


def lists_of(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(items, max_size=5).map(lambda nodes: Sequence(nodes, PLACE))


WORDS = sorted(
    {word for read in FOUND.values() for word in getattr(read, "schema", {}).get("enum", ())}
    | {"same", "valid", "true", "false", "stem", "previous", "input", "a.b", "a b", "100k", "1.5M", "2Q", ""}
)
PLAIN = (
    st.integers(-3, 12).map(str)
    | st.sampled_from([str(10**5), str(10**5 + 1), str(10**30)])
    | st.floats(-2, 1200).filter(lambda x: not x.is_integer()).map(lambda x: f"{x:.4f}1")
    | st.sampled_from(WORDS)
).map(scalar)
ODD = (st.from_regex(r"[-+]?[0-9_.]{1,6}([eE][-+]?[0-9]{1,2})?", fullmatch=True) | st.text(max_size=4)).map(scalar)


def takes(read: Callable[[Node], Any], node: Node) -> bool:
    try:
        read(node)
    except Problem:
        return False
    return True


def is_beyond_a_schema(name: str, node: Node) -> bool:
    """A range of channels that is none, for a schema compares no numbers; lists in a list that name nothing."""
    value = value_of(node)
    if name == "slice.channels":
        return value[0] >= value[1]
    return name == "from" and not any(value)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(node=PLAIN | lists_of(PLAIN) | lists_of(PLAIN | lists_of(PLAIN)))
def test_reader_and_schema_take_the_same(name: str, node: Node) -> None:
    """Of values that all readers of YAML agree on."""
    schema = Draft7Validator(said(name))
    if schema.is_valid(value_of(node)):
        assert takes(FOUND[name], node) or is_beyond_a_schema(name, node)
    else:
        assert not takes(FOUND[name], node)


@pytest.mark.parametrize("name", [name for name in READERS if name != "version"])
@settings(max_examples=60)
@example(scalar("1_000"))
@example(scalar("1e-3"))
@example(scalar("+1"))
@given(PLAIN | ODD | lists_of(PLAIN | ODD))
def test_what_a_reader_takes_an_editor_takes(name: str, node: Node) -> None:
    """However its reader of YAML 1.2 has understood it."""
    schema = Draft7Validator(or_expression(said(name)))
    assert schema.is_valid(value_of(node)) or not takes(FOUND[name], node)
