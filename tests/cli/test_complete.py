"""What a shell offers at Tab: asked as the shells' own scripts ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.cli import complete
from cnncli.data.catalog import names
from cnncli.layers import names as kinds
from cnncli.rules import rules
from cnncli.spec.source import bundled_names
from tests.command import run

CODE = """
import runpy, sys
sys.argv = ["cnncli"]
runpy.run_module("cnncli", run_name="__main__")
"""


def offered(line: str, folder: Path) -> list[str]:
    """What bash gets for the last word of the line."""
    words = line.split(" ")
    result = run(
        code=CODE, cwd=folder, _CNNCLI_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )
    assert (result.code, result.stderr) == (0, "")
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cnncli val", ["validate"]),
        ("cnncli inspect resnet1", ["resnet101", "resnet101_v1", "resnet152", "resnet152_v1", "resnet18"]),
        ("cnncli inspect my_", ["my_net.yaml"]),
        ("cnncli train lenet5 --data mn", ["mnist", "mnist-5k"]),
        ("cnncli data show mn", ["mnist", "mnist-5k"]),
        ("cnncli report runs/one --data mn", ["mnist", "mnist-5k"]),
        ("cnncli data show mnist --augment flip,sh", ["flip,shift=", "flip,shear="]),
        ("cnncli new net --from len", ["lenet5", "lenet5_1998", "lenet_caffe"]),
        ("cnncli layers conv", ["conv", "conv1d"]),
        ("cnncli validate --select unused-noq", ["unused-noqa"]),
        ("cnncli validate --ignore CNN2,bias-before", ["CNN2,bias-before-norm"]),
        ("cnncli validate --output-format con", ["concise"]),
        ("cnncli validate --exit", ["--exit-zero"]),
        ("cnncli validate nets/", []),
    ],
)
def test_bash_is_offered(line: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "my_net.yaml").touch()
    (tmp_path / "my_notes.txt").touch()
    assert offered(line, tmp_path) == words


def test_nothing_typed_is_offered_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.yml", "a.yaml", "notes.txt"):
        Path(name).touch()
    assert complete.architectures("") == [*bundled_names(), "a.yaml", "b.yml"]
    assert complete.data("") == list(names())
    assert set(complete.kinds("")) > set(kinds())
    assert complete.rules("") == [word for rule in rules() for word in (rule.code, rule.name)]
    assert complete.rules("CNN3,CNN90") == ["CNN3,CNN901"]
    assert complete.rules("zzz") == complete.data("zzz") == complete.kinds("zzz") == complete.architectures("zzz") == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_offered_the_same(shell: str) -> None:
    result = run(
        code=CODE,
        _CNNCLI_COMPLETE=f"complete_{shell}",
        _TYPER_COMPLETE_ARGS="cnncli inspect lenet5_",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    )
    assert (result.code, result.stderr) == (0, "")
    assert "lenet5_1998" in result.stdout and "lenet_caffe" not in result.stdout


def test_the_script_is_there_to_be_installed(tmp_path: Path) -> None:
    result = run("--show-completion", "bash", code=CODE.replace('["cnncli"]', '["cnncli", *sys.argv[1:]]'))
    assert (result.code, result.stderr) == (0, "")
    assert "complete -o default -F _cnncli_completion cnncli" in result.stdout
