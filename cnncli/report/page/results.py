"""How a run came out: its figures, curves, each class's scores, what was taken for what, and the worst mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cnncli.analysis.costs import totals
from cnncli.data.dataset import Split
from cnncli.graph import Graph
from cnncli.report import evaluation
from cnncli.report.evaluation import MOST_CLASSES, MOST_CONFUSIONS, Evaluated
from cnncli.report.page.curves import Line, chart, percent, plain, points
from cnncli.report.page.markup import Markup, cut, joined, tag
from cnncli.report.pictures import data_uri, thumbnail
from cnncli.report.runs import duration
from cnncli.report.words import counted
from cnncli.training import scores
from cnncli.training.preview import as_pixels
from cnncli.training.scores import ClassScore
from cnncli.training.summary import Summary, finite

_NAME = 40
"""Characters of a class's name."""
_LARGEST = 96
"""Pixels of a mistake's longer side, as it is kept."""


def tiles(run: Summary, evaluated: Evaluated | None, graph: Graph) -> Markup:
    """The figures that matter, large."""
    sums = totals(graph)
    found = [*_test_tiles(run, evaluated)]
    if run.best_epoch is not None and run.validation_accuracy is not None:
        found.append(
            _tile("Validation accuracy", _percent(run.validation_accuracy), f"epoch {run.best_epoch}, the best")
        )
    found.append(_tile("Parameters", f"{sums.parameters:,}", f"{sums.macs:,} MACs for an image"))
    if run.seconds is not None:
        found.append(_tile("Training", cut(duration(run.seconds), 20), counted(len(run.metrics), "epoch")))
    return tag("div", *found, class_="tiles")


def _test_tiles(run: Summary, evaluated: Evaluated | None) -> Iterator[Markup]:
    if evaluated is None:
        if run.test_accuracy is not None:
            yield _tile("Test accuracy", _percent(run.test_accuracy), "as the run recorded it")
        return
    result, images = evaluated.result, len(evaluated.verdicts.label)
    wrong = round((1 - result.accuracy) * images)
    yield _tile("Test accuracy", _percent(result.accuracy), f"{wrong:,} of {images:,} wrong")
    if result.top5 is not None:
        yield _tile("Top-5 accuracy", _percent(result.top5), "the class is among five guesses")
    yield _tile("Test loss", f"{result.loss:.4f}", f"on {cut(evaluated.data, _NAME)}")


def _tile(name: str, figure: str, aside: str) -> Markup:
    return tag("div", tag("span", name), tag("strong", figure), tag("small", cut(aside, 60)), class_="tile")


def _percent(share: float) -> str:
    return f"{share:.2%}" if 0 <= share <= 1 else f"{share:.3g}"


def curves(run: Summary) -> Markup | None:
    """Loss beside accuracy, in training and validation; None where no epoch has a number."""
    charts = []
    for what, label, most in (("loss", plain, math.inf), ("accuracy", percent, 1.0)):
        lines = [
            Line(name, points(run.metrics, f"{name}_{what}"), style)
            for name, style in (("train", "train"), ("validation", "held"))
        ]
        drawn = chart(f"{what} by epoch", lines, label, most, run.best_epoch)
        if drawn is not None:
            keys = [
                tag("span", tag("i", class_=line.style), line.name, class_="key")
                for line in lines
                if any(value is not None for _, value in line.points)
            ]
            head = tag("figcaption", tag("b", what.capitalize()), joined(keys))
            charts.append(tag("figure", head, drawn))
    if not charts:
        return None
    note = None
    if run.best_epoch is not None:
        epoch = cut(str(run.best_epoch), 20)
        note = tag("p", f"The upright line is epoch {epoch}, whose weights were kept.", class_="note")
    return joined([tag("div", *charts, class_="charts"), note])


def classes(evaluated: Evaluated) -> Markup:
    """What was taken for what, beside each class's scores."""
    parts = [tag("div", content) for content in (_confusion(evaluated), _scores(evaluated))]
    return tag("div", *parts, class_="pair")


def _confusion(evaluated: Evaluated) -> Markup:
    """The matrix, or of many classes the pairs that were confused most."""
    names, verdicts = [cut(name, _NAME) for name in evaluated.classes], evaluated.verdicts
    if len(names) > MOST_CLASSES:
        return _worst_pairs(evaluated, names)
    counts = scores.confusion_matrix(verdicts.label, verdicts.guess, len(names)).tolist()
    heads = [tag("th", tag("span", name), scope="col") for name in names]
    body = []
    for own, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = [_cell(count, sum(row), name, names[guess], guess == own) for guess, count in enumerate(row)]
        body.append(tag("tr", tag("th", name, scope="row"), *cells))
    upright = "matrix upright" if max(map(len, names)) > 3 else "matrix"
    table = tag("table", tag("thead", tag("tr", tag("td"), *heads)), tag("tbody", *body), class_=upright)
    words = "A row for each class, a column for each guess. The deeper the colour, the more of the row."
    return joined([tag("p", words, class_="note"), tag("div", table, class_="scroll")])


