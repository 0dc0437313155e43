"""`blocks:` and `params:`: repeated parts of a network, and the numbers that vary in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnncli.errors import BAD_VALUE, MISSING_KEY, Related
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.fields import read_fields, stands_elsewhere
from cnncli.spec.nodes import Mapping, Node, Scalar, Span, Unknown
from cnncli.spec.problem import Problem, Report
from cnncli.spec.schema import accepts, ref

RESERVED = ("use", "repeat", "first", "name", "from")
"""Keys of an item that uses a block; the others are its parameters."""

_NAMES_ARE = "letters, digits and `_` make one, a letter first"
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*", re.ASCII)
_WHOLE_NAME = f"^{_NAME.pattern}$"


@dataclass(slots=True)
class Block:
    """A named list of layers, None where they do not hold.

    `params` are the parameters with their defaults, an empty one where the parameter is required.
    """

    name: str
    params: Arguments
    layers: list[Node] | None


@dataclass(slots=True)
class Scope:
    """Where a list of layers stands: in the spec itself, in a use of a block, in a branch.

    `path` goes before its layers' names. `given` is the output that `from: input` means. `caller` is the scope that
    uses the block, None in the spec itself. `uses` are the places that led here, the nearest first; `blocks` the names
    of the blocks, the outermost first.
    """

    path: str
    arguments: Arguments
    given: int | None
    parent: Scope | None = None
    caller: Scope | None = None
    uses: tuple[Related, ...] = ()
    blocks: tuple[str, ...] = ()
    depth: int = 0


@accepts({"type": "object", "propertyNames": {"pattern": _WHOLE_NAME}, "additionalProperties": ref("block")})
def read_blocks(record: Node, report: Report) -> dict[str, Block]:
    """`blocks:` by name. What does not hold is reported, and unknown in the block."""
    section = values.mapping(record, "a mapping of names to blocks")
    return {name: _block(name, section.keys[name], content, report) for name, content in section.values.items()}


def _block(name: str, key: Scalar, record: Node, report: Report) -> Block:
    if not _NAME.fullmatch(name):
        report(Problem(BAD_VALUE, f"`{name[:60]}` is no name for a block", hints=(_NAMES_ARE,)), key)
    try:
        mapping = values.mapping(record, "a block: a mapping with `layers:` and, if it varies, `params:`")
    except Problem as problem:
        report(problem, record)
        return Block(name, Arguments(is_whole=False), None)
    readers = {"description": values.text, "params": lambda record: read_params(record, report), "layers": layer_list}
    fields = read_fields(mapping, readers, f"block `{name[:60]}`", report, required=("layers",))
    return Block(name, fields.get("params", no_params(mapping, tuple(readers))), fields.get("layers"))


def no_params(mapping: Mapping, known: tuple[str, ...]) -> Arguments:
    """What there is where no `params:` holds: nothing, or nobody knows."""
    return Arguments(is_whole="params" not in mapping.values and not stands_elsewhere("params", mapping, known))


@accepts({"type": "array", "items": ref("item"), "minItems": 1})
def layer_list(record: Node) -> list[Node]:
    """The records of a list of layers, which has one at least."""
    items = values.items(record, "a list of layers")
    if not items:
        raise Problem(BAD_VALUE, "`layers` is empty", record, hints=("for instance `- {type: flatten}`",))
    return items


@accepts({"type": "object", "propertyNames": {"pattern": _WHOLE_NAME, "not": {"enum": list(RESERVED)}}})
def read_params(record: Node, report: Report) -> Arguments:
    """`params:` as name -> default; unknown for a parameter whose name does not hold, which is reported."""
    mapping = values.mapping(record, "a mapping of parameters to their defaults, such as `{width: , stride: 1}`")
    params = Arguments(dict(mapping.values))
    for name, default in mapping.values.items():
        if name in RESERVED or not _NAME.fullmatch(name):
            params.values[name] = Unknown(default.span)
            if start := _NAME.match(name):
                params.values.setdefault(start[0], params.values[name])  # `$a-b` is read as `$a` minus b
            if name in RESERVED:
                what, hint = "has a meaning of its own where a block is used", "call the parameter something else"
            else:
                what, hint = "is no name for a parameter", _NAMES_ARE
            report(Problem(BAD_VALUE, f"`{name[:60]}` {what}", hints=(hint,)), mapping.keys[name])
    return params


def required_of(params: Arguments) -> dict[str, Node]:
    """The parameters without a default."""
    return {name: node for name, node in params.values.items() if isinstance(node, Scalar) and node.is_null}


def bind(
    params: Arguments,
    given: dict[str, Node],
    outside: Arguments,
    report: Report,
    place: Node | Span,
    owner: str,
    way_out: str = "add `{name}:`",
) -> Arguments:
    """The arguments seen inside: those of `outside`, and the parameters' own, defaults filled in.

    A default may use the parameters declared before it. One that is missing or cannot be calculated is reported, and
    unknown.
    """
    bound = Arguments({}, outside, params.is_whole and outside.is_whole, outside.work)
    if not bound.work.may_go_on(len(params.values), place if isinstance(place, Span) else place.span, report):
        bound.is_whole = False
        return bound
    for name, default in params.values.items():
        record = given.get(name)
        if record is None and isinstance(default, Scalar) and default.is_null:
            record = Unknown(default.span)
            problem = Problem(MISSING_KEY, f"{owner} needs `{name}:`", hints=(way_out.format(name=name),))
            if not report(problem, place):
                bound.is_whole = False
                break
        bound.values[name] = substitute(default, bound, report) if record is None else record
    return bound
