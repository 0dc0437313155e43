"""Rules for a terminal: the list of all, and the page of one."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncli.report.diagnostics import diagnostic_text
from cnncli.report.rules import example_text, families, family, findings, standing
from cnncli.rules import Rule

_WIDEST = 120
"""Cells: longer lines of prose are hard to read."""
_INDENT = 2
_COLORS = {"error": "red", "warning": "yellow", "note": "blue"}
_HEADINGS = ("code", "name", "severity", "fix", "what it finds")


def list_table() -> Group:
    """A line for each rule under the name of its family; what a narrow terminal cannot hold goes to a next line."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=heading is not _HEADINGS[-1])
    for number, (title, members) in enumerate(families()):
        if number:
            table.add_row()
        table.add_row("", Text(title, style="bold"))
        for rule in members:
            table.add_row(*_cells(rule))
    return Group(table, Text(), Text("`cnncli rule bias-before-norm` says all about one of them.", style="dim"))


def page_text(rule: Rule, width: int) -> Constrain:
    """All about one rule."""
    room = min(width, _WIDEST) - _INDENT
    title = Text.assemble((rule.name, "bold"), " ", (f"({rule.code})", "bold"), "   ", (family(rule), "dim"))
    parts: list[RenderableType] = [title, Text()]
    parts += [Text(standing(rule)), Text(), Text(rule.what), Text(), Text(rule.why)]
    if rule.invalid:
        said = Text("\n\n").join(diagnostic_text(finding, room) for finding in findings(rule))
        parts += [*_section("example", _spec(rule.invalid[0])), *_section("what cnncli says", said)]
    if rule.valid:
        parts += _section("instead", _spec(rule.valid[0]))
    if rule.fix:
        parts += _section("fix", Text(f"`--fix` {rule.fix}"))
    return Constrain(Group(*parts), _WIDEST)


def _cells(rule: Rule) -> tuple[Text, ...]:
    severity = rule.fault.severity
    return (
        Text(rule.code),
        Text(rule.name, style="cyan"),
        Text(severity, style=_COLORS[severity]) if rule.by_default else Text(f"{severity}, off", style="dim"),
        Text("yes" if rule.fix else ""),
        Text(rule.what),
    )


def _spec(text: str) -> Text:
    return Text(example_text(text))


def _section(heading: str, text: Text) -> list[RenderableType]:
    return [Text(), Text(heading, style="bold"), Padding(text, (0, 0, 0, _INDENT), expand=False)]