def _cell(count: int, total: int, name: str, guess: str, is_right: bool) -> Markup:
    if not count:
        return tag("td", "·", class_="none")
    # The root makes one in a hundred visible beside all of them.
    share = (count / total) ** 0.5
    style = f"{'right' if is_right else 'wrong'}{' deep' if share > 0.8 else ''}"
    said = f"{name}, taken for {guess}: {count:,} of {total:,}"
    return tag("td", f"{count:,}", class_=style, style=f"--share:{share:.2f}", title=said)


def _worst_pairs(evaluated: Evaluated, names: list[str]) -> Markup:
    pairs = scores.confusions(evaluated.verdicts.label, evaluated.verdicts.guess, len(names))
    rows = [
        tag("tr", tag("td", names[pair.label]), tag("td", names[pair.guess]), tag("td", f"{pair.count:,}", class_="n"))
        for pair in pairs[:MOST_CONFUSIONS]
    ]
    if not rows:
        return tag("p", "No class was taken for another.", class_="note")
    words = f"{len(names):,} classes are too many for a matrix: these were taken for one another most often."
    return joined([tag("p", words, class_="note"), table(("class", "taken for", "images"), ("images",), rows)])


def _scores(evaluated: Evaluated) -> Markup:
    """Precision, recall, F1 and support of each class, and their mean."""
    each = list(zip(evaluated.classes, evaluated.class_scores, strict=True))
    shown = evaluation.shown_classes(each)
    mean = scores.mean_score([score for _, score in each])
    rows = [tag("tr", tag("td", cut(name, _NAME)), *_figures(score)) for name, score in shown]
    rows.append(tag("tr", tag("td", "mean"), *_figures(mean), class_="sum"))
    headings = ("class", "precision", "recall", "F1", "images")
    left_out = None
    if len(shown) < len(each):
        left_out = tag("p", f"The {len(shown)} with the lowest F1 of {len(each):,} classes.", class_="note")
    return joined([left_out, table(headings, headings[1:], rows)])


def _figures(score: ClassScore) -> list[Markup]:
    shares = [
        tag("td", "–" if share is None else f"{share:.2%}", class_="n")
        for share in (score.precision, score.recall, score.f1)
    ]
    return [*shares, tag("td", f"{score.support:,}", class_="n")]


def table(headings: tuple[str, ...], right: tuple[str, ...], rows: list[Markup]) -> Markup:
    """Rows under headings, of which those in `right` are flush right; it scrolls by itself where it is too wide."""
    heads = [tag("th", heading, scope="col", class_="n" if heading in right else None) for heading in headings]
    return tag("div", tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows)), class_="scroll")


def mistakes(evaluated: Evaluated, split: Split) -> Markup:
    """The images with the largest loss among those guessed wrong."""
    numbers = evaluated.verdicts.mistakes(evaluation.MISTAKES)
    if not numbers:
        return tag("p", "There are none.", class_="note")
    pictures = as_pixels(split.images[split.rows_of(np.array(numbers))])
    records = [evaluation.mistake_record(evaluated, number) for number in numbers]
    figures = []
    for picture, it in zip(pictures, records, strict=True):
        is_, not_ = cut(it["class"], _NAME), cut(it["guess"], _NAME)
        words = tag(
            "figcaption",
            tag("b", is_, title=is_),
            tag("span", "not ", not_, title=not_),
            tag("small", f"{it['probability']:.0%}, no. {it['image']}"),
        )
        image = tag("img", src=data_uri(thumbnail(picture, _LARGEST)), alt=f"image {it['image']}: {is_}")
        figures.append(tag("figure", image, words))
    note = (
        "Those guessed wrong with the largest loss: what each is, what it was taken for and how surely, and its number."
    )
    return joined([tag("p", note, class_="note"), tag("div", *figures, class_="mistakes")])


def subtitle(run: Summary) -> Markup:
    """Which run this is."""
    words = [
        ("run", Path(run.folder).name or str(run.folder)),
        ("data", run.data),
        ("started", run.started and run.started[:16].replace("T", " ")),
    ]
    parts = [tag("span", tag("em", name), " ", cut(value, 80)) for name, value in words if value]
    if run.status not in (None, "finished"):
        of = f" of {run.epochs}" if finite(run.epochs) is not None else ""
        parts.append(tag("span", cut(f"{run.status} after epoch {run.epochs_done}{of}", 80), class_="badge"))
    return tag("p", *parts, class_="subtitle")
