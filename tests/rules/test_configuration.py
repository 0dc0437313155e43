"""`cnncli.toml` and `[tool.cnncli]`: where they are found, what they say, and what is said of broken ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnncli.errors import FileError
from cnncli.rules import configuration
from cnncli.rules.checker import Wishes, take
from cnncli.rules.configuration import Configuration, find_configuration, read_configuration, read_limits
from cnncli.rules.judge import Policy
from cnncli.rules.verdict import Verdict
from cnncli.spec.discovery import Candidate

NET = """input: [3, 8, 8]
layers:
  - {type: conv, filters: 4, kernel: 3}
  - {type: batchnorm}  # noqa: CNN202
"""
"""A wasted bias, and a comment that silences nothing; 120 parameters."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    configuration._in.cache_clear()
    return tmp_path


def write(name: str, text: str | bytes) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def verdict(name: str = "net.yaml", wishes: Wishes | None = None, text: str = NET) -> Verdict:
    write(name, text)
    specimen = take(Candidate(name, is_named=True), wishes or Wishes(), lambda: b"")
    assert specimen is not None
    return specimen.verdict()


def codes(name: str = "net.yaml", wishes: Wishes | None = None) -> list[str]:
    return [finding.fault.code for finding in verdict(name, wishes).diagnostics]


def test_none_is_as_an_empty_one(place: Path) -> None:
    assert codes() == ["CNN301", "CNN901"]
    assert find_configuration("net.yaml") == Configuration()
    assert find_configuration("net.yaml").policy_for("net.yaml") == Policy()
    write("cnncli.toml", "")
    assert codes() == ["CNN301", "CNN901"]


def test_the_nearest_counts_and_nothing_of_those_above(place: Path) -> None:
    write("cnncli.toml", 'ignore = ["CNN301"]')
    write("a/b/cnncli.toml", 'ignore = ["CNN9"]')
    assert codes("net.yaml") == codes("a/net.yaml") == ["CNN901"]
    assert codes("a/b/net.yaml") == codes("a/b/c/d/net.yaml") == ["CNN301"]


def test_it_is_found_from_wherever_the_command_stands(place: Path) -> None:
    write("a/cnncli.toml", 'ignore = ["CNN301"]')
    write("b/cnncli.toml", 'ignore = ["CNN9"]')
    write("a/net.yaml", NET)
    os.chdir("b")
    assert codes("../a/net.yaml") == codes(str(place / "a/net.yaml")) == ["CNN901"]
    assert codes("../net.yaml") == ["CNN301", "CNN901"], "b is not above it"
    assert find_configuration("../a/net.yaml").path == str(place / "a/cnncli.toml")
    assert find_configuration("<stdin>").path == "cnncli.toml"


def test_our_own_file_goes_before_the_shared_one(place: Path) -> None:
    write("pyproject.toml", '[tool.cnncli]\nignore = ["CNN301"]')
    assert codes() == ["CNN901"]
    configuration._in.cache_clear()
    write("cnncli.toml", 'ignore = ["CNN9"]')
    assert codes() == ["CNN301"]


@pytest.mark.parametrize(
    "shared",
    [
        "",
        "[project]\nname = 'x'",
        "[tool.cnncli-plugin]\nx = 1",
        "tool = 3 # cnncli",
        "[[tool]]\n# cnncli",
        b"\xff",
        "[broken",
    ],
)
def test_a_shared_file_that_says_nothing_of_us_is_passed_over(place: Path, shared: str | bytes) -> None:
    write("cnncli.toml", 'ignore = ["CNN301"]')
    write("nets/pyproject.toml", shared)
    assert codes("nets/net.yaml") == ["CNN901"]


@pytest.mark.parametrize(
    "text", ["[tool.cnncli]\nstrict = true", "tool.cnncli.strict = true", "[tool]\ncnncli = {strict = true}"]
)
def test_the_table_may_be_written_in_each_of_tomls_ways(place: Path, text: str) -> None:
    write("pyproject.toml", text)
    assert verdict().is_strict and verdict().fails
    assert not verdict(wishes=Wishes(configuration=Configuration())).fails


def test_a_folder_of_that_name_is_no_configuration(place: Path) -> None:
    Path("cnncli.toml").mkdir()
    assert codes() == ["CNN301", "CNN901"]


@pytest.mark.parametrize("pattern", ["legacy/", "legacy", "/legacy/*.yaml", "**/old.yaml", "legacy/**", "*.yaml"])
def test_rules_are_ignored_by_file(place: Path, pattern: str) -> None:
    write(
        "cnncli.toml",
        f'select = ["CNN202", "CNN301", "CNN901"]\n[per-file-ignores]\n"{pattern}" = ["CNN3"]\n"x.yml" = ["ALL"]',
    )
    assert codes("legacy/old.yaml") == ["CNN901"]
    assert codes("x.yml") == []
    assert codes("new/x.yaml") == (["CNN901"] if pattern == "*.yaml" else ["CNN301", "CNN901"])
    os.chdir("legacy")
    assert codes("old.yaml") == ["CNN901"], "patterns count from the configuration's folder"
    os.chdir("..")
    assert codes("legacy/old.yaml", Wishes(extend=("CNN301",))) == ["CNN901"], "and hold whatever is selected"


