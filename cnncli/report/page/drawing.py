"""The graph as SVG: a box for each layer, top to bottom, or for each block where layers are too many."""

from __future__ import annotations

from dataclasses import dataclass

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.report.page.layout import Layout, lay_out
from cnncli.report.page.markup import Markup, cut, joined, number, tag
from cnncli.report.words import counted, shape_text

MOST_BOXES = 60
_WIDE, _HIGH, _ROW, _MARGIN = 230, 40, 62, 10
_INDENT = 10
_BOLD, _SMALL = 7.6, 6.6
"""Pixels that a character of a name, and of other words, takes at most on average."""


@dataclass(frozen=True, slots=True)
class _Box:
    name: str
    what: str
    aside: str
    title: str
    inputs: frozenset[int]
    style: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """`svg` is None where the network cannot be drawn in so few boxes. `said`: what a box stands for, or why not.

    is_chain: whether nothing stands side by side.
    """

    svg: Markup | None
    said: str | None = None
    is_chain: bool = False


def drawing(graph: Graph) -> Drawing:
    """The network with its input; where it has more than `MOST_BOXES` layers, blocks are drawn as one box each."""
    for depth in (None, 4, 3, 2, 1):
        groups = _groups(graph, depth)
        if len(groups) < MOST_BOXES:
            boxes = _boxes(graph, groups)
            layout = lay_out([box.inputs for box in boxes])
            if layout is None:
                break
            whole = f"{len(graph.nodes):,} layers are too many for a drawing: a box stands for a block"
            return Drawing(_draw(boxes, layout), whole if depth else None, layout.width <= 1)
    return Drawing(None, f"{len(graph.nodes):,} layers are too many, or their edges too tangled, for a drawing")


def _groups(graph: Graph, depth: int | None) -> list[list[Node]]:
    """Layers that follow one another and share the first `depth` parts of their names; None: each by itself."""
    groups: list[list[Node]] = []
    last = None
    for node in graph.nodes:
        own = tuple(node.name.split(".")[:depth]) if depth else node.index
        if own == last:
            groups[-1].append(node)
        else:
            groups.append([node])
        last = own
    return groups


def _boxes(graph: Graph, groups: list[list[Node]]) -> list[_Box]:
    """The input's box is the first."""
    box_of = {INPUT: 0} | {node.index: number for number, group in enumerate(groups, 1) for node in group}
    shape = shape_text(graph.input_shape)
    boxes = [_Box("input", "", shape, f"input {shape}", frozenset(), "plain")]
    for own, group in enumerate(groups, 1):
        inputs = frozenset(box_of[source] for node in group for source in node.inputs) - {own}
        shape = shape_text(group[-1].output_shape)
        if len(group) == 1:
            name, what = group[0].name, " ".join(filter(None, (group[0].layer.kind, group[0].settings)))
        else:
            name = ".".join(_shared([node.name.split(".") for node in group]))
            what = counted(len(group), "layer")
        style = "learns" if any(node.parameters for node in group) else "plain"
        boxes.append(_Box(name, what, shape, f"{name}: {what}, {shape}", inputs, style))
    return boxes


def _shared(names: list[list[str]]) -> list[str]:
    parts = zip(*names, strict=False)
    differing = (place for place, each in enumerate(parts) if len({*each}) > 1)
    return names[0][: next(differing, min(map(len, names)))]


def _draw(boxes: list[_Box], layout: Layout) -> Markup:
    def left(middle: float) -> float:
        return _MARGIN + middle * _WIDE

    def top(row: int) -> float:
        return _MARGIN + row * _ROW

    width, height = layout.width * _WIDE + 2 * _MARGIN, layout.height * _ROW - _ROW + _HIGH + 2 * _MARGIN
    return tag(
        "svg",
        tag("title", "the network's layers and what leads to what"),
        *(_edge([(left(middle), top(row)) for middle, row in edge]) for edge in layout.edges),
        *(
            _box(box, left(middle) - _WIDE / 2, top(row))
            for box, middle, row in zip(boxes, layout.middles, layout.rows, strict=True)
        ),
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        class_="graph",
    )


def _box(box: _Box, left: float, top: float) -> Markup:
    room, aside = _WIDE - 2 * _INDENT, cut(box.aside, 14)
    name = _end(box.name, int((room - _INDENT - _SMALL * len(aside)) / _BOLD))
    return tag(
        "g",
        tag("title", cut(box.title)),
        tag("rect", x=left, y=top, width=_WIDE, height=_HIGH, rx=6),
        tag("text", name, x=left + _INDENT, y=top + 17, class_="name"),
        tag("text", aside, x=left + _WIDE - _INDENT, y=top + 17, text_anchor="end", class_="shape"),
        tag("text", cut(box.what, int(room / _SMALL)), x=left + _INDENT, y=top + 32, class_="what"),
        class_=box.style,
    )


def _end(name: str, most: int) -> str:
    """A name's end tells it from its neighbours'."""
    return name if len(name) <= most else "…" + name[len(name) - most + 1 :].lstrip(".")


def _edge(places: list[tuple[float, float]]) -> Markup:
    """From the lower side of the first place, straight past those between, to the upper side of the last."""
    (x, y), *between, (to_x, to_y) = places
    path = [f"M{number(x)} {number(y + _HIGH)}"]
    y += _HIGH
    for through, upper in between:
        path.append(_curve(x, y, through, upper))
        path.append(f"V{number(upper + _HIGH)}")
        x, y = through, upper + _HIGH
    path.append(_curve(x, y, to_x, to_y - 4))
    head = f"M{number(to_x - 4)} {number(to_y - 6)}h8l-4 6z"
    return joined([tag("path", d="".join(path), class_="edge"), tag("path", d=head, class_="head")])


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{number(x)} {number(middle)} {number(to_x)} {number(middle)} {number(to_x)} {number(to_y)}"
