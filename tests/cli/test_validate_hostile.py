"""`cnncli validate` against files that are made to hurt: a clear line, the right exit code, and soon."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from cnncli.report.findings import formats
from tests.cli.inside import call
from tests.command import environment, run
from tests.specs import text_of

SOUND = text_of([1, 8, 8], "type: flatten")
BROKEN = text_of([1, 7, 7], "type: maxpool, kernel: 2")
LEVELS = "abcdefghijklmnopqrstuvwxyz"
BOMB = "".join(f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n" for before, key in pairwise(LEVELS))
BRACKETS = "input: [8]\nlayers: " + "[" * 5_000 + "]" * 5_000
CASES = {
    "empty": (b"", 1, "CNN004"),
    "blank": (b"\n\n  \n", 1, "CNN004"),
    "comment": (b"# nothing", 1, "CNN004"),
    "explosion": (f"a: &a [x]\n{BOMB}".encode(), 1, "CNN002"),
    "explosion-in-layers": (SOUND.encode() + f"params: {{a: &a [x]}}\n{BOMB}".encode(), 1, "CNN002"),
    "cycle": (b"input: [8]\nlayers: &a [*a]\n", 1, "CNN001"),
    "brackets": (BRACKETS.encode(), 1, "CNN002"),
    "braces": (b"{" * 5_000, 1, "CNN002"),
    "indentation": ("".join(" " * n + "-\n" for n in range(1_000)).encode(), 1, "CNN002"),
    "long": (b"# x\n" * (50 * 2**18), 1, "CNN002"),
    "one-line": (b"name: " + b"x" * 1_000_000 + b"\n" + SOUND.encode(), 0, ""),
    "nul": (SOUND.encode() + b"\0", 1, "CNN001"),
    "nothing-but-nul": (bytes(10_000), 1, "CNN001"),
    "random": (bytes(range(256)) * 100, 1, "CNN001"),
    "utf-16": (SOUND.encode("utf-16"), 1, "CNN001"),
    "utf-16-without-mark": (SOUND.encode("utf-16-le"), 1, "CNN001"),
    "latin-1": (f"name: réseau\n{SOUND}".encode("latin-1"), 1, "CNN001"),
    "windows": (SOUND.replace("\n", "\r\n").encode(), 0, ""),
    "mac": (SOUND.replace("\n", "\r").encode(), 0, ""),
    "mark": (f"\ufeff{SOUND}".encode(), 0, ""),
    "tabs": (SOUND.replace("  -", "\t-").encode(), 1, "CNN001"),
    "tabs-between": (SOUND.replace(": ", ":\t").encode(), 0, ""),
    "two-documents": (f"{SOUND}---\n{SOUND}".encode(), 1, "CNN001"),
    "tag": (b"input: !!python/object/apply:os.system ['true']\nlayers: []\n", 1, "CNN001"),
    "huge-number": (f"input: [{'9' * 10_000}]\nlayers: []\n".encode(), 1, ""),
    "many-layers": (text_of([8], "type: relu, repeat: 1000000000").encode(), 1, "CNN015"),
    "escapes": (b'input: [8]\nlayers: [{type: "\\e]0;x\\a"}]\n', 1, "CNN007"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("how", ["named", "stdin", "folder"])
def test_what_a_file_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: str) -> None:
    data, code, fault = CASES[name]
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_bytes(data)
    arguments = {"named": ["net.yaml"], "stdin": ["-"], "folder": ["."]}[how]
    result = call("validate", *arguments, "-f", "concise", stdin=data if how == "stdin" else b"")
    if how == "folder" and result.stderr.startswith("error: no specs in ."):
        assert name not in ("utf-16", "latin-1", "windows", "mac", "mark", "tabs", "explosion-in-layers", "brackets")
        return
    assert result.code == code, result
    assert fault in result.stdout and (result.stdout == "") == (code == 0)
    assert "internal error" not in result.stdout
    assert all(len(line) < 1_000 and line.isprintable() for line in result.stdout.splitlines())
    assert call("validate", *arguments, stdin=data if how == "stdin" else b"").code == code


def test_files_that_are_none(tmp_path: Path) -> None:
    """Neither in a folder nor by name do they make the command wait."""
    (tmp_path / "nets").mkdir()
    os.mkfifo(tmp_path / "nets" / "pipe.yaml")
    (tmp_path / "nets" / "folder.yaml").mkdir()
    (tmp_path / "nets" / "sound.yaml").write_text(SOUND)
    assert run("validate", "nets", cwd=tmp_path) == run("validate", "nets/sound.yaml", cwd=tmp_path)
    result = run("validate", "nets/pipe.yaml", "nets/folder.yaml", "nets", "-f", "concise", cwd=tmp_path)
    assert result.code == 2
    assert result.stdout == (
        "nets/pipe.yaml:1:1: error[CNN000]: cannot read 'nets/pipe.yaml': nothing writes into this pipe\n"
    )


def test_a_pipe_that_something_writes_into_is_a_file(tmp_path: Path) -> None:
    """As `<(...)` in a shell, also where its text comes late and in parts."""
    for text, code in ((SOUND, 0), (BROKEN, 1)):
        late = "import sys, time; [(time.sleep(0.2), print(end=part, flush=True)) for part in sys.argv[1:]]"
        with subprocess.Popen([sys.executable, "-c", late, text[:20], text[20:]], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            done = subprocess.run(
                [sys.executable, "-m", "cnncli", "validate", "/dev/stdin"],
                stdin=process.stdout, capture_output=True, env=environment(), timeout=60, check=False,
            )  # fmt: skip
        assert done.returncode == code, done.stderr


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there are no devices")
def test_devices(tmp_path: Path) -> None:
    assert run("validate", "/dev/null", cwd=tmp_path).code == 1
    result = run("validate", "/dev/zero", "-f", "concise", cwd=tmp_path)
    assert result.code == 1 and "longer than 1,048,576 bytes" in result.stdout


def test_links_that_lead_nowhere_and_in_a_circle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("gone.yaml").symlink_to("nowhere")
    Path("up").symlink_to(".")
    Path("net.yaml").write_text(BROKEN)
    result = call("validate", "-f", "concise")
    assert result.code == 2
    assert [line.partition(": error[")[0] for line in result.stdout.splitlines()] == [
        "gone.yaml:1:1", "loop.yaml:1:1", "net.yaml:4:21"
    ]  # fmt: skip
    assert "No such file or directory" in result.stdout and "symbolic links" in result.stdout


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read anything: the system is made to refuse."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(BROKEN)
    opened = Path.open

    def refuse(path: Path, *arguments: str) -> object:
        if path.name == "a.yaml":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments)

    monkeypatch.setattr(Path, "open", refuse)
    result = call("validate", "a.yaml", "b.yaml", "-f", "concise")
    assert result.code == 2
    assert [line.partition("]: ")[2][:42] for line in result.stdout.splitlines()] == [
        "cannot read 'a.yaml': Permission denied", "the window does not fit the height exactly"
    ]  # fmt: skip


def test_standard_input_that_cannot_be_read_or_is_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cnncli", "validate", "-", "-f", "concise"]
    with (tmp_path / "written.txt").open("w") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 2
    assert done.stdout == "<stdin>:1:1: error[CNN000]: cannot read standard input: Bad file descriptor\n"
    shell = f"exec {sys.executable} -m cnncli validate - <&-"
    assert subprocess.run(["sh", "-c", shell], capture_output=True, env=environment(), check=False).returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("options", [["-f", "full"], ["-f", "concise"], ["--diff"], ["--fix"]], ids=str)
def test_a_full_disk_is_one_line(tmp_path: Path, options: list[str]) -> None:
    spec = text_of([3, 8, 8], "type: conv, filters: 4, kernel: 3", "type: batchnorm")
    command = [sys.executable, "-m", "cnncli", "validate", "-", *options]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, input=spec.encode(), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert (done.returncode, done.stderr) == (2, b"error: cannot write the output: No space left on device\n")


def test_a_closed_stdout_is_no_reason_to_fail_otherwise(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(BROKEN)
    shell = f"exec {sys.executable} -m cnncli validate net.yaml >&-"
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (1, b"note: 1 error in 1 file\n")


_QUICK = ("full", "json")  # of those written line by line and those written at the end; the others take as long


@pytest.mark.parametrize(
    "format", [pytest.param(name, marks=() if name in _QUICK else pytest.mark.slow) for name in formats()]
)
def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path: Path, format: str) -> None:
    for number in range(20):
        (tmp_path / f"{number}.yaml").write_text(text_of([8], *["type: relus"] * 90))
    command = [sys.executable, "-m", "cnncli", "validate", "-f", format]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.read(1)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


NAMES = [
    "a\nb.yaml", "a\x1b[31mb.yaml", "a\rb\ta.yaml", "::error::x.yaml", "<&\"'>.yaml", "%0A,:.yaml",
    "\u202e.yaml", "\udcff.yaml",
]  # fmt: skip


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_files_name_drives_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(BROKEN)
    for arguments in ((), (name,), ("gone", "--", name)):
        result = call("validate", "-f", format, *arguments)
        assert result.code == (2 if "gone" in arguments else 1)
        for line in (result.stdout + result.stderr).splitlines():
            assert "\x1b" not in line and "\r" not in line
    assert call("validate", "-f", format, "-o", "found.txt").code == 1
    assert b"\x1b" not in Path("found.txt").read_bytes()


@pytest.mark.parametrize("name", ["b.yaml", "層.yaml"])
def test_a_stream_that_is_not_utf_8_still_gets_the_whole_output(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(BROKEN.replace("maxpool", "層"))
    result = run("validate", name, "-f", "concise", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (result.code, "\\u5c64" in result.stdout) == (1, True)


def test_many_files_with_many_faults_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(50):
        Path(f"{number}.yaml").write_text(text_of([8], *["type: relus"] * 300))
    result = call("validate", "-f", "concise")
    assert (result.code, result.stdout.count("\n")) == (1, 50 * 101)