def test_excluded_files_are_passed_over_unless_they_are_named(place: Path) -> None:
    write("cnncli.toml", 'exclude = ["legacy/", "/top.yaml", "!legacy/keep.yaml"]')
    for name in ("legacy/a.yaml", "top.yaml", "nets/top.yaml", "legacy/keep.yaml"):
        write(name, NET)

    def is_looked_at(name: str, is_named: bool = False, wishes: Wishes | None = None) -> bool:
        specimen = take(Candidate(name, is_named), wishes or Wishes(), lambda: b"")
        return specimen is not None and not specimen.is_passed_over

    assert not is_looked_at("legacy/a.yaml") and not is_looked_at("top.yaml")
    assert is_looked_at("nets/top.yaml") and is_looked_at("legacy/keep.yaml")
    assert is_looked_at("top.yaml", is_named=True)
    assert not is_looked_at("top.yaml", is_named=True, wishes=Wishes(only_specs=True))
    assert not is_looked_at("-", is_named=True, wishes=Wishes(only_specs=True, stdin_name="top.yaml"))
    assert is_looked_at("-", is_named=True, wishes=Wishes(stdin_name="top.yaml"))
    Path("top.yaml").unlink()
    assert take(Candidate("top.yaml"), Wishes(), lambda: b"") is None, "it is not read"


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("max-parameters = 119", "the network has 120 parameters, its limit is 119 (`max-parameters` in cnncli.toml)"),
        (
            'max-parameters = "0.1k"',
            "the network has 120 parameters, its limit is 100 (`max-parameters` in cnncli.toml)",
        ),
        ("max-buffers = 7", "the network has 8 buffers, its limit is 7 (`max-buffers` in cnncli.toml)"),
        ("max-macs = 3_887", "the network has 3,888 macs, its limit is 3,887 (`max-macs` in cnncli.toml)"),
        (
            'max-memory = "1k"',
            "the network has memory of 2,432 bytes, its limit is 1,000 (`max-memory` in cnncli.toml)",
        ),
    ],
)
def test_limits(place: Path, limit: str, message: str) -> None:
    write("cnncli.toml", f'{limit}\nselect = ["CNN202"]')
    found = verdict()
    assert [finding.message for finding in found.diagnostics] == [message] and found.fails
    assert codes(wishes=Wishes(limits=read_limits({limit[4:].split()[0]: "1M"}, str))) == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sellect = []", "has the unknown key `sellect`", "did you mean `select`?"),
        ("max-parametres = 1", "has the unknown key `max-parametres`", "did you mean `max-parameters`?"),
        ("per_file_ignores = {}", "has the unknown key `per_file_ignores`", "did you mean `per-file-ignores`?"),
        ("zzz = 1", "has the unknown key `zzz`", "known: select, extend-select, ignore,"),
        ("[tool.cnncli]", "has the unknown key `tool`", "its keys stand alone, in no table"),
        ('select = "CNN3"', ": `select` is a list of words such as [\"CNN3\"], not 'CNN3'", ""),
        ("select = [3]", ': `select` is a list of words such as ["CNN3"], not [3]', ""),
        ('ignore = [""]', ": `ignore` is a list of words such as [\"CNN3\"], not ['']", ""),
        ("extend-select = {a = 1}", ": `extend-select` is a list of words such as [\"CNN3\"], not {'a': 1}", ""),
        ("strict = 1", ": `strict` is `true` or `false`, not 1", ""),
        ('strict = "yes"', ": `strict` is `true` or `false`, not 'yes'", ""),
        ('exclude = "legacy"', ": `exclude` is a list of patterns such as [\"legacy/\"], not 'legacy'", ""),
        ('exclude = ["a", "!"]', ": `exclude` has '!', which is no pattern of paths", ""),
        ('exclude = ["[z-a]"]', ": `exclude` has '[z-a]', which is no pattern of paths", ""),
        ("per-file-ignores = []", ': `per-file-ignores` is a table such as {"legacy/*.yaml" = ["CNN3"]}, not []', ""),
        ('per-file-ignores = {a = "CNN3"}', ": `per-file-ignores` is a table such as", ""),
        ('per-file-ignores = {"!" = ["CNN3"]}', ": `per-file-ignores` has '!', which is no pattern of paths", ""),
        ("max-macs = 1.5", ': `max-macs` is a count such as 61706, "100k" or "1.5M", not 1.5', ""),
        ("max-macs = true", ': `max-macs` is a count such as 61706, "100k" or "1.5M", not True', ""),
        ('max-macs = "many"', "`max-macs` in cnncli.toml: ", ""),
        ("max-macs = -1", "`max-macs` in cnncli.toml: ", ""),
        ('select = ["CNN399x"]', ": no rule is called 'CNN399x', and no code begins so", "did you mean `"),
        ('ignore = ["bias-befor-norm"]', ": no rule is called 'bias-befor-norm'", "did you mean `bias-before-norm`?"),
        ('per-file-ignores = {a = ["nothing"]}', ": no rule is called 'nothing', and no code begins so", ""),
        ("strict = ", " is no TOML: ", ""),
        ("strict = true\nstrict = true", " is no TOML: ", ""),
        ("a = " + "[" * 5_000, " is no TOML: ", ""),
        ("\0", " is no TOML: ", ""),
        (b"# one\nselect = ['\xff']", ": byte 0xff on line 2 is not UTF-8", ""),
        ("strict = true".encode("utf-16"), ": byte 0xff on line 1 is not UTF-8", ""),
        ("#" * 2**20 + "\n", " is longer than 1,048,576 bytes, the most a configuration may have", ""),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_broken_one_is_one_clear_line(place: Path, text: str | bytes, message: str, hint: str) -> None:
    write("cnncli.toml", text)
    with pytest.raises(FileError) as caught:
        verdict()
    assert message in caught.value.message and caught.value.message.startswith(("cnncli.toml", "`max-"))
    assert caught.value.hint.startswith(hint) and "\n" not in caught.value.message
    assert len(caught.value.message) <= 300


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.cnncli]\nstrict = 1", "pyproject.toml: `strict` is `true` or `false`, not 1"),
        ("[tool]\ncnncli = 3", "pyproject.toml: `tool.cnncli` is a table, not 3"),
        ("[[tool.cnncli]]", "pyproject.toml: `tool.cnncli` is a table, not [{}]"),
        ("[tool.cnncli]\nx = 1", "pyproject.toml has the unknown key `x`"),
        ("[tool.cnncli", "pyproject.toml is no TOML: "),
    ],
)
def test_a_broken_table_in_a_shared_file(place: Path, text: str, message: str) -> None:
    write("pyproject.toml", text)
    with pytest.raises(FileError) as caught:
        verdict()
    assert caught.value.message.startswith(message)


