"""A layer's name that no `from:` mentions."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping, Scalar, Sequence, walk


def _check(subject: Subject) -> Iterator[Finding]:
    record = subject.spec.record
    if not isinstance(record, Mapping):
        return
    sections = [record.values[key] for key in ("blocks", "layers") if key in record.values]
    items = [found for top in sections for found in walk(top) if isinstance(found, Mapping)]
    mentioned = {name.text for item in items for name in _texts(item.values.get("from"))}
    # A name may be given to a block as an argument: then it stands somewhere, if not in a `from:`.
    if any("$" in name for name in mentioned):
        mentioned |= {
            word.text for item in items for key in item.keys if key != "name" for word in _texts(item.values[key])
        }
    for item in items:
        name = item.values.get("name")
        if ("type" in item.values or "use" in item.values) and isinstance(name, Scalar) and name.text not in mentioned:
            yield Finding(name, f"no `from:` mentions `{name.text}`")


def _texts(record: object) -> list[Scalar]:
    members = record.items if isinstance(record, Sequence) else [record]
    return [member for member in members if isinstance(member, Scalar)]


RULE = Rule(
    fault=Fault("CNN407", "unused-name", "note"),
    what="A layer has a name that no `from:` mentions.",
    why="A name also stands in tables and in the weights' file, so that there is nothing wrong with it; select this "
    "rule to find what is left of connections that are gone.",
    invalid=(
        """input: [784]
layers:
  - {type: dense, name: hidden, units: 100, activation: relu}
  - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [784]
layers:
  - {type: dense, units: 100, activation: relu}
  - {type: dense, units: 10}
""",
    ),
    check=_check,
    by_default=False,
)
