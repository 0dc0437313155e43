"""An evaluation for people and programs: what was measured, class by class, and what was taken for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnncli.data.dataset import DataSet
from cnncli.report.words import counted, printable
from cnncli.training import scores
from cnncli.training.evaluation import Evaluation
from cnncli.training.prediction import judge_split
from cnncli.training.run import Run
from cnncli.training.scores import ClassScore, Verdicts

MOST_CLASSES = 50
"""Rows of the table of classes; of more, the worst are shown."""
MOST_CONFUSIONS = 20
MOST_MATRIX = 1000
"""Classes of a matrix in JSON; of more, the pairs that were confused say it all."""
MISTAKES = 36
"""The worst of them, in JSON and in a picture."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A run's evaluation: `run` and `data` are names, `classes` those of the data set.

    members: of a committee, what each of them comes to alone.
    """

    run: str
    data: str
    weights: str
    classes: tuple[str, ...]
    result: Evaluation
    verdicts: Verdicts
    members: tuple[Evaluation, ...] = ()

    @property
    def class_scores(self) -> list[ClassScore]:
        return scores.class_scores(self.verdicts.label, self.verdicts.guess, len(self.classes))


def evaluate_run(run: Run, dataset: DataSet, weights: str) -> Evaluated:
    """A run, whose weights are of the epoch that `weights` names, on the test images of a data set that fits it.

    Raises `TrainingError` where the network has diverged.
    """
    result, verdicts = judge_split(run, dataset.test)
    return Evaluated(str(run.folder), dataset.name, weights, dataset.classes, result, verdicts)


def evaluation_record(evaluated: Evaluated) -> dict[str, Any]:
    """Everything, for JSON. `confusion_matrix`: rows are the right classes, columns the guesses."""
    result, verdicts, classes = evaluated.result, evaluated.verdicts, evaluated.classes
    each = evaluated.class_scores
    mean = scores.mean_score(each)
    matrix = None
    if len(classes) <= MOST_MATRIX:
        matrix = scores.confusion_matrix(verdicts.label, verdicts.guess, len(classes)).tolist()
    return {
        "test_accuracy": result.accuracy,
        "test_top5": result.top5,
        "test_loss": result.loss,
        "images_per_second": result.images_per_second,
        "run": evaluated.run,
        "weights": evaluated.weights,
        "data": evaluated.data,
        "images": len(verdicts.label),
        **({"members": members_record(evaluated.members)} if evaluated.members else {}),
        "mean": {"precision": mean.precision, "recall": mean.recall, "f1": mean.f1},
        "classes": [
            {"class": name, "precision": of.precision, "recall": of.recall, "f1": of.f1, "support": of.support}
            for name, of in zip(classes, each, strict=True)
        ],
        "confusion_matrix": matrix,
        "confusions": [
            {"class": classes[pair.label], "guess": classes[pair.guess], "images": pair.count}
            for pair in scores.confusions(verdicts.label, verdicts.guess, len(classes))
        ],
        "mistakes": [mistake_record(evaluated, number) for number in verdicts.mistakes(MISTAKES)],
    }


def members_record(members: tuple[Evaluation, ...]) -> list[dict[str, Any]]:
    """Of a committee, what each member comes to alone, for JSON."""
    return [{"test_accuracy": member.accuracy, "test_loss": member.loss} for member in members]


def mistake_record(evaluated: Evaluated, number: int) -> dict[str, Any]:
    """One image that was guessed wrong; `image` counts from 0 in the test images' order."""
    verdicts = evaluated.verdicts
    return {
        "image": number,
        "class": evaluated.classes[int(verdicts.label[number])],
        "guess": evaluated.classes[int(verdicts.guess[number])],
        "probability": float(verdicts.probability[number]),
        "loss": float(verdicts.loss[number]),
    }


def headline(evaluated: Evaluated) -> str:
    """The totals in a line."""
    result, images = evaluated.result, len(evaluated.verdicts.label)
    top5 = f", top-5 {result.top5:.2%}" if result.top5 is not None else ""
    return (
        f"{printable(evaluated.run)} on {printable(evaluated.data)}: accuracy {result.accuracy:.2%} "
        f"({round((1 - result.accuracy) * images):,} of {images:,} wrong){top5}, loss {result.loss:.4f}, "
        f"{result.images_per_second:,.0f} images/s"
    )


def member_lines(evaluated: Evaluated) -> list[str]:
    """Of a committee, a line for each member."""
    images = len(evaluated.verdicts.label)
    return [
        f"member {number}: accuracy {member.accuracy:.2%} ({round((1 - member.accuracy) * images):,} wrong), "
        f"loss {member.loss:.4f}"
        for number, member in enumerate(evaluated.members, 1)
    ]


