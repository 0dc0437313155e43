"""`tests/cases/ok/*.yaml`: one small spec for each thing that the format has; nothing at all is found in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.spec.discovery import looks_like_spec
from tests.cli.inside import call
from tests.command import Result, run

CASES = Path(__file__).parent.parent / "cases" / "ok"


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.stem)
def test_nothing_is_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    assert call("validate", "--strict", "--isolated", path.name, COLUMNS="80") == Result("", "", 0)
    assert call("validate", "--strict", "--isolated", "-", stdin=path.read_bytes()) == Result("", "", 0)
    inspected = call("inspect", path.name)
    assert (inspected.code, inspected.stderr) == (0, "")
    assert looks_like_spec(path.read_bytes())


def test_a_process_finds_nothing_either() -> None:
    assert run("validate", "--strict", "--isolated", cwd=CASES) == Result("", "", 0)


def test_the_cases_are_saved_as_they_are_meant() -> None:
    """Editors and git like to change line ends."""
    assert b"\r\n" in (CASES / "windows.yaml").read_bytes()
    assert (CASES / "mark.yaml").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(list(CASES.glob("*.yaml"))) > 12
