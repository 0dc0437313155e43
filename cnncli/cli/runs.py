"""`cnncli runs`: what run folders hold, and how runs differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import notice, stdout, write
from cnncli.errors import CnncliError, FileError, UsageError

if TYPE_CHECKING:
    from cnncli.training.summary import Summary

_LINES = 10
"""Of dots, in a plot."""


def runs(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN...", help="Run folders, or folders of them; `runs` if left out."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show what differs between the runs, and how each came out.")
    ] = False,
    curves: Annotated[bool, typer.Option("--curves", help="Also draw each run's loss and accuracy.")] = False,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: a list on stdout; with --compare one object.")
    ] = options.Format.text,
) -> None:
    """List runs, their results and their state, or compare them."""
    from cnncli.report import runs as report
    from cnncli.training.summary import find_runs, read_summary

    found, faults = [], {}
    for folder in find_runs(folders or []):
        try:
            found.append(read_summary(folder))
        except CnncliError as error:
            faults[folder] = error.message
            notice(error.message)
    if compare and len(found) < 2:
        raise UsageError("there are not two runs to compare", "name two: cnncli runs --compare RUN RUN")
    if format is options.Format.json:
        record = report.comparison_record(found) if compare else report.run_records(found, faults)
        write(json.dumps(record, allow_nan=False))
    else:
        out = stdout()
        out.print(report.comparison(found) if compare else report.runs_table(found, faults, out.width))
        # Of one run alone: how to make it again, in a line that can be copied.
        made = report.reproduction(found[0]) if [run.folder for run in found] == folders and len(found) == 1 else None
        if made is not None and not compare:
            out.print()
            out.print(made, soft_wrap=True)
        if curves:
            _draw(found)
    if faults.keys() & set(folders or []):
        raise typer.Exit(FileError.exit_code)


def _draw(found: list[Summary]) -> None:
    from cnncli.report import plot
    from cnncli.report.words import printable

    for run in found:
        drawn = plot.curves(run.metrics, stdout().width, _LINES)
        if drawn is not None:
            stdout().print(f"\n{printable(str(run.folder))}", style="bold")
            stdout().print(drawn)
