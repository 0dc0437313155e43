"""`cnncli list` as a process."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from cnncli.spec.source import bundled_names
from tests.command import run


@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_table_names_every_architecture(columns: str) -> None:
    result = run("list", COLUMNS=columns)
    assert (result.code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")] == list(bundled_names())
    assert max(map(cell_len, lines)) <= int(columns)
    assert " 61,706 " in result.stdout
    assert ("LeNet-5 (1998)" in result.stdout) == (columns == "200")


def test_json_and_markdown() -> None:
    assert [record["name"] for record in json.loads(run("list", "-f", "json").stdout)] == list(bundled_names())
    assert run("list", "--format", "markdown").stdout.splitlines()[0].startswith("| name | title | input |")
    assert run("list", "--format", "csv").code == 2
