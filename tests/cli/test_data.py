"""`cnncli data`: the list, and the picture on its way to a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data import names
from tests.cli.inside import call


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNCLI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("CNNCLI_DATA_DIR", raising=False)
    return tmp_path


def test_the_list_has_every_name_and_where_it_is(place: Path) -> None:
    (place / "data" / "cifar10").mkdir(parents=True)
    (place / "data" / "cifar10" / "cifar-10-binary.tar.gz").touch()
    listed = json.loads(call("data", "list", "--data-dir", "data", "--format", "json").stdout)
    places = {entry["name"]: entry["place"] for entry in listed}
    assert tuple(places) == names()
    assert places == {
        "cifar10": "data/cifar10", "digits": "bundled", "fashion-mnist": None, "mnist": None, "mnist-5k": "bundled"
    }  # fmt: skip
    text = call("data", "list").stdout
    assert all(f"\n{name} " in text for name in names()) and "60,000 + 10,000 handwritten digits" in text


def test_a_sheet_is_written_beside_the_caller(place: Path) -> None:
    result = call("data", "show", "digits", "--count", "20")
    assert (result.code, result.stdout) == (0, "")
    assert result.stderr.startswith("wrote digits-sheet.png\n")
    with Image.open("digits-sheet.png") as sheet:
        assert sheet.format == "PNG" and sheet.width > sheet.height
    assert [path.name for path in place.iterdir()] == ["digits-sheet.png"]


def test_epochs_and_seeds_differ_and_repeat(place: Path) -> None:
    def sheet(*more: str) -> bytes:
        result = call("data", "show", "digits", "--augment", "rotate=20", "--augment", "flip", *more, "-o", "x.png")
        assert result.code == 0 and "augment: 'flip,rotate=20'" in result.stderr
        return Path("x.png").read_bytes()

    first = sheet()
    assert first == sheet("--seed", "0", "--epoch", "1")
    assert len({first, sheet("--seed", "1"), sheet("--epoch", "2")}) == 3


def test_a_folder_of_colour_images_of_any_sizes(place: Path) -> None:
    for number, name in enumerate(("cat", "dog")):
        (place / "photos" / name).mkdir(parents=True)
        for index in range(5):
            pixels = np.full((20 + index, 30, 3), 40 * index + number, np.uint8)
            Image.fromarray(pixels).save(place / "photos" / name / f"{index}.png")
    assert "pass --resize" in call("data", "show", "photos").stderr
    assert call("data", "show", "photos", "--resize", "3x16x16", "-o", "x.png").code == 0
    assert call("data", "show", "photos", "--resize", "3x16x16", "--augment", "crop=16").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("digitz",), "did you mean 'digits'?"),
        (("digits", "--augment", "rotat=1"), "did you mean `rotate`?"),
        (("digits", "--augment", "flip", "--augment", "flip"), "there twice"),
        (("digits", "--augment", "crop=8"), "crop of at most 7"),
        (("digits", "--resize", "16x16"), "--resize 3x32x32"),
        (("digits", "--resize", "1x0x9"), "no CxHxW"),
        (("digits", "-o", "nowhere/x.png"), "cannot write nowhere/x.png"),
        (("digits", "--count", "0"), "--count"),
    ],
)
def test_what_cannot_be_is_one_line(place: Path, arguments: tuple[str, ...], words: str) -> None:
    result = call("data", "show", *arguments)
    assert result.code == 2 and words in result.stderr and "Traceback" not in result.stderr
    assert not list(place.glob("**/*.png"))


def test_train_takes_the_same_words(place: Path) -> None:
    Path("net.yaml").write_text(
        "input: [1, 8, 8]\nlayers: [{type: flatten}, {type: dense, units: 10}]\n"
        "training: {augment: {flip: true}, epochs: 1}\n"
    )
    for flag, recorded in (((), "flip"), (("--augment", "shift=1", "--augment", "elastic=8/2"), "shift=1,elastic=8/2")):
        run = f"run{len(flag)}"
        result = call("train", "net.yaml", "--data", "digits", "--run", run, *flag)
        assert result.code == 0, result.stderr
        assert json.loads(Path(run, "run.json").read_text())["recipe"]["augment"] == recorded
    result = call("train", "net.yaml", "--data", "digits", "--augment", "shift")
    assert result.code == 2 and "error: --augment: `shift` lacks its strength" in result.stderr
