"""`blocks:` and `params:`: repeated parts of a network, and the numbers that vary in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnncli.errors import BAD_VALUE, MISSING_KEY, Related
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.fields import Report, read_fields
from cnncli.spec.nodes import Node, Scalar, Span
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, pattern_of, ref

RESERVED = ("use", "repeat", "first", "name", "from")
"""Keys of an item that uses a block; the others are its parameters."""

_NAMES_ARE = "letters, digits and `_` make one, a letter first"
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*\Z", re.ASCII)


@dataclass(slots=True)
class Block:
    """A named list of layers. `params` maps a parameter to its default; an empty default means it is required."""

    name: str
    params: Arguments
    layers: list[Node]


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


@accepts({"type": "object", "propertyNames": {"pattern": pattern_of(_NAME)}, "additionalProperties": ref("block")})
def read_blocks(record: Node, report: Report) -> dict[str, Block | None]:
    """`blocks:` by name; None for a block that does not hold, which is reported."""
    found: dict[str, Block | None] = {}
    section = values.mapping(record, "a mapping of names to blocks")
    for name, content in section.values.items():
        found[name] = None
        try:
            if not _NAME.match(name):
                hints = (_NAMES_ARE,)
                raise Problem(BAD_VALUE, f"`{name[:60]}` is no name for a block", section.keys[name], hints=hints)
            block = values.mapping(content, "a block: a mapping with `layers:` and, if it varies, `params:`")
        except Problem as problem:
            report(problem, content)
            continue
        readers = {"description": values.text, "params": read_params, "layers": layer_list}
        fields = read_fields(block, readers, f"block `{name}`", report, required=("layers",))
        if "layers" in fields and ("params" in fields or "params" not in block.values):
            found[name] = Block(name, fields.get("params", {}), fields["layers"])
    return found


@accepts({"type": "array", "items": ref("item"), "minItems": 1})
def layer_list(record: Node) -> list[Node]:
    """The records of a list of layers, which has one at least."""
    items = values.items(record, "a list of layers")
    if not items:
        raise Problem(BAD_VALUE, "`layers` is empty", record, hints=("for instance `- {type: flatten}`",))
    return items


@accepts({"type": "object", "propertyNames": {"pattern": pattern_of(_NAME), "not": {"enum": list(RESERVED)}}})
def read_params(record: Node) -> Arguments:
    """`params:` as name -> default."""
    mapping = values.mapping(record, "a mapping of parameters to their defaults, such as `{width: , stride: 1}`")
    for name, key in mapping.keys.items():
        if name in RESERVED or not _NAME.match(name):
            if name in RESERVED:
                what, hint = "has a meaning of its own where a block is used", "call the parameter something else"
            else:
                what, hint = "is no name for a parameter", _NAMES_ARE
            raise Problem(BAD_VALUE, f"`{name[:60]}` {what}", key, hints=(hint,))
    return mapping.values


def bind(
    params: Arguments,
    given: Arguments,
    outside: Arguments,
    report: Report,
    place: Node | Span,
    owner: str,
    way_out: str = "add `{name}:`",
) -> Arguments | None:
    """The arguments seen inside: those of `outside`, and the parameters' own, defaults filled in.

    A default may use the parameters declared before it. None where one is missing or cannot be calculated.
    """
    bound = dict(outside)
    sound = True
    for name, default in params.items():
        record = given.get(name)
        if record is None:
            if isinstance(default, Scalar) and default.is_null:
                hints = (way_out.format(name=name),)
                report(Problem(MISSING_KEY, f"{owner} needs `{name}:`", hints=hints), place)
                sound = False
                continue
            try:
                record = substitute(default, bound)
            except Problem as problem:
                report(problem, default)
                sound = False
                continue
        bound[name] = record
    return bound if sound else None
