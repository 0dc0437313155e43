"""`cnncli validate`: which files it takes, what it asks of them, where it writes, and how it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnncli.cli.validate import Format
from cnncli.report.findings import formats, render
from cnncli.rules.verdict import Verdict, judged
from tests.cli.inside import call
from tests.command import run

SOUND = "input: [1, 8, 8]\nlayers:\n  - {type: flatten}\n"
BROKEN = "input: [1, 7, 7]\nlayers:\n  - {type: maxpool, kernel: 2}\n"
WARNED = "input: [3, 8, 8]\nlayers:\n  - {type: conv, filters: 4, kernel: 3}\n  - {type: batchnorm}\n"
COMPOSE = "services:\n  web: {image: nginx}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a spec of each sort in folders of their own."""
    for name, text in {
        "sound/net.yaml": SOUND, "broken/net.yaml": BROKEN, "warned/net.yaml": WARNED,
        "other/compose.yaml": COMPOSE, "other/notes.txt": "layers",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sound/net.yaml"], 0),
        (["sound"], 0),
        (["warned"], 0),
        (["warned", "--strict"], 1),
        (["warned", "--strict", "--ignore", "CNN301"], 0),
        (["warned", "--strict", "--select", "unused-noqa"], 0),
        (["warned", "--strict", "--exit-zero"], 0),
        (["broken"], 1),
        ([], 1),
        (["."], 1),
        (["broken", "--exit-zero"], 0),
        (["broken", "--ignore", "ALL"], 1),
        (["sound", "gone.yaml"], 2),
        (["gone.yaml", "--exit-zero"], 2),
        (["other"], 2),
        (["other", "--only-specs"], 0),
        (["other/compose.yaml"], 1),
        (["other/compose.yaml", "--only-specs"], 0),
        (["gone.yaml", "--only-specs"], 2),
        (["sound", "--max-parameters", "0"], 0),
        (["warned", "--max-parameters", "119"], 1),
        (["warned", "--max-parameters", "120"], 0),
        (["warned", "--max-macs", "3887"], 1),
        (["warned", "--max-memory", "1k"], 1),
        (["warned", "--max-memory", "1M"], 0),
        (["warned", "--max-macs", "1", "--exit-zero"], 0),
        (["warned", "--max-macs", "1", "--ignore", "limit-exceeded"], 0),
        (["sound", "--max-macs", "many"], 2),
        (["sound", "--max-macs", ""], 2),
        (["sound", "--max-macs", "-1"], 2),
        (["sound", "--select", "no-such-rule"], 2),
        (["sound", "--select", ""], 2),
        (["sound", "--ignore", ""], 0),
        (["sound", "--ignore", "no-such-rule"], 2),
        (["sound", "--output-format", "xml"], 2),
        (["sound", "--config", "gone.toml"], 2),
        (["sound", "--config", "x.toml", "--isolated"], 2),
        (["sound", "--fix", "--diff"], 2),
        (["sound", "--no-such-option"], 2),
        ([""], 2),
        (["sound", "sound/net.yaml", "./sound"], 0),
    ],
    ids=str,
)
def test_exit_code(place: Path, arguments: list[str], code: int) -> None:
    result = call("validate", *arguments)
    assert result.code == code, result.stderr
    assert "Traceback" not in result.stderr and "internal error" not in result.stdout + result.stderr
    assert result.stdout or result.stderr or not code


def test_the_process_ends_so_too(place: Path) -> None:
    for arguments, code in ((["sound"], 0), (["broken"], 1), (["gone.yaml"], 2)):
        result = run("validate", *arguments, cwd=place)
        assert (result.code, bool(result.stdout)) == (code, code > 0)


def test_every_format_can_be_asked_for() -> None:
    assert set(formats()) <= set(Format)


@pytest.mark.parametrize("format", formats())
def test_what_is_sound_is_silent_for_people(place: Path, format: str) -> None:
    result = call("validate", "sound", "-f", format)
    assert (result.code, result.stderr) == (0, "")
    if format in ("full", "concise"):
        assert result.stdout == ""


