"""`cnncli validate --fix` and `--diff`: the files after it, and patches that other tools apply."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cnncli.rules import judge
from cnncli.spec.source import MAX_BYTES
from cnncli.training import files
from tests.cli.inside import call
from tests.command import run

WASTED = """# A net, as published
input: [3, 8, 8]

layers:
  - {type: conv,   filters: 4, kernel: 3}   # the first
  - {type: batchnorm}   # noqa: CNN202
"""
MENDED = WASTED.replace("kernel: 3}", "kernel: 3, bias: false}").replace("   # noqa: CNN202", "")
FOLDED = "input: [3, 8, 8]\nlayers:\n  - type: conv\n    filters: 4\n    kernel: 3  # small\n  - type: batchnorm\n"
BROKEN = "input: [1, 7, 7]\nlayers:\n  - {type: maxpool, kernel: 2}\n"
SOUND = "input: [1, 8, 8]\nlayers:\n  - {type: flatten}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_mended_where_it_is(place: Path) -> None:
    path = Path("net.yaml")
    path.write_text(WASTED)
    path.chmod(0o640)
    result = call("validate", "--fix", "net.yaml", "--strict")
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr == "note: mended 2 findings in 1 file\n"
    assert path.read_text() == MENDED
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [found.name for found in place.iterdir()] == ["net.yaml"]
    assert call("validate", "--fix", "net.yaml", "--strict") == call("validate", "net.yaml")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WASTED, MENDED),
        (WASTED.replace("\n", "\r\n"), MENDED.replace("\n", "\r\n")),
        (f"\ufeff{WASTED}", f"\ufeff{MENDED}"),
        (WASTED.removesuffix("\n"), MENDED.removesuffix("\n")),
        (FOLDED, FOLDED.replace("small\n", "small\n    bias: false\n")),
        (FOLDED.replace("\n", "\r\n"), FOLDED.replace("small\n", "small\n    bias: false\n").replace("\n", "\r\n")),
        (f"# 層\u2028# 層\x85\n{WASTED}", f"# 層\u2028# 層\x85\n{MENDED}"),
        (f"%YAML 1.1\n---\n{WASTED}...\n", f"%YAML 1.1\n---\n{MENDED}...\n"),
    ],
    ids=["lines", "windows", "mark", "no-end", "folded", "folded-windows", "wide", "document"],
)
def test_all_else_stays_as_it_is(place: Path, before: str, after: str) -> None:
    """In the file, as a text on standard output, and by a patch."""
    Path("net.yaml").write_bytes(before.encode())
    patch = call("validate", "--diff", "net.yaml")
    assert (patch.code, Path("net.yaml").read_bytes()) == (1, before.encode())
    passed = call("validate", "--fix", "-", stdin=before)
    assert (passed.code, passed.stdout) == (0, after)
    assert call("validate", "--fix", "net.yaml").code == 0
    assert Path("net.yaml").read_bytes() == after.encode()
    Path("net.yaml").write_bytes(before.encode())
    apply(patch.stdout)
    assert Path("net.yaml").read_bytes() == after.encode()


def apply(patch: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not there to apply it")
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn"], input=patch.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    "name",
    ["a net.yaml", "nets/deep/net.yaml", "層.yaml", 'qu"o\\te.yaml', "tab\tand\nline.yaml", os.fsdecode(b"\xff.yaml")],
)
def test_a_patch_of_any_file(place: Path, name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(WASTED)
    for given in (".", f"./{name}", str(place / name)):
        patch = call("validate", "--diff", given).stdout
        assert patch.count("\n--- ") == 0 and patch.startswith("--- ")
        if not given.startswith("/"):
            apply(patch)
            assert Path(name).read_text() == MENDED
            Path(name).write_text(WASTED)


def test_a_patch_of_several_files(place: Path) -> None:
    for name in ("a.yaml", "b.yaml", "sound.yaml"):
        Path(name).write_text(SOUND if name == "sound.yaml" else WASTED)
    result = call("validate", "--diff")
    assert (result.code, result.stderr) == (1, "note: would mend 4 findings in 2 files\n")
    apply(result.stdout)
    assert Path("a.yaml").read_text() == Path("b.yaml").read_text() == MENDED
    again = call("validate", "--diff")
    assert (again.code, again.stdout, again.stderr) == (0, "", "")


def test_what_a_patch_leaves_is_told_beside_it(place: Path) -> None:
    Path("broken.yaml").write_text(BROKEN)
    Path("wasted.yaml").write_text(WASTED)
    result = call("validate", "--diff", "gone.yaml", "broken.yaml", "wasted.yaml", "-f", "concise")
    assert result.code == 2 and result.stdout.startswith("--- a/wasted.yaml\n")
    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == [
        "note:", "gone.yaml:1:1:", "broken.yaml:3:21:", "note:"
    ]  # fmt: skip
    assert call("validate", "--diff", "broken.yaml").code == 1
    assert call("validate", "--diff", "wasted.yaml", "--exit-zero").code == 0
    assert call("validate", "--diff", "broken.yaml", "wasted.yaml", "-f", "concise", "-o", "found.txt").code == 1
    assert Path("found.txt").read_text().startswith("broken.yaml:3:21: ")


def test_what_is_left_is_told_after_mending(place: Path) -> None:
    Path("net.yaml").write_text(f"{WASTED}expect: {{output: [9, 6, 6]}}\n")
    result = call("validate", "--fix", "-f", "concise")
    assert (result.code, result.stdout.partition(": `expect`")[0]) == (1, "net.yaml:7:18: error[CNN201]")
    assert result.stderr == "note: mended 2 findings in 1 file\nnote: 1 error in 1 file\n"


def test_a_fix_that_would_break_a_promise_is_not_made(place: Path) -> None:
    text = WASTED.replace("  # noqa: CNN202", "") + "expect: {parameters: 120}\n"
    Path("net.yaml").write_text(text)
    result = call("validate", "--fix", "-f", "concise")
    assert (result.code, Path("net.yaml").read_text()) == (0, text)
    assert "warning[CNN301]" in result.stdout
    assert result.stderr == "note: 1 warning in 1 file\n"


def test_only_what_is_asked_is_mended(place: Path) -> None:
    Path("net.yaml").write_text(WASTED)
    assert call("validate", "--fix", "--select", "unused-noqa,CNN202").code == 0
    assert Path("net.yaml").read_text() == WASTED.replace("   # noqa: CNN202", "")


def test_a_link_stays_a_link(place: Path) -> None:
    Path("nets").mkdir()
    Path("nets/net.yaml").write_text(WASTED)
    Path("link.yaml").symlink_to("nets/net.yaml")
    assert call("validate", "--fix", "link.yaml").code == 0
    assert Path("link.yaml").readlink() == Path("nets/net.yaml")
    assert Path("nets/net.yaml").read_text() == MENDED


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_mended(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(WASTED)
    write = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name.startswith(".a.yaml"):
            raise PermissionError(13, "Permission denied")
        return write(path, *arguments, **options)

    monkeypatch.setattr(files.Path, "open", refuse)
    result = call("validate", "--fix", "a.yaml", "b.yaml", "-f", "concise")
    assert result.code == 2
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == ["a.yaml:1:1", "a.yaml:5:6", "a.yaml:6:25"]
    assert "error[CNN000]: cannot write a.yaml: Permission denied" in result.stdout
    assert result.stderr.startswith("note: mended 2 findings in 1 file\n")
    assert (Path("a.yaml").read_text(), Path("b.yaml").read_text()) == (WASTED, MENDED)
    assert sorted(path.name for path in place.iterdir()) == ["a.yaml", "b.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_stays_as_it_is(place: Path) -> None:
    Path("nets").mkdir()
    Path("nets/net.yaml").write_text(WASTED)
    Path("nets").chmod(0o500)
    result = call("validate", "--fix", "nets", "-f", "concise")
    Path("nets").chmod(0o700)
    assert result.code == 2 and "cannot write nets/net.yaml: Permission denied" in result.stdout
    assert Path("nets/net.yaml").read_text() == WASTED


def test_standard_input_is_passed_on_whatever_it_holds(place: Path) -> None:
    for text, code in ((SOUND, 0), (BROKEN, 1), ("\0", 1), ("", 1), ("a: b\r\n", 1)):
        result = call("validate", "--fix", "-", stdin=text)
        assert (result.code, result.stdout) == (code, text)
    result = call("validate", "--fix", "-", "--only-specs", stdin="services: {}\n")
    assert (result.code, result.stdout, result.stderr) == (0, "services: {}\n", "")


def test_what_is_too_long_is_passed_on_to_its_end(place: Path) -> None:
    text = "# long\n" * (MAX_BYTES // 7 + 1_000)
    result = run("validate", "--fix", "-", stdin=text)
    assert result.code == 1 and result.stdout == text
    assert "the file is longer than 1,048,576 bytes" in result.stderr


@pytest.mark.parametrize("format", ["full", "concise"])
def test_findings_about_standard_input_are_not_mixed_with_its_text(place: Path, format: str) -> None:
    result = call("validate", "--fix", "-", "-f", format, stdin=f"{WASTED}limits: {{parameters: 1}}\n")
    assert (result.code, result.stdout) == (1, f"{MENDED}limits: {{parameters: 1}}\n")
    assert "error[CNN202]" in result.stderr
    shown = call("validate", "--diff", "-", "--stdin-filename", "nets/net.yaml", stdin=WASTED)
    assert shown.stdout.startswith("--- a/nets/net.yaml\n+++ b/nets/net.yaml\n@@ ")


def test_a_fault_of_ours_in_mending_changes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("net.yaml").write_text(WASTED)
    ask = judge._ask

    def fail(subject: judge.Subject) -> None:
        if subject.spec.source.text != WASTED:
            raise ZeroDivisionError("one")
        ask(subject)

    monkeypatch.setattr(judge, "_ask", fail)
    result = call("validate", "--fix", "-f", "concise")
    assert (result.code, Path("net.yaml").read_text()) == (0, WASTED)
    assert result.stderr == "note: 2 warnings in 1 file\n"


def test_a_fault_of_ours_in_one_file_is_told_beside_the_others(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(subject: judge.Subject) -> None:
        raise ZeroDivisionError("one\ntwo")

    Path("net.yaml").write_text(SOUND)
    monkeypatch.setattr(judge, "_ask", fail)
    result = call("validate", "net.yaml", "gone.yaml", "-f", "concise")
    assert result.code == 2
    assert result.stdout.splitlines()[0] == "net.yaml:1:1: error[CNN000]: internal error: ZeroDivisionError: one two"
    assert result.stdout.splitlines()[1].startswith("gone.yaml:1:1: error[CNN000]: cannot read")