def class_table(evaluated: Evaluated) -> Group:
    """Precision, recall, F1 and support of each class and their mean; of many classes, the worst by F1."""
    each = list(zip(evaluated.classes, evaluated.class_scores, strict=True))
    shown = shown_classes(each)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("class", style="cyan", overflow="fold")
    for heading in ("precision", "recall", "F1", "images"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, score in shown:
        table.add_row(printable(name), *_figures(score))
    table.add_section()
    table.add_row(Text("mean", style="bold"), *_figures(scores.mean_score([score for _, score in each])))
    if len(shown) == len(each):
        return Group(table)
    return Group(table, Text(f"the {len(shown)} worst of {len(each):,} classes; --format json has all", style="dim"))


def shown_classes(each: list[tuple[str, ClassScore]]) -> list[tuple[str, ClassScore]]:
    """All of them, or of more than `MOST_CLASSES` the worst by F1."""
    if len(each) <= MOST_CLASSES:
        return each
    tested = [pair for pair in each if pair[1].support]
    return sorted(tested, key=lambda pair: pair[1].f1 or 0.0)[:MOST_CONFUSIONS]


def _figures(score: ClassScore) -> list[str]:
    shares = ("-" if share is None else f"{share:.2%}" for share in (score.precision, score.recall, score.f1))
    return [*shares, f"{score.support:,}"]


def confusion(evaluated: Evaluated, width: int) -> Group:
    """The matrix where it fits into `width` cells; the worst confusions as a list where it does not."""
    matrix = _matrix(evaluated, width) if len(evaluated.classes) <= width // 2 else None
    return Group(matrix) if matrix is not None else _worst(evaluated)


def _matrix(evaluated: Evaluated, width: int) -> Text | None:
    """A row for each right class, a column for each guess; shaded by the share of the row. None where it is too wide.

    Only on the diagonal is the guess right. Columns are headed by as much of a class's name as there is room for.
    """
    verdicts, names = evaluated.verdicts, [printable(name) for name in evaluated.classes]
    counts = scores.confusion_matrix(verdicts.label, verdicts.guess, len(names)).tolist()
    widest = max(len(f"{count:,}") for row in counts for count in row)
    room = max(map(cell_len, names))
    left = max(min(room, 24), len("class"))
    column = max(widest, min(room, 6, (width - left) // len(names) - 1))
    if left + (column + 1) * len(names) > width:
        return None
    text = Text(no_wrap=True, overflow="ignore")
    text.append(f"{'class':<{left}}", "bold")
    for name in names:
        text.append(" " + _right(name, column), "bold")
    for row, (name, found) in enumerate(zip(names, counts, strict=True)):
        text.append("\n").append(set_cell_size(name, left), "cyan")
        total = sum(found)
        for guess, count in enumerate(found):
            cell = f"{count:,}" if count else "·"
            text.append(f" {cell:>{column}}", _shade(count / total if count else 0.0, row == guess))
    return text


def _right(name: str, width: int) -> str:
    """The name's beginning, at the right of `width` cells."""
    return " " * (width - cell_len(name)) + name if cell_len(name) <= width else set_cell_size(name, width)


def _shade(share: float, is_right: bool) -> str:
    """A background from dark to bright: green where the guess is right, red where it is not; nothing where none is."""
    if not share:
        return "dim"
    # The root makes one in a hundred visible beside all of them.
    strength = 40 + round(150 * share**0.5)
    return f"bright_white on {f'rgb(0,{strength * 3 // 4},40)' if is_right else f'rgb({strength + 40},20,20)'}"


def _worst(evaluated: Evaluated) -> Group:
    names = [printable(name) for name in evaluated.classes]
    pairs = scores.confusions(evaluated.verdicts.label, evaluated.verdicts.guess, len(names))
    if not pairs:
        return Group(Text("no class was taken for another"))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("class", style="cyan", overflow="fold")
    table.add_column("taken for", style="cyan", overflow="fold")
    table.add_column("images", justify="right", no_wrap=True)
    for pair in pairs[:MOST_CONFUSIONS]:
        table.add_row(names[pair.label], names[pair.guess], f"{pair.count:,}")
    rest = len(pairs) - MOST_CONFUSIONS
    more = [Text(f"and {counted(rest, 'pair')} more; --format json has all", style="dim")] if rest > 0 else []
    return Group(table, *more)