def test_all_is_told_in_one_run_whatever_some_files_are(place: Path) -> None:
    result = call("validate", "gone.yaml", "sound", "other/compose.yaml", "broken", "warned", "-f", "concise")
    assert result.code == 2
    assert [line.split(" ")[:2] for line in result.stdout.splitlines()] == [
        ["gone.yaml:1:1:", "error[CNN000]:"],
        ["other/compose.yaml:1:1:", "error[CNN005]:"],
        ["other/compose.yaml:1:1:", "error[CNN006]:"],
        ["other/compose.yaml:1:1:", "error[CNN006]:"],
        ["broken/net.yaml:3:21:", "error[CNN101]:"],
        ["warned/net.yaml:3:6:", "warning[CNN301]:"],
    ]
    assert result.stderr == "note: 5 errors and 1 warning in 4 of 5 files; 1 has a fix, which --diff shows\n"


@pytest.mark.parametrize("format", formats())
def test_stdout_holds_the_format_and_nothing_else(place: Path, format: str) -> None:
    names = ("broken/net.yaml", "warned/net.yaml")
    verdicts = [Verdict(name, judged(name, Path(name).read_bytes())) for name in names]
    result = call("validate", *names, "--output-format", format)
    assert result.stdout == f"{render(format, verdicts, 200)}\n"
    for_people = format in ("full", "concise")
    said = "note: 1 error and 1 warning in 2 files; 1 has a fix, which --diff shows\n"
    assert result.stderr == (said if for_people else "")
    assert result.code == 1


def test_where_findings_go(place: Path) -> None:
    written = call("validate", "broken", "-f", "concise").stdout
    result = call("validate", "broken", "-f", "concise", "--output-file", "found.txt")
    assert (result.stdout, result.code) == ("", 1)
    assert Path("found.txt").read_text() == written
    assert result.stderr == "note: 1 error in 1 file\n"
    assert call("validate", "sound", "-f", "concise", "-o", "found.txt").code == 0
    assert Path("found.txt").read_text() == ""
    assert call("validate", "broken", "-f", "concise", "-o", "-").stdout == written
    assert call("validate", "broken", "-o", "nowhere/found.txt").stderr.startswith(
        "error: cannot write nowhere/found.txt:"
    )
    assert call("validate", "broken", "-o", "sound").code == 2


def test_a_device_takes_findings_and_stays_one(place: Path) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert call("validate", "broken", "-f", "concise", "-o", "pipe").code == 1
    assert os.read(reader, 100).startswith(b"broken/net.yaml:3:21: error[CNN101]: ")
    os.close(reader)
    assert Path("pipe").is_fifo()


def test_the_format_of_the_surroundings(place: Path) -> None:
    full, concise = (call("validate", "broken", "-f", format).stdout for format in ("full", "concise"))
    assert call("validate", "broken").stdout == full != concise
    assert call("validate", "broken", CNNCLI_OUTPUT_FORMAT="concise").stdout == concise
    assert call("validate", "broken", "-f", "full", CNNCLI_OUTPUT_FORMAT="concise").stdout == full
    assert call("validate", "broken", CNNCLI_OUTPUT_FORMAT="", GITHUB_ACTIONS="false").stdout == full
    assert call("validate", "broken", CNNCLI_OUTPUT_FORMAT="concise", GITHUB_ACTIONS="true").stdout == concise
    wrong = call("validate", "broken", CNNCLI_OUTPUT_FORMAT="xml")
    assert wrong.code == 2 and "xml" in wrong.stderr


def test_github_actions_gets_its_own_format(place: Path) -> None:
    github = call("validate", "broken", "-f", "github")
    assert call("validate", "broken", GITHUB_ACTIONS="true") == github
    assert github.stdout.startswith("::error ")


def test_standard_input(place: Path) -> None:
    result = call("validate", "-", "-f", "concise", stdin=BROKEN)
    assert (result.code, result.stdout.split(" ")[0]) == (1, "<stdin>:3:21:")
    result = call("validate", "-", "--stdin-filename", "nets/my net.yaml", "-f", "concise", stdin=BROKEN)
    assert (result.code, result.stdout.partition(": ")[0]) == (1, "nets/my net.yaml:3:21")
    assert call("validate", "-", "sound", "-", stdin=SOUND).code == 0
    assert call("validate", "-", "--only-specs", stdin=COMPOSE).code == 0
    assert call("validate", "-", stdin=COMPOSE).code == 1


