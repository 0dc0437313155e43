"""A name in `from:` that two layers have, one in the list and one around it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, MutableMapping

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import WrittenBlock, blocks, inner_lists, inputs, items, section
from cnncli.spec.nodes import Node, Scalar
from cnncli.spec.source import Source

_DEEPEST = 64
"""Lists and blocks in one another: more of them are a fault of their own."""


def _check(subject: Subject) -> Iterator[Finding]:
    walker = _Walker(subject.spec.source, {block.name: block for block in blocks(subject.spec)})
    yield from walker.walk(section(subject.spec, "layers"), {})


class _Walker:
    """Goes through lists of layers with the names that lists around them give."""

    def __init__(self, source: Source, written: dict[str, WrittenBlock]) -> None:
        self.source = source
        self.written = written
        self.seen: set[str] = set()
        self.lists: set[int] = set()

    def walk(self, layers: Node | None, outer: MutableMapping[str, Scalar], depth: int = 0) -> Iterator[Finding]:
        if id(layers) in self.lists or depth > _DEEPEST:  # an alias stands for a list that has been walked
            return
        self.lists.add(id(layers))
        names: dict[str, Scalar] = {}
        visible = ChainMap(names, *([outer] if not isinstance(outer, ChainMap) else outer.maps))
        for item in items(layers):
            for wanted in inputs(item):
                if wanted.text in names and wanted.text in outer:
                    yield self._finding(wanted, names[wanted.text], outer[wanted.text])
            inner = inner_lists(item)
            use = item.values.get("use")
            if isinstance(use, Scalar) and use.text in self.written and use.text not in self.seen:
                self.seen.add(use.text)
                inner = self.written[use.text].body
            for layers_inside in inner:
                yield from self.walk(layers_inside, visible, depth + 1)
            name = item.values.get("name")
            if isinstance(name, Scalar):  # from here on: what stands above it means the one around the list
                names[name.text] = name

    def _finding(self, wanted: Scalar, near: Scalar, far: Scalar) -> Finding:
        return Finding(
            wanted,
            f"two layers are called `{wanted.text}`: the nearer one, on line {near.span.line}, is meant here",
            hints=("call one of them something else",),
            related=(
                self.source.relate(near, "this one is meant"),
                self.source.relate(far, "this one is hidden"),
            ),
        )


RULE = Rule(
    fault=Fault("CNN406", "shadowed-name", "warning"),
    what="A name in `from:` is that of a layer in the same list, and of another around it.",
    why="A block or a branch sees the names of the lists around it, and its own come first. Whoever moves or renames "
    "the inner layer connects the other one without a word.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - type: parallel
    merge: concat
    branches:
      - - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
        - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
        - {type: add, from: [stem, previous]}
      - - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - type: parallel
    merge: concat
    branches:
      - - {type: conv, name: first, filters: 8, kernel: 3, padding: 1, activation: relu}
        - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
        - {type: add, from: [first, previous]}
      - - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
""",
    ),
    check=_check,
    on_parts=True,
)