def test_a_mark_of_utf_8_is_no_fault(place: Path) -> None:
    write("cnncli.toml", '\ufeffignore = ["ALL"]\r\n')
    assert codes() == []


def test_what_is_asked_for_goes_before_what_is_configured(place: Path) -> None:
    write("cnncli.toml", 'ignore = ["bias-before-norm"]\nmax-parameters = 1\nstrict = true')
    assert codes() == ["CNN202", "CNN901"]
    assert codes(wishes=Wishes(extend=("CNN301",))) == ["CNN202", "CNN301", "CNN901"]
    assert codes(wishes=Wishes(select=("CNN301",))) == ["CNN301"]
    assert codes(wishes=Wishes(select=("CNN3",))) == [], "what the configuration ignores is still ignored"
    assert codes(wishes=Wishes(ignore=("CNN901",))) == ["CNN202"]
    assert codes(wishes=Wishes(limits=read_limits({"parameters": "120"}, str))) == ["CNN901"]
    assert codes(wishes=Wishes(limits=read_limits({"macs": "0"}, str))) == ["CNN202", "CNN202", "CNN901"]


def test_a_configuration_that_is_given_stands_for_those_that_would_be_found(place: Path) -> None:
    write("cnncli.toml", 'ignore = ["CNN301"]')
    write("ci/strict.toml", 'strict = true\nselect = ["CNN301"]\nexclude = ["net.yaml"]')
    given = read_configuration(Path("ci/strict.toml"))
    assert given is not None
    assert codes(wishes=Wishes(configuration=given)) == ["CNN301"]
    assert verdict(wishes=Wishes(configuration=given)).is_strict
    assert codes(wishes=Wishes(configuration=Configuration())) == ["CNN301", "CNN901"]
    assert given.excludes("ci/net.yaml") and not given.excludes("net.yaml"), "its patterns count from its own folder"


def test_where_one_may_not_look_there_is_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def refuse(path: object, **options: object) -> os.stat_result:
        if str(path).endswith(".toml"):
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)  # type: ignore[call-overload, no-any-return]

    write("net.yaml", NET)
    monkeypatch.setattr(os, "stat", refuse)
    assert find_configuration("net.yaml") == Configuration()


def test_a_working_folder_that_is_gone_has_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gone").mkdir()
    os.chdir("gone")
    (place / "gone").rmdir()
    assert find_configuration("<stdin>") == Configuration()
    os.chdir(place)


def test_one_that_cannot_be_read_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("cnncli.toml", "")

    def refuse(path: Path) -> bytes:
        raise FileError(f"cannot read '{path.name}': Permission denied")

    monkeypatch.setattr(configuration, "read_bytes", refuse)
    with pytest.raises(FileError, match=r"cannot read 'cnncli.toml': Permission denied"):
        find_configuration("net.yaml")
