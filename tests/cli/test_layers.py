"""`cnncli layers` as a process: its list, its pages, its formats, its exit codes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from cnncli import layers
from cnncli.report.kinds import entries, page
from cnncli.report.kinds_markdown import list_markdown, page_markdown
from tests.command import run


def test_the_list_names_every_kind_at_80_columns() -> None:
    result = run("layers", COLUMNS="80")
    assert (result.code, result.stderr) == (0, "")
    first = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    assert first == [entry.kind for entry in entries()]
    assert max(map(cell_len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_a_page_in_every_format(format: str) -> None:
    result = run("layers", "conv", "--format", format)
    assert (result.code, result.stderr) == (0, "")
    assert "{type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}" in result.stdout
    assert "\x1b" not in result.stdout
    if format == "json":
        document = json.loads(result.stdout)
        assert document["kind"] == "conv" and document["example"]["parameters"] == 224
    if format == "markdown":
        assert result.stdout == page_markdown(page("conv")) + "\n"


def test_the_list_as_data() -> None:
    records = json.loads(run("layers", "--format", "json").stdout)
    assert {record["kind"] for record in records} == {*layers.names(), "parallel", "head", "use"}
    assert records[0].keys() == {"kind", "family", "summary"}
    assert run("layers", "-f", "markdown").stdout == list_markdown(entries()) + "\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("layers", "covn"), "error: there is no layer kind 'covn'\n  try: did you mean `conv`?\n"),
        (("layers", "Conv2d"), "did you mean `conv`?"),
        (("layers", "\x1b[31m"), "there is no layer kind '\\x1b[31m'"),
        (("layers", "conv", "--format", "csv"), "'csv'"),
        (("layers", "conv", "dense"), "dense"),
    ],
)
def test_what_is_not_there_is_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr and "\x1b" not in result.stderr
