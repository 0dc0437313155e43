"""A run as one HTML file that needs no other: no script, no address but pictures within itself.

Whatever comes from the run's files is a stranger's text: it is escaped (`markup`), and cut where it is long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli import __version__
from cnncli.data.dataset import Split
from cnncli.report.evaluation import Evaluated
from cnncli.report.page import inside, making, results
from cnncli.report.page.markup import Markup, cut, tag
from cnncli.training.inside import Filters, Maps
from cnncli.training.preview import as_pixels
from cnncli.training.run import Run
from cnncli.training.summary import Summary

_STYLE = Path(__file__).with_name("style.css")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may load for it (Content Security Policy): nothing."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What test images say: the evaluation, and `maps` of the images of these `numbers`.

    left_out: how many layers have maps that are not shown; no_maps: why there are none.
    """

    evaluated: Evaluated
    split: Split
    numbers: list[int]
    maps: list[Maps]
    left_out: int = 0
    no_maps: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """All that a report is made of. `tested` may be, as text, why there are no test images."""

    summary: Summary
    run: Run
    spec: str
    weights: dict[str, str]
    filters: Filters | None
    tested: Tested | str


def page(of: Material) -> bytes:
    """The file, UTF-8."""
    title = cut(of.run.graph.name, 100)
    tested = of.tested if isinstance(of.tested, Tested) else None
    sections = _sections(of, tested)
    links = [tag("a", name, href=f"#{_anchor(name)}") for name in sections]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title}: a training run"),
        tag("style", Markup(_STYLE.read_text(encoding="utf-8"))),
    )
    without = None
    if isinstance(of.tested, str):
        words = "Without test images there are no confusion matrix, class scores, mistakes and feature maps: "
        without = tag("p", words, cut(of.tested, 400), class_="missing")
    body = tag(
        "body",
        tag(
            "header",
            tag("p", "Training run", class_="eyebrow"),
            tag("h1", title),
            results.subtitle(of.summary),
            results.tiles(of.summary, tested.evaluated if tested else None, of.run.graph),
            without,
            tag("nav", *links),
        ),
        tag("main", *(_section(name, content) for name, content in sections.items())),
        tag("footer", f"Written by cnncli {__version__}."),
    )
    return ("<!doctype html>\n" + tag("html", head, body, lang="en") + "\n").encode()


def _sections(of: Material, tested: Tested | None) -> dict[str, Markup]:
    """By heading, in order; those that there is nothing for are left out."""
    found: dict[str, Markup | None] = {"Curves": results.curves(of.summary)}
    if tested:
        found["Classes"] = results.classes(tested.evaluated)
        found["Worst mistakes"] = results.mistakes(tested.evaluated, tested.split)
    found["First filters"] = inside.filters(of.filters) if of.filters else None
    if tested:
        found["Feature maps"] = _maps(tested)
    found["Architecture"] = making.architecture(of.run.graph)
    found["How to reproduce it"] = making.reproducing(of.summary, of.spec, of.weights)
    return {name: content for name, content in found.items() if content is not None}


def _maps(tested: Tested) -> Markup | None:
    if tested.no_maps:
        return tag("p", f"Left out: {cut(tested.no_maps)}.", class_="note")
    if not tested.maps:
        return None
    split, classes = tested.split, tested.evaluated.classes
    rows = split.rows_of(np.array(tested.numbers))
    names = [classes[split.labels[number]] for number in tested.numbers]
    return inside.maps(as_pixels(split.images[rows]), names, tested.maps, tested.left_out)


def _section(name: str, content: Markup) -> Markup:
    return tag("section", tag("h2", name), content, id=_anchor(name))


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
