"""`cnncli report`: a run as one HTML file."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli.cli import complete, options
from cnncli.cli.console import notice, said
from cnncli.errors import DataError, FileError, UsageError

if TYPE_CHECKING:
    from cnncli.data import DataSet
    from cnncli.training.run import Run
    from cnncli.training.summary import Summary

_NAME = "report.html"


def report(
    run: options.Run,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.html", help=f"The page; RUN/{_NAME} if left out."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="NAME",
            autocompletion=complete.data,
            help="Whose test images to look at; if left out, those of the set it was trained on, if that has a name.",
        ),
    ] = None,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: options.Resize = False,
    tensorboard: Annotated[
        Path | None,
        typer.Option("--tensorboard", metavar="DIR", help="Also write the curves as TensorBoard's event files."),
    ] = None,
    weights: options.Chosen = options.Weights.best,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
) -> None:
    """Write a page about a run: curves, confusions, mistakes, filters, feature maps, the network, how it was made."""
    from cnncli.report.page import page
    from cnncli.report.page.gather import gather
    from cnncli.training.files import write_whole
    from cnncli.training.run import read_run
    from cnncli.training.summary import read_summary

    summary, trained = read_summary(run), read_run(run, weights)
    path = output or _own_page(run)
    named = None if data is None else _named_data(trained, data, data_dir, full, resize)
    dataset = named or _own_data(trained, data_dir, full)
    if isinstance(dataset, str):
        notice(f"without test images: {dataset}")
    options.prepare_engine(threads, algorithm)
    write_whole(path, page(gather(summary, trained, weights.value, dataset)))
    if tensorboard is not None:
        _write_events(summary, tensorboard)
    said(f"wrote {path}", f"open {shlex.quote(str(path))} in a browser")


def _write_events(summary: Summary, folder: Path) -> None:
    from cnncli.report.tensorboard import event_files
    from cnncli.training.files import write_whole
    from cnncli.training.summary import MOST_STEPS, STEPS, read_lines

    for name, content in event_files(summary, read_lines(summary.folder / STEPS, MOST_STEPS)).items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make {path.parent}: {error.strerror}") from None
        write_whole(path, content)


def _own_page(run: Path) -> Path:
    """Where the page goes if nothing else is said. What a stranger's folder links to is not written over."""
    path = run / _NAME
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    except OSError as error:
        raise FileError(f"cannot look at {path}: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no file, but a link or the like", "name the page with --output")
    return path


def _named_data(trained: Run, name: str, data_dir: Path | None, full: bool, resize: bool) -> DataSet:
    dataset = options.load_data(name, data_dir, full, resize, trained.graph)
    trained.check_data(dataset)
    return dataset


def _own_data(trained: Run, data_dir: Path | None, full: bool) -> DataSet | str:
    """The data set that the run was trained on, or why it cannot be had. A path in a run's files is not followed."""
    from cnncli.data import names

    name = trained.data_name
    if name not in names():
        return f"the run was trained on {name}, which is no data set's name; --data names where it is"
    try:
        return options.load_data(name, data_dir, full, True, trained.graph)
    except (DataError, FileError, UsageError) as error:
        return error.message
