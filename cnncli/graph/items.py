"""What a record of a list of layers asks for: a layer, branches, a use of a block, a head; and the keys they share."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from cnncli.errors import BAD_VALUE, TOO_MANY_LAYERS, WRONG_TYPE
from cnncli.graph.blocks import Block
from cnncli.layers import Activation, Layer
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, describe
from cnncli.spec.problem import Problem, Report
from cnncli.spec.schema import accepts, or_list, or_parameter, ref, schema_of

MAX_LAYERS = 100_000
"""Of one network, repetitions unfolded."""
_TEXT = schema_of(values.text)


_NO_NAME = "?"
"""Begins what a branch is called whose own name does not hold."""


@dataclass(frozen=True, slots=True)
class InputName:
    """A name in `from:`. One that came as an argument is looked up where the block is used, not inside it."""

    name: Scalar
    is_argument: bool


@dataclass(slots=True, kw_only=True)
class Item:
    """What a record asks for, as far as it holds; what does not has been reported.

    `kind` is what its name is made of where none is given, empty where that is not known. `inputs` are the names in
    `from:`, none where that does not hold; None where the layer takes what comes before it. `repeat` is None where it
    does not hold. `holds` says whether all of the item does.
    """

    record: Node
    kind: str = ""
    name: str | None = None
    inputs: tuple[InputName, ...] | None = None
    repeat: int | None = 1
    holds: bool = True


@dataclass(slots=True, kw_only=True)
class LayerItem(Item):
    """A layer, None where its output is not known, and the activation after it."""

    layer: Layer | None = None
    activation: Activation | None = None


@dataclass(slots=True, kw_only=True)
class ParallelItem(Item):
    """Branches by name, each a list of records (None where it is none), and the layer that merges them."""

    branches: dict[str, list[Node] | None]
    merge: Layer | None
    activation: Activation | None = None


@dataclass(slots=True, kw_only=True)
class UseItem(Item):
    """A block with its arguments; `first` are those of the first repetition.

    `is_known` is false where a key that does not hold may have been meant as an argument.
    """

    block: Block | None
    arguments: Arguments
    first: Arguments
    is_known: bool = True


@dataclass(slots=True, kw_only=True)
class HeadItem(Item):
    """Layers on the side that end in an output of their own, whose loss counts `weight` times in training."""

    layers: list[Node] | None
    weight: float


def is_open(item: Item) -> bool:
    """Whether there may be names in an item that does not hold that nobody knows."""
    if isinstance(item, ParallelItem) and (not item.branches or any(_NO_NAME in name for name in item.branches)):
        return True
    return item.repeat is None or (isinstance(item, LayerItem) and not item.kind)


def resolved(record: Node, arguments: Arguments, report: Report) -> Node:
    """What a parameter stands for where one stands here; lists keep their `$names`, to be read one by one."""
    return substitute(record, arguments, report) if isinstance(record, Scalar) else record


# The schema refuses what ASCII has beside letters, digits, `_`, `-` and `.`; of other characters it knows spaces alone.
@accepts(_TEXT | {"pattern": r"^[^\s!-,/:-@\[-\^`{-~]{1,80}$", "not": {"enum": ["previous", "input"]}})
def layer_name(record: Node) -> str:
    """Letters, digits, `_`, `-` and `.`: a name is also a tensor's, a file's and another tool's."""
    name = values.text(record)
    if not name or len(name) > 80 or not all(c.isalnum() or c in "_-." for c in name):
        hints = ("use letters, digits, `_`, `-` and `.`, 80 at most",)
        raise Problem(BAD_VALUE, f"{describe(record)} is no name", record, hints=hints)
    if name in ("previous", "input"):
        hints = ("call the layer something else",)
        raise Problem(BAD_VALUE, f"`{name}` has a meaning of its own in `from:`", record, hints=hints)
    return name


_BRANCH = or_parameter({"type": "array", "items": ref("item")})


