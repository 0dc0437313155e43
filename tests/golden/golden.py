"""A golden file: what the command wrote when someone last looked at it and found it right."""

from __future__ import annotations

from pathlib import Path

import pytest


def compare(text: str, path: Path, request: pytest.FixtureRequest) -> None:
    """Spaces at the ends of lines aside. With `--golden` the file is written instead."""
    lines = [line.rstrip() for line in text.splitlines()]
    if request.config.getoption("--golden"):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: `make golden` writes it"
    assert lines == path.read_text(encoding="utf-8").splitlines()
