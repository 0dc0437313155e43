"""Folders of images per class: layouts, splits, and what is said of broken ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data import load
from cnncli.errors import DataError, FileError


def _image(path: Path, value: int, size: tuple[int, int] = (4, 3), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value,) * 3).save(path)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """cat and dog with six images each, of 4x3 pixels, valued 0 to 5 and 10 to 15."""
    for first, name in enumerate(("cat", "dog")):
        for index in range(6):
            _image(tmp_path / "pets" / name / f"{index}.png", 10 * first + index)
    return tmp_path / "pets"


def test_every_fifth_file_is_test(pets: Path) -> None:
    dataset = load(str(pets))
    assert dataset.name == "pets"
    assert dataset.classes == ("cat", "dog")
    assert dataset.image_shape == (1, 3, 4)
    assert dataset.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 5, 10, 11, 12, 13, 15]
    assert dataset.train.labels.tolist() == [0] * 5 + [1] * 5
    assert dataset.test.images[:, 0, 0, 0].tolist() == [4, 14]
    assert dataset.test.labels.tolist() == [0, 1]
    assert (dataset.train.images.dtype, dataset.train.labels.dtype) == (np.uint8, np.int64)
    assert dataset.notices == ()
    assert str(pets) in dataset.source


def test_train_and_test_folders(tmp_path: Path) -> None:
    for part, values in (("train", (1, 2)), ("test", (3,))):
        for label, name in enumerate(("b", "a")):
            for value in values:
                _image(tmp_path / "d" / part / name / f"{value}.jpeg", 10 * label + value)
    dataset = load(str(tmp_path / "d"))
    assert dataset.classes == ("a", "b")
    assert dataset.train.labels.tolist() == [0, 0, 1, 1]
    assert dataset.test.images[:, 0, 0, 0].tolist() == [13, 3]


def test_train_may_be_a_class(pets: Path) -> None:
    (pets / "dog").rename(pets / "train")
    assert load(str(pets)).classes == ("cat", "train")


def test_one_colour_image_makes_the_set_colour(pets: Path) -> None:
    _image(pets / "cat" / "0.png", 7, mode="RGB")
    dataset = load(str(pets))
    assert dataset.image_shape == (3, 3, 4)
    assert dataset.train.images[0, :, 0, 0].tolist() == [7, 7, 7]
    assert dataset.train.images[1, :, 0, 0].tolist() == [1, 1, 1]


def test_the_image_that_differs_is_named(pets: Path) -> None:
    _image(pets / "dog" / "2.png", 1, size=(5, 3))
    with pytest.raises(DataError) as caught:
        load(str(pets))
    assert "dog/2.png is 3 x 5 (H x W), but" in caught.value.message
    assert "--resize" in caught.value.hint


def test_images_that_differ_are_scaled_where_wanted(pets: Path) -> None:
    _image(pets / "dog" / "2.png", 99, size=(50, 30), mode="RGB")
    for shape in ((1, 8, 8), (3, 2, 2)):
        dataset = load(str(pets), resize_to=shape)
        assert dataset.image_shape == shape
        assert (dataset.train.images[7] == 99).all()


def test_other_files_are_passed_over_with_a_notice(pets: Path) -> None:
    (pets / ".hidden").mkdir()
    (pets / "cat" / ".DS_Store").write_bytes(b"x")
    (pets / "cat" / "Thumbs.db").write_bytes(b"x")
    assert load(str(pets)).notices == ()
    (pets / "cat" / "notes.txt").write_bytes(b"x")
    (notice,) = load(str(pets)).notices
    assert "1 entries" in notice
    assert "notes.txt" in notice


def test_progress_counts_the_images(pets: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    load(str(pets), progress=lambda *step: steps.append(step))
    assert steps[-1] == ("reading images", 12, 12)


def test_folders_that_are_no_data_set(tmp_path: Path, pets: Path) -> None:
    def refused(says: str) -> None:
        with pytest.raises(DataError) as caught:
            load(str(pets))
        assert says in caught.value.message

    (pets / "emu").mkdir()
    refused("emu holds no PNG or JPEG images")
    (pets / "emu" / "a.txt").write_bytes(b"")
    refused("emu holds no PNG or JPEG images")
    _image(pets / "emu" / "a.png", 1)
    refused("class 'emu' has 1 images")
    for name in ("dog", "emu"):
        (pets / name).rename(tmp_path / name)
    refused("holds a single class, 'cat'")
    (pets / "cat").rename(tmp_path / "cat")
    refused("holds no folders of images")


def test_train_and_test_must_agree(tmp_path: Path, pets: Path) -> None:
    root = tmp_path / "d"
    root.mkdir()
    pets.rename(root / "train")
    with pytest.raises(DataError, match="test is not a folder"):
        load(str(root))
    for name in ("cat", "cow"):
        _image(root / "test" / name / "0.png", 1)
    with pytest.raises(DataError, match="class 'cow' is not in both train and test"):
        load(str(root))


def test_damaged_images_are_named(pets: Path) -> None:
    path = pets / "dog" / "3.png"
    Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 21).save(path)
    whole = path.read_bytes()
    for content, says in ((b"", "is not a PNG or JPEG"), (whole[:-30], "is damaged")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=f"dog/3.png {says}"):
            load(str(pets))
    path.unlink()
    path.mkdir()
    with pytest.raises(FileError, match=r"dog/3\.png is a folder"):
        load(str(pets))


def test_more_than_the_limit_is_refused_before_reading(pets: Path) -> None:
    with pytest.raises(DataError, match="12 images of"):
        load(str(pets), resize_to=(3, 100_000, 100_000))


def test_an_unreadable_folder(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(FileError, match="pets cannot be read: Permission denied"):
        load(str(pets))
