"""One machine, three faces: `inspect`, `validate` and `train` find the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncli.cli.train import train
from cnncli.errors import Diagnostic, SpecError
from cnncli.report.inspection import diagnostic_record
from cnncli.rules.checker import Wishes, take
from cnncli.spec.discovery import Candidate
from tests.cli.inside import call
from tests.command import run

CASES = Path(__file__).parent.parent / "cases" / "err"
WARNED = """input: [1, 7, 7]
layers:
  - {type: conv, filters: 4, kernel: 7, padding: 3}
  - {type: batchnorm}
  - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 10}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def validated(name: str) -> tuple[Diagnostic, ...]:
    specimen = take(Candidate(name, is_named=True), Wishes(), lambda: b"")
    assert specimen is not None
    return specimen.verdict().diagnostics


def trained(name: str) -> tuple[Diagnostic, ...]:
    """What `train` refuses to begin for."""
    with pytest.raises(SpecError) as caught:
        train(name, "digits")
    return caught.value.diagnostics


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_same_is_found(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    found = validated(case.name)
    assert found and found == trained(case.name)
    inspected = call("inspect", case.name, "--format", "json")
    assert json.loads(inspected.stdout)["diagnostics"] == [diagnostic_record(finding) for finding in found]
    assert inspected.code == 1


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_same_is_said(case: Path, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    said = [
        call("validate", case.name, "--output-format", "full", COLUMNS=columns).stdout,
        call("inspect", case.name, COLUMNS=columns).stderr,
        call("train", case.name, "--data", "digits", COLUMNS=columns).stderr,
    ]
    assert said[0] and said[0] == said[1] == said[2]


def test_a_process_says_so_too() -> None:
    case = "window-does-not-fit--block.yaml"
    trained, validated = run("train", case, "--data", "digits", cwd=CASES), run("validate", case, cwd=CASES)
    assert (trained.code, trained.stdout) == (validated.code, validated.stderr.partition("note: ")[0]) == (1, "")
    assert trained.stderr == validated.stdout


def test_a_configuration_counts_for_all_of_them(place: Path) -> None:
    Path("nets").mkdir()
    Path("nets/net.yaml").write_text(WARNED)
    Path("nets/cnncli.toml").write_text('max-parameters = 100\nignore = ["CNN301"]')
    assert [finding.fault.code for finding in validated("nets/net.yaml")] == ["CNN202"]
    assert validated("nets/net.yaml") == trained("nets/net.yaml")
    said = call("validate", "nets/net.yaml").stdout
    assert call("inspect", "nets/net.yaml").stderr == said and "(`max-parameters` in nets/cnncli.toml)" in said
    for command in (("validate",), ("inspect",), ("train", "--data", "digits")):
        assert call(*command, "nets/net.yaml").code == 1
        Path("nets/cnncli.toml").write_text("max-parametrs = 100")
        broken = call(*command, "nets/net.yaml")
        assert (broken.code, broken.stdout) == (2, "")
        assert broken.stderr.startswith("error: nets/cnncli.toml has the unknown key `max-parametrs`\n")
        Path("nets/cnncli.toml").write_text('max-parameters = 100\nignore = ["CNN301"]')


def test_standard_input_has_the_configuration_of_the_working_folder(place: Path) -> None:
    assert "CNN301" in call("inspect", "-", stdin=WARNED).stderr
    Path("cnncli.toml").write_text('ignore = ["CNN301"]')
    assert call("inspect", "-", stdin=WARNED).stderr == ""
    assert call("validate", "-", stdin=WARNED).stdout == ""
    Path("cnncli.toml").write_text("max-macs = 1")
    for command in (["inspect", "-"], ["validate", "-"], ["train", "-", "--data", "digits"]):
        assert call(*command, stdin=WARNED).code == 1


def test_of_a_bundled_network_no_team_asks_anything(place: Path) -> None:
    Path("cnncli.toml").write_text("max-parameters = 1")
    assert call("inspect", "lenet5").code == 0
    Path("cnncli.toml").write_text("broken")
    assert call("inspect", "lenet5").code == 0
    Path("lenet5").write_text(WARNED)
    assert call("inspect", "lenet5").code == 2, "but of a file of that name"


def test_a_setting_counts_where_a_configuration_does(place: Path) -> None:
    Path("net.yaml").write_text("params: {width: 4}\ninput: [8]\nlayers: [{type: dense, units: $width}]\n")
    Path("cnncli.toml").write_text("max-parameters = 40")
    assert call("inspect", "net.yaml").code == 0
    assert call("inspect", "net.yaml", "--set", "width=5").code == 1
