"""`tests/cases/err/*.yaml`: one file for each kind of finding, and beside it what `inspect` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli import errors
from tests.command import run
from tests.golden.golden import compare

CASES = Path(__file__).parent.parent / "cases" / "err"
FAULTS = {fault.name: fault for fault in vars(errors).values() if isinstance(fault, errors.Fault)}
del FAULTS["unreadable-file"]  # no spec has it


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_said(path: Path, request: pytest.FixtureRequest) -> None:
    """The file's name begins with that of its fault; the first line of the findings names the fault's code."""
    result = run("inspect", path.name, cwd=CASES, COLUMNS="80")
    (fault,) = [fault for name, fault in FAULTS.items() if path.stem == name or path.stem.startswith(f"{name}--")]
    assert result.code == 1
    assert f"error[{fault.code}]" in result.stderr.splitlines()[0]
    compare(f"{result.stdout}{result.stderr}", path.with_suffix(".out"), request)


def test_every_fault_has_a_case() -> None:
    assert {path.stem.partition("--")[0] for path in CASES.glob("*.yaml")} == FAULTS.keys()


def test_every_output_has_its_spec() -> None:
    assert {path.stem for path in CASES.glob("*.out")} == {path.stem for path in CASES.glob("*.yaml")}
