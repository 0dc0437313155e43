"""What needs no network at work starts without numpy and Numba, which take longer to load than all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import run

SOUND = "input: [1, 8, 8]\nlayers:\n  - {type: flatten}\n"
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


RARE = CODE.replace('"pydantic"', '"pydantic", "pathspec", "tomllib", "jsonschema", "cnncli.cli.mending"')


@pytest.mark.parametrize(
    "arguments",
    [["validate"], ["validate", "net.yaml", "-"], ["validate", "--max-macs", "1M"], ["inspect", "net.yaml"]],
    ids=" ".join,
)
def test_nothing_rare_is_imported_for_what_is_sound(arguments: list[str], tmp_path: Path) -> None:
    """Neither are a configuration and a `.gitignore` looked into where there are none."""
    (tmp_path / "net.yaml").write_text(SOUND)
    (tmp_path / "pyproject.toml").write_text("[project]")
    result = run(*arguments, code=RARE, cwd=tmp_path, stdin=SOUND)
    assert result.stderr.splitlines()[-2:] == ["0", "[]"]


@pytest.mark.parametrize(
    ("name", "text", "imported"), [(".gitignore", "x/", "pathspec"), ("cnncli.toml", "strict = true", "tomllib")]
)
def test_what_is_needed_is_imported(name: str, text: str, imported: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SOUND)
    (tmp_path / name).write_text(text)
    assert run("validate", code=RARE, cwd=tmp_path).stderr.splitlines()[-1] == str([imported])
