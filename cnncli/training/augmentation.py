"""What is done to training images: its names, as the spec's `augment:` and `--augment` have them.

    augment: {flip: true, crop: 4}
    augment: {rotate: 10, scale: 0.1, elastic: {alpha: 34, sigma: 4}}
    --augment rotate=10,scale=0.1,elastic=34/4

A new augmentation is a field here and what it draws in `cnncli.training.distortions`. A recipe keeps the text.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from typing import Any

from cnncli.errors import BAD_VALUE, WRONG_TYPE, DataError
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Span, describe
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, or_expression, schema_of

NONE = "none"
EXAMPLE = "rotate=10,elastic=34/4"


def _raise(problem: Problem, where: Node | Span) -> bool:
    problem.where = problem.where or where
    raise problem


@dataclass(frozen=True, slots=True)
class Elastic:
    """Simard's: the drawn numbers' factor in pixels, and the Gaussian's standard deviation. 34/4 was theirs."""

    alpha: float = 0.0
    sigma: float = 4.0

    @property
    def typical(self) -> float:
        """The standard deviation of a displacement along one axis, in pixels."""
        return self.alpha / self._alpha_per_pixel

    def alpha_for(self, displacement: float) -> float:
        """The alpha whose displacements have this standard deviation."""
        return displacement * self._alpha_per_pixel

    @property
    def _alpha_per_pixel(self) -> float:
        return 2 * self.sigma * math.sqrt(3 * math.pi)

    def __bool__(self) -> bool:
        return self.alpha > 0

    def __str__(self) -> str:
        return f"{_number(self.alpha)}/{_number(self.sigma)}"


_ELASTIC: dict[str, values.Read] = {"alpha": values.number_in(0, math.inf), "sigma": values.number_in(0.5, math.inf)}
_NUMBER = r"[0-9.eE+_-]+"


@accepts(
    {
        "type": ["object", "string"],
        "pattern": f"^{_NUMBER}/{_NUMBER}$",
        "properties": {name: or_expression(schema_of(read)) for name, read in _ELASTIC.items()},
        "required": list(_ELASTIC),
        "additionalProperties": False,
    }
)
def _elastic(node: Node) -> Elastic:
    """`{alpha: 34, sigma: 4}`, or `34/4`."""
    if isinstance(node, Scalar) and node.text.count("/") == 1:
        parts = dict(zip(_ELASTIC, node.text.split("/"), strict=True))
        return Elastic(**{name: _ELASTIC[name](_part(node, text)) for name, text in parts.items()})
    if not isinstance(node, Mapping):
        raise Problem(WRONG_TYPE, f"alpha/sigma such as 34/4 is wanted here, not {describe(node)}", node)
    return Elastic(**read_fields(node, _ELASTIC, "`elastic`", _raise, required=tuple(_ELASTIC)))


