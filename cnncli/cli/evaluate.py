"""`cnncli evaluate`: a run's weights on a data set's test images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import notice, stdout, write

if TYPE_CHECKING:
    from cnncli.data import DataSet
    from cnncli.report.evaluation import Evaluated


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
    from cnncli.training.run import read_run

    trained = read_run(run, weights)
    dataset = options.load_data(data, data_dir, full, resize, trained.graph)
    trained.check_data(dataset)
    options.prepare_engine(threads, algorithm)
    evaluated = evaluation.evaluate_run(trained, dataset, weights.value)
    if mistakes is not None:
        _write_mistakes(mistakes, evaluated, dataset)
    if format is options.Format.json:
        write(json.dumps(evaluation.evaluation_record(evaluated), allow_nan=False))
        return
    out = stdout()
    out.print(evaluation.headline(evaluated))
    out.print()
    out.print(evaluation.class_table(evaluated))
    if confusion:
        out.print()
        out.print(evaluation.confusion(evaluated, out.width))


def _write_mistakes(path: Path, evaluated: Evaluated, dataset: DataSet) -> None:
    from cnncli.report.mistakes import mistakes_picture
    from cnncli.training.files import write_whole

    picture = mistakes_picture(evaluated, dataset.test)
    if picture is None:
        notice(f"no mistakes: {path} is not written")
        return
    write_whole(path, picture)
