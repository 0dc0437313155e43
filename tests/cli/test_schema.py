"""`cnncli schema` as a process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncli.report.schema import schema, schema_text
from tests.command import run


@pytest.mark.parametrize("arguments", [[], ["--output", "-"]])
def test_standard_output_takes_it_alone(tmp_path: Path, arguments: list[str]) -> None:
    result = run("schema", *arguments, cwd=tmp_path)
    assert (result.code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == schema()
    assert result.stdout == schema_text()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "nets" / "format.json"
    path.parent.mkdir()
    path.write_text("stale")
    result = run("schema", "-o", "nets/format.json", cwd=tmp_path)
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "wrote nets/format.json",
        "  try: begin the specs beside it with `# yaml-language-server: $schema=format.json`",
    ]
    assert path.read_text(encoding="utf-8") == schema_text()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/x.json", "cannot write nowhere/x.json: No such file or directory"),
        (".", "cannot write .: Is a directory"),
        ("", "cannot write .: Is a directory"),
    ],
)
def test_what_cannot_be_written_is_a_clear_line(tmp_path: Path, place: str, words: str) -> None:
    result = run("schema", "-o", place, cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr and "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []
