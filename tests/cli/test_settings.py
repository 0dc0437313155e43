"""`--set NAME=VALUE`: a spec's own parameters from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncli.cli.options import read_settings
from cnncli.errors import UsageError
from tests.command import run

SPEC = """params: {classes: 7, width: 4}
input: [1, 8, 8]
layers:
  - {type: conv, filters: $width, kernel: 3, activation: relu}
  - {type: flatten}
  - {type: dense, units: $classes}
training: {epochs: 1}
expect: {output: [7], parameters: 1055}
limits: {parameters: 3k}
"""
REQUIRED = "params: {width: , depth: 2, classes: }\ninput: [$width]\nlayers: [{type: dense, units: $classes}]\n"


def test_a_setting_takes_the_place_of_a_default() -> None:
    result = run("inspect", "-", "--set", "classes=10", "--set", "width=8", "--format", "json", stdin=SPEC)
    assert result.code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["output_shape"] == [10]
    assert document["layers"][0]["parameters"] == 8 * (9 + 1)


def test_expect_describes_the_file_as_it_stands_and_limits_hold_for_all() -> None:
    assert run("inspect", "-", stdin=SPEC).code == 0
    assert run("inspect", "-", stdin=SPEC.replace("1055", "1056")).code == 1
    assert run("inspect", "-", "--set", "classes=10", stdin=SPEC).code == 0
    result = run("inspect", "-", "--set", "width=20", stdin=SPEC)
    assert result.code == 1
    assert "the network has 5,247 parameters, its limit is 3,000" in result.stderr
    assert "expect" not in result.stderr


def test_a_required_parameter_that_is_not_given() -> None:
    result = run("inspect", "-", stdin=REQUIRED)
    assert (result.code, result.stdout) == (1, "")
    assert "the spec needs `width:`" in result.stderr and "the spec needs `classes:`" in result.stderr
    assert "give it: `--set width=...`, or write a default into `params:`" in result.stderr
    assert run("inspect", "-", "--set", "width=3", "--set", "classes=2", stdin=REQUIRED).code == 0


@pytest.mark.parametrize("command", [("inspect", "-"), ("train", "-", "--data", "digits")])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["classes"], "--set classes: this is no NAME=VALUE"),
        (["classes="], "this is no NAME=VALUE"),
        (["=10"], "this is no NAME=VALUE"),
        ([""], "this is no NAME=VALUE"),
        (["classes=1", "classes=2"], "--set classes is there twice"),
        (["clases=10"], "<stdin> has no parameter `clases`\n  try: its parameters: classes, width"),
    ],
)
def test_a_setting_that_is_none_is_exit_code_2(command: tuple[str, ...], settings: list[str], words: str) -> None:
    result = run(*command, *(f"--set={text}" for text in settings), stdin=SPEC)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize("command", [("inspect", "-"), ("train", "-", "--data", "digits")])
def test_a_value_that_does_not_hold_is_a_finding(command: tuple[str, ...]) -> None:
    result = run(*command, "--set", "classes=ten", stdin=SPEC)
    assert result.code == 1
    assert result.stderr.startswith("<stdin>:6:26: error[CNN004]: a whole number is wanted here, not 'ten'")


def test_values_may_hold_equals_signs_and_spaces_around_are_none() -> None:
    assert read_settings(None) == {}
    assert read_settings(["a=b=c", " width = 3 "]) == {"a": "b=c", "width": "3"}
    with pytest.raises(UsageError):
        read_settings(["a = "])


def test_what_was_trained_with_settings_is_evaluated_with_them(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    assert run("train", "net.yaml", "--data", "digits", cwd=tmp_path).code == 2, "it has 7 outputs as it stands"
    trained = run("train", "net.yaml", "--data", "digits", "--set", "classes=10", "-f", "json", cwd=tmp_path)
    assert trained.code == 0, trained.stderr
    folder = tmp_path / "runs" / "net-1"
    assert (folder / "spec.yaml").read_text() == SPEC
    assert json.loads((folder / "run.json").read_text())["settings"] == {"classes": "10"}
    evaluated = run("evaluate", "runs/net-1", "--data", "digits", "-f", "json", cwd=tmp_path)
    assert evaluated.code == 0, evaluated.stderr
    assert json.loads(evaluated.stdout)["test_loss"] == json.loads(trained.stdout)["test_loss"]
