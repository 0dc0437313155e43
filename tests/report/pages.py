"""Runs to report on, made without training, and pages taken apart."""

from __future__ import annotations

import base64
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.data.dataset import DataSet, Split
from cnncli.graph import read_architecture
from cnncli.network.parameters import Parameters
from cnncli.report.page import page
from cnncli.report.page.gather import gather
from cnncli.spec.source import Source
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.evaluation import Evaluation
from cnncli.training.loop import EpochMetrics
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe
from cnncli.training.run import read_run
from cnncli.training.run_writer import RunWriter
from cnncli.training.summary import read_summary

SPEC = """name: {name}
input: [{channels}, 8, 8]
layers:
  - {{type: conv, filters: 4, kernel: 3, activation: relu}}
  - {{type: maxpool, kernel: 2}}
  - {{type: flatten}}
  - {{type: dense, units: {classes}}}
"""
VOID = {"meta", "img", "br"}


def animals(classes: tuple[str, ...] = ("cat", "dog", "eel"), channels: int = 1, images: int = 30) -> DataSet:
    """Noise, uint8, each class in turn."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, channels, 8, 8)).astype(np.uint8)
    split = Split(pixels, np.arange(images) % len(classes))
    return DataSet("animals", classes, split, split, "drawn")


def make_run(folder: Path, dataset: DataSet, spec: str = "", name: str = "a net", validation: bool = True) -> Path:
    """A finished run of three epochs, or what looks like one; its weights are as they were drawn."""
    channels = dataset.image_shape[0]
    text = spec or SPEC.format(name=name, channels=channels, classes=len(dataset.classes))
    source = Source("net.yaml", text)
    graph = read_architecture(source).require_sound()
    parameters = Parameters(graph)
    parameters.initialize(1)
    normalization = Normalization((0.01,) * channels, (-1.0,) * channels)
    writer = RunWriter.begin(folder, source, Recipe(epochs=3), dataset, normalization, seed=4)
    for epoch in (1, 2, 3):
        held = (0.6 / epoch, 0.4 + 0.1 * epoch, None) if validation else ()
        metrics = EpochMetrics(epoch, 0.5 / epoch, 0.5 + 0.1 * epoch, 0.01, 1000.0, 1.5, *held)
        writer.finish_epoch(metrics, parameters, BestEpoch(0.7, 3) if validation else None)
    writer.finish(Evaluation(0.4, 0.9, 2000.0), 1000.0)
    return folder


def written(folder: Path, data: DataSet | str, weights: str = "best") -> str:
    return page(gather(read_summary(folder), read_run(folder, weights), weights, data)).decode()


class Page(HTMLParser):
    """Fails where an element is not closed by its own end; `pictures` are decoded."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.sections: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(dict(attributes)["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def pictures(self) -> list[Image.Image]:
        sources = [value for name, value in self.attributes if name == "src"]
        opened = []
        for source in sources:
            kind, _, data = source.partition(",")
            assert kind == "data:image/png;base64"
            opened.append(Image.open(io.BytesIO(base64.b64decode(data, validate=True)), formats=["PNG"]))
            opened[-1].load()
        return opened


def check_alone(text: str) -> Page:
    """That the page needs nothing but itself, and cannot do anything."""
    found = Page(text)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert ("content", policy) in found.attributes and "script" not in found.tags
    assert not {"iframe", "object", "embed", "link", "base", "form", "foreignobject"} & {*found.tags}
    for name, value in found.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "action", "srcset", "xlink:href"):
            assert value.startswith("#" if name == "href" else "data:image/png;base64,")
    assert not re.search(r"url\(|@import|expression\(", text)
    return found


def coordinates(svg: str) -> list[tuple[float, float]]:
    """Every place in an SVG of lines, circles, texts and paths; fails for one outside of its view box."""
    (box,) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    wide, high = map(float, box)
    places = []
    for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy")):
        places += list(zip(_numbers(svg, x), _numbers(svg, y), strict=True))
    for path in re.findall(r' d="([^"]*)"', svg):
        if "V" not in path and "h" not in path:
            numbers = [float(number) for number in re.findall(r"[-+\d.einfa]+", path)]
            places += list(zip(numbers[::2], numbers[1::2], strict=True))
    for x, y in places:
        assert math.isfinite(x) and math.isfinite(y) and 0 <= x <= wide and 0 <= y <= high
    return places


def _numbers(svg: str, attribute: str) -> list[float]:
    return [float(value) for value in re.findall(rf' {attribute}="([^"]*)"', svg)]
