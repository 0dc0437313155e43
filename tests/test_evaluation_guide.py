"""docs/evaluation.md tells of every option of `evaluate` and `runs`, of validation's, and of none that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main

from cnncli.cli.main import application
from cnncli.training.recipe import Recipe
from tests.command import PACKAGE_ROOT

ROOT: Any = typer.main.get_command(application())
GUIDE = (PACKAGE_ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
ELSEWHERE = {"--data", "--data-dir", "--full", "--resize", "--threads", "--algorithm", "--help"}
"""Options that are the same in other commands."""


def options(*commands: str) -> set[str]:
    parameters = [parameter for command in commands for parameter in ROOT.commands[command].params]
    return {name for parameter in parameters for name in parameter.opts if name.startswith("--")}


@pytest.mark.parametrize("option", sorted(options("evaluate", "runs") - ELSEWHERE))
def test_it_tells_of_every_option(option: str) -> None:
    assert re.search(rf"{option}\b", GUIDE)


def test_it_tells_of_the_recipes_part() -> None:
    for name in ("validation", "monitor", "patience"):
        assert name in Recipe.__dataclass_fields__ and f"`{name}`" in GUIDE and f"--{name}" in GUIDE


def test_it_invents_no_options() -> None:
    assert set(re.findall(r"(?<![\w-])--[a-z-]+", GUIDE)) <= options(*ROOT.commands)