def test_standard_input_has_the_configuration_of_the_file_it_is_called(place: Path) -> None:
    Path("warned/cnncli.toml").write_text('ignore = ["CNN301"]\nexclude = ["old.yaml"]')
    named = ("--stdin-filename", "warned/new.yaml")
    assert call("validate", "-", "--strict", stdin=WARNED).code == 1
    assert call("validate", "-", "--strict", *named, stdin=WARNED).code == 0
    assert call("validate", "-", "--strict", *named, "--isolated", stdin=WARNED).code == 1
    excluded = ("--stdin-filename", "warned/old.yaml")
    assert call("validate", "-", *excluded, stdin=BROKEN).code == 1
    assert call("validate", "-", *excluded, "--only-specs", stdin=BROKEN).code == 0


def test_configurations(place: Path) -> None:
    Path("cnncli.toml").write_text("strict = true")
    Path("ci.toml").write_text('max-parameters = 1\nselect = ["CNN2"]')
    Path("empty").mkdir()
    Path("empty/pyproject.toml").write_text("[project]")
    assert call("validate", "warned").code == 1
    assert call("validate", "warned", "--isolated").code == 0
    result = call("validate", "warned", "--config", "ci.toml", "-f", "concise")
    assert (result.code, result.stdout.count("\n")) == (1, 1)
    assert "its limit is 1 (`max-parameters` in ci.toml)" in result.stdout
    assert call("validate", "warned", "--config", "ci.toml", "--max-parameters", "1k").code == 0
    shared = call("validate", "warned", "--config", "empty/pyproject.toml")
    assert shared.code == 2 and "empty/pyproject.toml has no table [tool.cnncli]" in shared.stderr
    Path("cnncli.toml").write_text("strct = true")
    broken = call("validate", "warned")
    assert broken.code == 2
    assert broken.stderr == "error: cnncli.toml has the unknown key `strct`\n  try: did you mean `strict`?\n"
    assert call("validate", "warned", "--isolated").code == 0


def test_limits_say_where_they_come_from(place: Path) -> None:
    result = call("validate", "warned/net.yaml", "--max-parameters", "119", "--max-macs", "1k", "-f", "concise")
    assert [line.partition("]: ")[2] for line in result.stdout.splitlines()] == [
        "the network has 120 parameters, its limit is 119 (--max-parameters)",
        "the network has 3,888 macs, its limit is 1,000 (--max-macs)",
        "the bias of `conv` is wasted: `batchnorm1` takes each channel's mean away",
    ]
    wrong = call("validate", "warned", "--max-macs", "many").stderr
    assert wrong.startswith("error: --max-macs: ") and "'many'" in wrong


def test_rules_are_chosen_with_commas_and_again(place: Path) -> None:
    for chosen in (["--select", "CNN2,CNN9"], ["--select", "CNN2", "--select", "CNN9"], ["--select", " CNN2 , CNN9 "]):
        assert call("validate", "warned", "--strict", *chosen).code == 0
    assert call("validate", "warned", "--strict", "--ignore", "CNN9,bias-before-norm").code == 0
    assert call("validate", "warned", "--strict", "--select", "CNN2", "--extend-select", "CNN301").code == 1
    wrong = call("validate", "warned", "--select", "bias-befor-norm")
    assert wrong.stderr.splitlines() == [
        "error: no rule is called 'bias-befor-norm', and no code begins so", "  try: did you mean `bias-before-norm`?"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["other"], "error: no specs in other\n  try: a spec is a YAML file with `input:` and `layers:`"),
        (
            ["lenet5"],
            "this is the name of a bundled architecture; `validate` takes files: `cnncli inspect` takes the name",
        ),
        (["sound/none.yaml"], "cannot read 'sound/none.yaml': No such file or directory"),
        (["n" * 300 + ".yaml"], "File name too long"),
        (["sound/net.yaml/x.yaml"], "Not a directory"),
        ([""], "an empty PATH names no file"),
        (["sound", "--select", ","], "--select names no rule"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(place: Path, arguments: list[str], words: str) -> None:
    result = call("validate", *arguments)
    assert result.code == 2
    assert words in result.stdout + result.stderr


def test_a_folder_is_walked_as_git_has_it(place: Path) -> None:
    Path(".gitignore").write_text("broken/\n")
    assert call("validate", ".", "-f", "concise").stdout.count("\n") == 1
    assert call("validate", ".", "broken/net.yaml", "-f", "concise").stdout.count("\n") == 2