def _kind(read: values.Read, unit: str, help: str, default: Any) -> Any:
    """An augmentation: how its strength is read, in what unit, what it does, and the strength at which it does none."""
    return field(default=default, metadata={"read": read, "unit": unit, "help": help})


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each may go; how far it goes is drawn evenly, for every image and epoch anew. Nothing by default."""

    flip: bool = _kind(values.boolean, "", "half of the images mirrored, left to right", False)
    crop: int = _kind(values.non_negative, "pixels", "padded with black, and cut to size at a drawn whole place", 0)
    shift: float = _kind(values.number_in(0, math.inf), "pixels", "moved, down and along", 0.0)
    rotate: float = _kind(values.number_in(0, 180), "degrees", "turned about the middle", 0.0)
    scale: float = _kind(values.number_in(0, 1, high_included=False), "share", "height and width changed, each", 0.0)
    shear: float = _kind(values.number_in(0, 80), "degrees", "slanted along the rows", 0.0)
    elastic: Elastic = _kind(_elastic, "alpha/sigma", "drawn displacements, smoothed", Elastic())  # noqa: RUF009
    brightness: float = _kind(values.number_in(0, 1), "share", "all pixels multiplied by 1 and less or more", 0.0)
    contrast: float = _kind(values.number_in(0, 1), "share", "distances from the image's mean changed likewise", 0.0)
    cutout: int = _kind(values.non_negative, "pixels", "a square of this side, the data's mean colour in it", 0)

    def __bool__(self) -> bool:
        return self != Augmentation()

    def __str__(self) -> str:
        """As `--augment` takes it: what reads back as this."""
        chosen = ((item.name, getattr(self, item.name)) for item in KINDS)
        return (
            ",".join(name if value is True else f"{name}={_number(value)}" for name, value in chosen if value) or NONE
        )

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises `DataError` where images of `shape`, [C, H, W], could be lost altogether."""
        side = min(shape[1:])
        limits = {"crop": side - 1, "shift": side - 1, "cutout": side, "sigma": side / 2}
        for name, limit in limits.items():
            value = self.elastic.sigma if name == "sigma" and self.elastic else getattr(self, name, 0)
            if value > limit:
                said = f"elastic={self.elastic}" if name == "sigma" else f"{name}={_number(value)}"
                raise DataError(
                    f"`augment` has {said}, too much for images of {shape[1]}x{shape[2]}",
                    f"{name if name != 'sigma' else 'a sigma'} of at most {_number(limit)}",
                )
        if self.elastic.typical > side / 4:
            raise DataError(
                f"elastic={self.elastic} moves pixels by {self.elastic.typical:.3g} and more: images of"
                f" {shape[1]}x{shape[2]} are lost",
                f"an alpha of at most {_number(math.floor(self.elastic.alpha_for(side / 4)))}",
            )


KINDS = dataclasses.fields(Augmentation)
_READERS: dict[str, values.Read] = {item.name: item.metadata["read"] for item in KINDS}
_WORD = f"(?:{'|'.join(_READERS)})(?:=[^,=]*)?"


@accepts(
    {
        "type": ["object", "string"],
        "pattern": f"^(?:{NONE}|{_WORD}(?:, *{_WORD})*)$",
        "properties": {
            item.name: {
                "description": item.metadata["help"] + (f"; {item.metadata['unit']}" if item.metadata["unit"] else ""),
                **or_expression(schema_of(item.metadata["read"])),
            }
            for item in KINDS
        },
        "additionalProperties": False,
    }
)
def augment_text(node: Node) -> str:
    """The text of what a spec or an option asks for. Raises `Problem`."""
    return str(_read(node))


def parse(text: str) -> Augmentation:
    """What a recipe's text means. Raises `Problem` for what `augment_text` would not give."""
    return _read(Scalar(text, True, Span(1, 1, 1, 2)))


def _read(node: Node) -> Augmentation:
    if isinstance(node, Mapping):
        return Augmentation(**read_fields(node, _READERS, "`augment`", _raise))
    if not isinstance(node, Scalar) or node.is_null:
        message = f"a mapping such as {{rotate: 10}}, or a text such as {EXAMPLE}, is wanted here, not {describe(node)}"
        raise Problem(WRONG_TYPE, message, node)
    if node.text == NONE:
        return Augmentation()
    try:
        return Augmentation(**read_fields(_parts(node), _READERS, "`augment`", _raise))
    except Problem as problem:
        problem.fix = None  # it would stand in place of the whole text
        raise


def _parts(node: Scalar) -> Mapping:
    """`flip,crop=4` as the mapping that it is short for."""
    mapping = Mapping({}, {}, node.span)
    for part in re.split(", *", node.text):
        name, equals, value = part.partition("=")
        if name in mapping.values:
            raise Problem(BAD_VALUE, f"`{name[:60]}` is there twice", node)
        mapping.keys[name] = _part(node, name)
        mapping.values[name] = _part(node, value if equals else "true")
        if not equals and name in _READERS and name != "flip":
            raise Problem(BAD_VALUE, f"`{name}` lacks its strength", node, hints=(f"for instance {EXAMPLE}",))
    return mapping


def _part(node: Scalar, text: str) -> Scalar:
    return dataclasses.replace(node, text=text, plain=True, quote="")


def _number(value: Any) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
