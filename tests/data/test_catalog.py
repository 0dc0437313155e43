"""Names and paths after `--data`, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cnncli.data import load, names
from cnncli.errors import CnncliError, DataError, UsageError


def test_names() -> None:
    assert names() == ("cifar10", "digits", "fashion-mnist", "mnist", "mnist-5k")


def test_every_named_set_says_what_it_is() -> None:
    from cnncli.data import sets

    for name in names():
        text = (Path(sets.__path__[0]) / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
        first = text.splitlines()[0]
        assert first.startswith('"""')
        assert any(character.isdigit() for character in first), f"{name}: say how many images, of what size"


def test_importing_and_naming_loads_no_numpy() -> None:
    code = (
        "import sys, cnncli.data; cnncli.data.names();"
        "print([name for name in ('numpy', 'PIL', 'pooch', 'requests') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("typed", "meant"), [("mnits", "mnist"), ("fashion_mnist", "fashion-mnist"), ("CIFAR-10", "cifar10")]
)
def test_a_misspelt_name_gets_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(typed)
    assert f"did you mean {meant!r}?" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "nowhere/at/all", "a\0b", "qqqqqqqq"])
def test_what_is_neither_name_nor_path(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(text)
    assert "mnist-5k" in caught.value.hint


def test_a_name_the_system_refuses() -> None:
    with pytest.raises(CnncliError):
        load("x" * 5000)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "digits"])
def test_a_data_folder_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"--data-dir .*absent does not exist"):
        load(name, data_dir=tmp_path / "absent")


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="file is not a folder"):
        load("mnist", data_dir=tmp_path / "file")


def test_a_home_folder_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = "~no-such-user-here/data"
    with pytest.raises(UsageError, match=f"--data {unknown}"):
        load(unknown)
    with pytest.raises(UsageError, match=f"--data-dir {unknown}"):
        load("mnist", data_dir=Path(unknown))
    monkeypatch.setenv("CNNCLI_DATA_DIR", unknown)
    with pytest.raises(UsageError, match=f"CNNCLI_DATA_DIR {unknown}"):
        load("mnist")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"data\.csv is neither a folder of images nor an \.npz"):
        load(str(tmp_path / "data.csv"))


def test_a_name_goes_before_a_folder_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load("digits").name == "digits"
    with pytest.raises(DataError, match="no folders of images"):
        load("./digits")
