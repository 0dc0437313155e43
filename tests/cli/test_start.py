"""What needs no network at work starts without numpy and Numba, which take longer to load than all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import run

CODE = """
import runpy, sys
sys.argv[0] = "cnncli"
try:
    runpy.run_module("cnncli", run_name="__main__")
except SystemExit as done:
    print(done.code, file=sys.stderr)
heavy = {"numpy", "numba", "llvmlite", "torch", "PIL", "pooch", "safetensors", "pydantic", "jsonschema"}
print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"], ["layers"], ["layers", "conv"], ["layers", "fc"], ["rule", "CNN301"], ["rule", "fc"],
        ["rule", "--all"], ["schema"], ["new", "net"], ["--help"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_nothing_heavy_is_imported(arguments: list[str], tmp_path: Path) -> None:
    result = run(*arguments, code=CODE, cwd=tmp_path)
    code, imported = result.stderr.splitlines()[-2:]
    assert code == ("2" if "fc" in arguments else "0")
    assert imported == "[]"
