"""`cnncli evaluate`: a run's weights on a data set's test images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import notice, stdout, write

if TYPE_CHECKING:
    from cnncli.data import DataSet
    from cnncli.report.evaluation import Evaluated
    from cnncli.training.run import Run


def evaluate(
    run: options.Run,
    data: options.Data,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: options.Resize = False,
    weights: options.Chosen = options.Weights.best,
    confusion: Annotated[
        bool, typer.Option("--confusion", help="Also show what was taken for what: a matrix, or the worst pairs.")
    ] = False,
    mistakes: Annotated[
        Path | None,
        typer.Option("--mistakes", metavar="FILE.png", help="Write a picture of the worst mistakes."),
    ] = None,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one object on stdout, which holds everything.")
    ] = options.Format.text,
) -> None:
    """Loss, accuracy, and each class's scores of a run on the test images of a data set."""
    from cnncli.report import evaluation
    from cnncli.training.committee import read_members

    members = read_members(run, weights)
    first = next(members)
    dataset = options.load_data(data, data_dir, full, resize, first.graph)
    first.check_data(dataset)
    options.prepare_engine(threads, algorithm)
    evaluated = _evaluated(run, chain([first], members), dataset, weights.value)
    if mistakes is not None:
        _write_mistakes(mistakes, evaluated, dataset)
    if format is options.Format.json:
        write(json.dumps(evaluation.evaluation_record(evaluated), allow_nan=False))
        return
    out = stdout()
    out.print(evaluation.headline(evaluated))
    for line in evaluation.member_lines(evaluated):
        out.print(line)
    out.print()
    out.print(evaluation.class_table(evaluated))
    if confusion:
        out.print()
        out.print(evaluation.confusion(evaluated, out.width))


def _evaluated(folder: Path, members: Iterator[Run], dataset: DataSet, weights: str) -> Evaluated:
    """Of a run that is its one member, or of a committee."""
    from cnncli.report.evaluation import Evaluated, evaluate_run
    from cnncli.training.committee import judge

    first = next(members)
    if first.folder == folder:
        return evaluate_run(first, dataset, weights)
    judgement = judge(chain([first], members), dataset.test)
    about = str(folder), dataset.name, weights, dataset.classes
    return Evaluated(*about, judgement.result, judgement.verdicts, judgement.members)


def _write_mistakes(path: Path, evaluated: Evaluated, dataset: DataSet) -> None:
    from cnncli.report.mistakes import mistakes_picture
    from cnncli.training.files import write_whole

    picture = mistakes_picture(evaluated, dataset.test)
    if picture is None:
        notice(f"no mistakes: {path} is not written")
        return
    write_whole(path, picture)
