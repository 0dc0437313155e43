"""`cnncli rule`: all about one of the rules that specs are checked by, and a list of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncli.cli import complete
from cnncli.cli.console import stdout, write
from cnncli.errors import UsageError


class Format(StrEnum):
    """How rules are shown."""

    text = "text"
    json = "json"
    markdown = "markdown"


def rule(
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="RULE",
            autocompletion=complete.rules,
            help="One rule, by its code (CNN301) or name (bias-before-norm).",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List all rules.")] = False,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print it.")] = Format.text,
) -> None:
    """Say what a rule finds, why that matters, and what to write instead; or list all rules."""
    if every:
        if rule is not None:
            raise UsageError("--all lists every rule, whichever is named", "leave out one of the two")
        _list(format)
    elif rule is None:
        raise UsageError("no rule is named", "`cnncli rule CNN301`, or `cnncli rule --all` for a list")
    else:
        _show(rule, format)


def _show(word: str, format: Format) -> None:
    from cnncli.rules import find

    found = find(word)
    if format is Format.json:
        from cnncli.report.rules import as_json

        write(as_json(found))
    elif format is Format.markdown:
        from cnncli.report.rules_markdown import page_markdown

        write(page_markdown(found))
    else:
        from cnncli.report.rules_text import page_text

        stdout().print(page_text(found, stdout().width))


def _list(format: Format) -> None:
    if format is Format.json:
        from cnncli.report.rules import all_as_json

        write(all_as_json())
    elif format is Format.markdown:
        from cnncli.report.rules_markdown import list_markdown

        write(list_markdown())
    else:
        from cnncli.report.rules_text import list_table

        stdout().print(list_table())
