"""`cnncli new` as a process: what it writes, where, and what it leaves alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cnncli.errors import FileError, UsageError
from cnncli.spec.source import find
from cnncli.training import files
from cnncli.training.files import write_new
from tests.command import run


def test_a_new_spec_holds_and_trains(tmp_path: Path) -> None:
    result = run("new", "my_net", cwd=tmp_path)
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr == "wrote my_net.yaml\n  try: cnncli inspect my_net.yaml\n"
    assert run("inspect", "my_net.yaml", cwd=tmp_path).code == 0
    trained = run("train", "my_net.yaml", "--data", "mnist-5k", "--epochs", "1", cwd=tmp_path)
    assert trained.code == 0, trained.stderr
    assert "test accuracy" in trained.stdout


def copy_of_lenet5(name: str) -> str:
    """Its first line names a schema beside it, which is not beside the copy."""
    return find("lenet5").text.partition("\n")[2].replace("name: LeNet-5", f"name: {name}")


def test_a_copy_has_the_comments_and_the_new_name(tmp_path: Path) -> None:
    assert run("new", "mine", "--from", "lenet5", cwd=tmp_path).code == 0
    text = (tmp_path / "mine.yaml").read_text()
    assert text == copy_of_lenet5("mine")
    assert text.startswith("# LeNet-5 as it is built today")


def test_a_copy_beside_the_schema_keeps_the_line_that_names_it(tmp_path: Path) -> None:
    assert run("schema", "--output", "cnncli.schema.json", cwd=tmp_path).code == 0
    assert run("new", "mine", "--from", "lenet5", cwd=tmp_path).code == 0
    assert (tmp_path / "mine.yaml").read_text() == find("lenet5").text.replace("name: LeNet-5", "name: mine")


@pytest.mark.parametrize(
    ("arguments", "file", "name"),
    [
        (["net"], "net.yaml", "net"),
        (["net.yaml"], "net.yaml", "net"),
        (["net.YML"], "net.YML", "net"),
        (["net.v2"], "net.v2.yaml", "net.v2"),
        (["nets/a net"], "nets/a net.yaml", "a net"),
        (["net", "--output", "nets/other.txt"], "nets/other.txt", "net"),
        (["--", "-x"], "-x.yaml", '"-x"'),
    ],
)
def test_where_it_is_written_and_how_it_is_called(tmp_path: Path, arguments: list[str], file: str, name: str) -> None:
    (tmp_path / "nets").mkdir()
    result = run("new", *arguments, cwd=tmp_path)
    assert result.code == 0, result.stderr
    assert f"\nname: {name}\n" in (tmp_path / file).read_text()
    shown = f"'{file}'" if " " in file else f"./{file}" if file.startswith("-") else file
    assert result.stderr == f"wrote {file}\n  try: cnncli inspect {shown}\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / file]


def test_standard_output_takes_it_alone(tmp_path: Path) -> None:
    result = run("new", "net", "--from", "lenet5", "--output", "-", cwd=tmp_path)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == copy_of_lenet5("net")
    assert list(tmp_path.iterdir()) == []
    assert run("inspect", "-", stdin=result.stdout).code == 0


def test_a_file_that_is_there_is_left_alone_without_force(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("mine")
    result = run("new", "net", cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: net.yaml is there already\n  try: ")
    assert path.read_text() == "mine"
    assert run("new", "net", "--force", cwd=tmp_path).code == 0
    assert path.read_text().startswith("# A small network")


def test_a_link_to_nowhere_is_something_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").symlink_to("gone")
    assert run("new", "net", cwd=tmp_path).code == 2
    assert (tmp_path / "net.yaml").is_symlink()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("new",), "NAME"),
        (("new", ""), "is no name"),
        (("new", ".."), "is no name"),
        (("new", "-"), "--output -"),
        (("new", "nowhere/net"), "cannot write nowhere/net.yaml: No such file or directory"),
        (("new", "net.yaml/net"), "cannot write net.yaml/net.yaml: Not a directory"),
        (("new", "folder.yaml"), "folder.yaml is there already"),
        (("new", "folder.yaml", "--force"), "cannot write folder.yaml: Is a directory"),
        (("new", "n" * 300), "File name too long"),
        (("new", "n" * 300, "--force"), "File name too long"),
        (("new", "other", "--from", "lenet"), "did you mean `lenet5`?"),
        (("new", "other", "--from", "nothing.yaml"), "nothing.yaml"),
    ],
)
def test_bad_input_is_a_clear_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "net.yaml").write_text("mine")
    result = run("new", *arguments[1:], cwd=tmp_path)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr and "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.yaml", "net.yaml"]


def test_a_name_in_no_encoding_is_written_all_the_same(tmp_path: Path) -> None:
    assert run("new", os.fsdecode(b"\xff"), cwd=tmp_path).code == 0
    (path,) = tmp_path.iterdir()
    assert '\nname: "?"\n' in path.read_text()


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        write_new(tmp_path / "net.yaml", b"text")
    assert list(tmp_path.iterdir()) == []


def test_what_another_has_written_meanwhile_stays(tmp_path: Path) -> None:
    write_new(tmp_path / "net.yaml", b"first")
    with pytest.raises(UsageError, match="is there already"):
        write_new(tmp_path / "net.yaml", b"second")
    assert (tmp_path / "net.yaml").read_bytes() == b"first"
    assert stat.S_ISREG((tmp_path / "net.yaml").stat().st_mode)
