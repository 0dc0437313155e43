"""What a record of a list of layers asks for: a layer, branches, a use of a block, a head; and the keys they share."""

from __future__ import annotations

from dataclasses import dataclass

from cnncli.errors import BAD_VALUE, TOO_MANY_LAYERS, WRONG_TYPE
from cnncli.graph.blocks import Block
from cnncli.layers import Activation, Layer
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, describe
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, or_list, or_parameter, ref, schema_of

MAX_LAYERS = 100_000
"""Of one network, repetitions unfolded."""
_TEXT = schema_of(values.text)


@dataclass(frozen=True, slots=True)
class InputName:
    """A name in `from:`. One that came as an argument is looked up where the block is used, not inside it."""

    name: Scalar
    is_argument: bool


@dataclass(slots=True, kw_only=True)
class Item:
    """`inputs` are the names in `from:`; None where the layer takes what comes before it."""

    record: Node
    name: str | None = None
    inputs: tuple[InputName, ...] | None = None
    repeat: int = 1


@dataclass(slots=True, kw_only=True)
class LayerItem(Item):
    """A layer, and the activation after it."""

    layer: Layer
    activation: Activation | None = None


@dataclass(slots=True, kw_only=True)
class ParallelItem(Item):
    """Branches by name, each a list of records, and the layer that merges them."""

    branches: dict[str, list[Node]]
    merge: Layer
    activation: Activation | None = None


@dataclass(slots=True, kw_only=True)
class UseItem(Item):
    """A block with its arguments; `first` are those of the first repetition."""

    block: Block
    arguments: Arguments
    first: Arguments


@dataclass(slots=True, kw_only=True)
class HeadItem(Item):
    """Layers on the side that end in an output of their own, whose loss counts `weight` times in training."""

    layers: list[Node]
    weight: float


def resolved(record: Node, arguments: Arguments) -> Node:
    """What a parameter stands for where one stands here; lists keep their `$names`, to be read one by one."""
    return substitute(record, arguments) if isinstance(record, Scalar) else record


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
def branches_of(record: Node, arguments: Arguments) -> dict[str, list[Node]]:
    """A list of branches, numbered from 1, or a mapping that names them. `[]` is the identity."""
    wanted = "a list of branches, each a list of layers"
    record = resolved(record, arguments)
    if isinstance(record, Mapping):
        named = {layer_name(record.keys[key]): branch for key, branch in record.values.items()}
    else:
        named = {str(number): branch for number, branch in enumerate(values.items(record, wanted), 1)}
    if len(named) < 2:
        hints = ("`[]` is the identity: what reaches `parallel`, as it is",)
        raise Problem(BAD_VALUE, f"`branches` has {len(named)}; two at least are merged", record, hints=hints)
    named = {name: resolved(branch, arguments) for name, branch in named.items()}
    for branch in named.values():
        if isinstance(branch, Mapping):
            hints = ("a branch is a list: `- - {type: conv, ...}`, with a second dash",)
            raise Problem(WRONG_TYPE, "a branch is a list of layers, not a mapping", branch, hints=hints)
    return {name: values.items(branch, "a branch, which is a list of layers,") for name, branch in named.items()}


# A list in the list is what a parameter may stand for.
@accepts({**or_list(_TEXT, minItems=1), "items": or_list(_TEXT)})
def input_names(record: Node, arguments: Arguments) -> tuple[InputName, ...]:
    """`from: stem` or `from: [stem, previous]`."""
    names: list[InputName] = []
    for written in record.items if isinstance(record, Sequence) else [record]:
        meant = substitute(written, arguments)
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


def common_readers(arguments: Arguments) -> dict[str, values.Read]:
    """The keys that every item may have. `from` fills its arguments in itself."""
    return {"name": layer_name, "from": lambda record: input_names(record, arguments), "repeat": repeat_count}
