"""Every command says what it does, and every option and argument what it is for."""

from __future__ import annotations

from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from cnncli import __version__
from cnncli.cli.main import application

ROOT: Any = typer.main.get_command(application())
GROUPS = {name: command for name, command in ROOT.commands.items() if hasattr(command, "commands")}
COMMANDS: dict[str, Any] = {
    "cnncli": ROOT,
    **ROOT.commands,
    **{f"{group} {name}": command for group in GROUPS for name, command in GROUPS[group].commands.items()},
}


PARAMETERS = [
    pytest.param(parameter, id=f"{name}-{parameter.name}")
    for name, command in COMMANDS.items()
    for parameter in command.params
]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help(name: str) -> None:
    assert COMMANDS[name].help.strip().endswith(".")
    result = CliRunner().invoke(application(), [*([] if name == "cnncli" else name.split()), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_an_option_has_a_description(parameter: Any) -> None:
    assert parameter.help and parameter.help.strip()


def test_the_version_is_the_packages() -> None:
    result = CliRunner().invoke(application(), ["--version"])
    assert (result.exit_code, result.output) == (0, f"cnncli {__version__}\n")