@accepts(
    {
        "type": ["array", "object"],
        "items": _BRANCH,
        "minItems": 2,
        "propertyNames": schema_of(layer_name),
        "additionalProperties": _BRANCH,
        "minProperties": 2,
    }
)
def branches_of(record: Node, arguments: Arguments, report: Report) -> dict[str, list[Node] | None]:
    """A list of branches, numbered from 1, or a mapping that names them; two at least. `[]` is the identity.

    A branch that does not hold is None, and reported.
    """
    wanted = "a list of branches, each a list of layers"
    record = resolved(record, arguments, report)
    branches: dict[str, list[Node] | None] = {}
    if isinstance(record, Mapping):
        for number, (key, branch) in enumerate(record.values.items(), 1):
            try:
                name = layer_name(record.keys[key])
            except Problem as problem:
                report(problem, branch)
                name = f"{_NO_NAME}{number}"
            branches[name] = _branch(branch, arguments, report)
    else:
        for number, branch in enumerate(values.items(record, wanted), 1):
            branches[str(number)] = _branch(branch, arguments, report)
    if len(branches) < 2:
        hints = ("`[]` is the identity: what reaches `parallel`, as it is",)
        report(Problem(BAD_VALUE, f"`branches` has {len(branches)}; two at least are merged", hints=hints), record)
        branches[""] = None
    return branches


def _branch(record: Node, arguments: Arguments, report: Report) -> list[Node] | None:
    record = resolved(record, arguments, report)
    try:
        if isinstance(record, Mapping):
            hints = ("a branch is a list: `- - {type: conv, ...}`, with a second dash",)
            raise Problem(WRONG_TYPE, "a branch is a list of layers, not a mapping", hints=hints)
        return values.items(record, "a branch, which is a list of layers,")
    except Problem as problem:
        report(problem, record)
        return None


# A list in the list is what a parameter may stand for.
@accepts({**or_list(_TEXT, minItems=1), "items": or_list(_TEXT)})
def input_names(record: Node, arguments: Arguments, report: Report) -> tuple[InputName, ...]:
    """`from: stem` or `from: [stem, previous]`."""
    names: list[InputName] = []
    for written in record.items if isinstance(record, Sequence) else [record]:
        meant = substitute(written, arguments, report)
        for name in meant.items if isinstance(meant, Sequence) else [meant]:
            values.text(name)
            if isinstance(name, Scalar):
                names.append(InputName(name, isinstance(written, Scalar) and "$" in written.text))
    if not names:
        raise Problem(BAD_VALUE, "`from` names nothing", record, hints=("leave it out: the layer above is meant",))
    return tuple(names)


@accepts({"type": "integer", "minimum": 0, "maximum": MAX_LAYERS})
def repeat_count(record: Node) -> int:
    count = values.non_negative(record)
    if count > MAX_LAYERS:
        message = f"repeated {count:,} times, this is more than the {MAX_LAYERS:,} layers a network may have"
        raise Problem(TOO_MANY_LAYERS, message, record)
    return count


head_weight = values.number_in(0, 1)
"""What the loss of a head counts for."""


def common_readers(arguments: Arguments, report: Report) -> dict[str, values.Read]:
    """The keys that every item may have. `from` fills its arguments in itself."""
    return {"name": layer_name, "from": lambda record: input_names(record, arguments, report), "repeat": repeat_count}


def common_keys(mapping: Mapping, fields: dict[str, Any]) -> dict[str, Any]:
    """What every item has, from the fields that hold."""
    return {
        "record": mapping,
        "name": fields.get("name"),
        "inputs": fields.get("from", () if "from" in mapping.values else None),
        "repeat": fields.get("repeat", None if "repeat" in mapping.values else 1),
    }


_BESIDE = {"type", "use", "name", "from", "activation"}
"""Keys that what an item gives does not hang on, its input's shape known."""


def is_known(mapping: Mapping, *understood: Container[str]) -> bool:
    """Whether what the item gives is known: every key that it hangs on is among those that hold."""
    return all(key in _BESIDE or any(key in keys for keys in understood) for key in mapping.values)
