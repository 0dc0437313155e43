"""The action, the hooks and the examples of docs/ci.md: they are YAML, safe, and what they run is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from cnncli.cli.main import application
from cnncli.cli.validate import Format
from tests.command import PACKAGE_ROOT, environment

PAGE = (PACKAGE_ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((PACKAGE_ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((PACKAGE_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
ROOT: Any = typer.main.get_command(application())
BROKEN = "input: [1, 7, 7]\nlayers:\n  - {type: maxpool, kernel: 2}\n"


def steps(document: Any) -> Iterator[dict[str, Any]]:
    """What an example or the action does, step by step; a line of a GitLab job is one too."""
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job["steps"]
    for job in document.values():
        if isinstance(job, dict):
            yield from ({"run": line} for line in job.get("script", ()))


STEPS = [step for document in (ACTION, *EXAMPLES) for step in steps(document)]
SCRIPTS = [step["run"] for step in STEPS if "run" in step]


def test_there_is_something_to_look_at() -> None:
    assert len(EXAMPLES) == 5 and len(SCRIPTS) > 6
    assert "```yml" not in PAGE


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_is_made_of_what_others_write(script: str) -> None:
    """An expression is put into the script's text before a shell sees it: a branch's name might be a command."""
    assert "${{" not in script


def test_the_actions_inputs_reach_its_scripts_as_variables() -> None:
    used: set[str] = set()
    for step in ACTION["runs"]["steps"]:
        for value in (*step.get("env", {}).values(), *step.get("with", {}).values()):
            used.update(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", value))
        assert all(f"${name}" in step["run"] or f"${{{name}" in step["run"] for name in step.get("env", {}))
        assert "uses" in step or step["shell"] == "bash"
    assert used == ACTION["inputs"].keys()
    assert all(text["description"].endswith(".") and "default" in text for text in ACTION["inputs"].values())
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)
    assert rows == list(ACTION["inputs"])


def test_other_actions_are_named_with_their_major_version() -> None:
    used = {step["uses"] for step in STEPS if "uses" in step}
    assert all(re.fullmatch(r"[\w-]+/[\w/-]+@(v\d+|REVISION)", name) for name in used)
    assert {"actions/checkout@v4", "actions/setup-python@v5", "OWNER/cnncli@REVISION"} < used


def commands() -> list[str]:
    """All that is run, or given to be run, as a line of a shell."""
    lines = [line.strip() for script in SCRIPTS for line in script.splitlines()]
    lines += re.findall(r"^cnncli .*$", PAGE, re.MULTILINE)
    lines += [f"cnncli validate {step['with'].get('args', '')}" for step in STEPS if "OWNER" in step.get("uses", "")]
    lines += [hook["entry"] for hook in HOOKS]
    return sorted({line for line in lines if line.startswith("cnncli ")})


@pytest.mark.parametrize("line", commands())
def test_what_is_run_is_there(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    context = ROOT.commands[name].make_context(name, arguments, resilient_parsing=True)
    known = {option for parameter in ROOT.commands[name].params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("-")} <= known
    assert context.params["format"] in (None, *Format)


def test_the_hooks_in_the_example_are_there() -> None:
    (example,) = [document for document in EXAMPLES if "repos" in document]
    assert {hook["id"] for repository in example["repos"] for hook in repository["hooks"]} <= {h["id"] for h in HOOKS}
    assert all(f"`{hook['id']}`" in PAGE or f"id: {hook['id']}" in PAGE for hook in HOOKS)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("paths", "args", "code", "files"),
    [
        (".", "", 1, ["a b/$(touch x).yaml", "net.yaml"]),
        ("net.yaml\n", "", 1, ["net.yaml"]),
        ("a b\n\n  \nnet.yaml", "", 2, ["  ", "a b/$(touch x).yaml", "net.yaml"]),
        ("a b/$(touch x).yaml\n`touch y`; touch z", "", 2, ["`touch y`; touch z", "a b/$(touch x).yaml"]),
        ("--fix\nnet.yaml", "", 2, ["--fix", "net.yaml"]),
        (".", "--exit-zero --strict", 0, ["a b/$(touch x).yaml", "net.yaml"]),
        (".", "--exit-zero\n--strict\n", 0, ["a b/$(touch x).yaml", "net.yaml"]),
        (".", "$(touch x) ; touch y", 1, None),
        ("", "--exit-zero", 0, ["a b/$(touch x).yaml", "net.yaml"]),
        (".", "--no-such-option", 2, []),
    ],
    ids=repr,
)
def test_the_actions_script(tmp_path: Path, paths: str, args: str, code: int, files: list[str] | None) -> None:
    """As the runner runs it. Whatever its inputs hold, they are file names and options, never commands."""
    here = tmp_path / "repository"
    (here / "a b").mkdir(parents=True)
    for name in ("net.yaml", "a b/$(touch x).yaml"):
        (here / name).write_text(BROKEN)
    program = tmp_path / "cnncli" / "bin" / "cnncli"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cnncli "$@"\n')
    program.chmod(0o755)
    variables = environment(
        RUNNER_TEMP=str(tmp_path), CNNCLI_PATHS=paths, CNNCLI_ARGS=args, CNNCLI_OUTPUT_FORMAT="concise"
    )
    script = ACTION["runs"]["steps"][-1]["run"]
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script],
        cwd=here, env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert sorted(path.name for path in here.iterdir()) == ["a b", "net.yaml"]
    if files is None:
        assert done.returncode == 2, "they name files that are not there"
        return
    assert done.returncode == code, done.stderr
    assert sorted({line.partition(":")[0] for line in done.stdout.splitlines()}) == files


def test_the_formats_that_are_spoken_of_are_there() -> None:
    spoken = set(re.findall(r"--output-format ([\w-]+)", PAGE))
    assert spoken == {"sarif", "gitlab", "junit"} <= set(Format)
