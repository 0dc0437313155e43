"""`cnncli validate`: files and folders of specs, checked for CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli.console import stdout
from cnncli.rules.configuration import find_configuration
from cnncli.rules.verdict import Verdict, judged
from cnncli.spec.discovery import Candidate, candidates, looks_like_spec
from cnncli.spec.source import read_bytes


def validate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Files and folders, `-` for standard input; this folder if left out."),
    ] = None,
) -> None:
    """Check specs, in CI too: exit code 0 if all is well, 1 with findings, 2 if something cannot be read."""
    verdicts = [verdict for candidate in candidates(paths or ["."]) if (verdict := _verdict(candidate)) is not None]
    from cnncli.report.findings import render

    text = render("full", verdicts, stdout().width)
    if text:
        stdout().print(text)
    if any(verdict.fails for verdict in verdicts):
        raise typer.Exit(1)


def _verdict(candidate: Candidate) -> Verdict | None:
    data = read_bytes(Path(candidate.name))
    if not candidate.is_named and not looks_like_spec(data):
        return None
    configuration = find_configuration(candidate.name)
    policy = configuration.policy(candidate.name)
    return Verdict(candidate.name, judged(candidate.name, data, policy), configuration.strict)
