"""README.md and docs/validate.md say what is so: commands, options, keys, and what is printed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cnncli.cli.main import application
from cnncli.cli.validate import Format
from cnncli.report.findings import formats
from cnncli.rules import configuration
from cnncli.rules.configuration import read_configuration
from cnncli.training.augmentation import KINDS, parse
from tests.cli.inside import call
from tests.command import PACKAGE_ROOT

ROOT: Any = typer.main.get_command(application())
OPTIONS = [name for parameter in ROOT.commands["validate"].params for name in parameter.opts if name.startswith("--")]
README = (PACKAGE_ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (PACKAGE_ROOT / "docs" / "validate.md").read_text(encoding="utf-8")
SMALL = """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3}
  - {type: batchnorm, activation: relu}
  - {type: maxpool, kernel: 4}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    return tmp_path


def test_the_readme_lists_the_commands_as_they_are() -> None:
    listed = re.findall(r"^cnncli ([a-z]+) (\S*)", README.partition("## What it does\n")[2], re.MULTILINE)
    first = dict(reversed(listed))
    assert first.keys() == ROOT.commands.keys()
    for name, argument in first.items():
        (command,) = [command for known, command in ROOT.commands.items() if known == name]
        metavars = [p.make_metavar(ctx=None, usage=True) for p in command.params if p.param_type_name == "argument"]
        if metavars:
            assert argument.strip("[]{}.") == metavars[0].strip("[]{}."), name


@pytest.mark.parametrize("option", OPTIONS)
def test_the_guide_tells_of_every_option(option: str) -> None:
    assert re.search(rf"`?{option}\b", GUIDE), f"docs/validate.md does not tell of {option}"


def test_the_guide_invents_no_options() -> None:
    known = {option for command in ROOT.commands.values() for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in ROOT.params for option in parameter.opts} | {"--max-"}
    assert set(re.findall(r"(?<![\w-])--[a-z-]+", GUIDE)) - {"--all"} <= known


def test_the_guide_lists_the_formats() -> None:
    assert re.findall(r"^\| `([\w-]+)` \| ", GUIDE, re.MULTILINE) == list(Format)


def test_the_example_of_a_configuration_has_every_key_and_holds(place: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert tomllib.loads(text).keys() == set(configuration._KEYS)
    Path("cnncli.toml").write_text(text)
    found = read_configuration(Path("cnncli.toml"))
    assert found is not None
    assert {limit.key: limit.wanted for limit in found.limits} == {
        "parameters": 10**7, "buffers": 10**5, "macs": 5 * 10**8, "memory": 2 * 10**7
    }  # fmt: skip


def test_what_the_guide_prints_is_what_is_printed(place: Path) -> None:
    Path("nets/small.yaml").write_text(SMALL)
    (block,) = re.findall(r"```\n\$ cnncli validate nets\n(.*?)```", GUIDE, re.DOTALL)
    result = call("validate", "nets", "--select", "CNN301")
    assert block == result.stdout + result.stderr


@pytest.mark.parametrize("format", sorted({*formats()} - {"full", "json-lines"}))
def test_the_sample_of_a_format_is_what_is_printed(place: Path, format: str) -> None:
    """But for what dots leave out."""
    Path("nets/small.yaml").write_text(SMALL)
    (sample,) = re.findall(rf"^`{format}`[^\n]*\n\n```\w*\n(.*?)\n```", GUIDE, re.MULTILINE | re.DOTALL)
    text = call("validate", "nets", "--select", "CNN2", "-f", format).stdout
    pattern = ".*".join(re.escape(part) for part in sample.split("..."))
    assert re.fullmatch(pattern, text.removesuffix("\n"), re.DOTALL)


def test_what_the_readme_prints_is_what_is_printed(place: Path) -> None:
    (block,) = re.findall(r"```\n\$ cnncli validate nets --strict\n(.*?)```", README, re.DOTALL)
    for name in ("large", "small", "tiny"):
        Path(f"nets/{name}.yaml").write_text("input: [8]\nlayers:\n  - {type: dense, units: 2}\n")
    Path("nets/small.yaml").write_text(SMALL.rpartition("  - ")[0])
    result = call("validate", "nets", "--strict", "--select", "CNN301")
    assert (block, result.code) == (result.stdout + result.stderr, 1)


def test_the_page_of_augmentations_lists_them_as_they_are() -> None:
    page = (PACKAGE_ROOT / "docs" / "augmentation.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| ([^|]*)\| ([^|]*) \|$", page, re.MULTILINE)
    assert [(name, unit.strip(), help) for name, unit, help in listed] == [
        (item.name, item.metadata["unit"], item.metadata["help"]) for item in KINDS
    ]
    for text in re.findall(r"--augment (\S+)", page):
        assert text.strip("`") == "none" or parse(text.strip("`"))


def test_the_page_about_reports_tells_of_every_option_and_part() -> None:
    page = (PACKAGE_ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    options = {name for parameter in ROOT.commands["report"].params for name in parameter.opts if name[:2] == "--"}
    told = set(re.findall(r"(?<![\w-])--[a-z-]+", page))
    assert options - told == {"--threads", "--algorithm", "--output"} and "`-o`" in page
    assert told - options <= {"--log-every", "--logdir"}


def test_links_lead_somewhere() -> None:
    for page in (PACKAGE_ROOT / "README.md", *(PACKAGE_ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
