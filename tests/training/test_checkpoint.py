"""A checkpoint is whole, or refused in one line; what was there before stays until its successor is proven."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnncli.errors import FileError
from cnncli.training import checkpoint
from cnncli.training.checkpoint import CHECKPOINT, PREVIOUS, latest, load, save

VECTORS = {"weights": np.arange(7, dtype=np.float32), "slots": np.ones((2, 7), np.float32)}
FACTS = {"epoch": 3, "best": None, "loss": 0.25, "name": "net"}
LARGEST = 10_000


def same(found: checkpoint.Checkpoint, vectors: dict[str, np.ndarray], facts: dict[str, object]) -> bool:
    return (
        found.facts == facts
        and found.vectors.keys() == vectors.keys()
        and all(found.vectors[name].tobytes() == vectors[name].tobytes() for name in vectors)
    )


@given(
    st.dictionaries(
        st.sampled_from(["weights", "buffers", "slots", "average"]),
        arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(0, 9)), elements=st.floats(width=32)),
    ),
    st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.floats(-1e300, 1e300)),
)
def test_what_is_saved_is_what_is_loaded(tmp_path_factory: pytest.TempPathFactory, vectors, facts) -> None:
    folder = tmp_path_factory.mktemp("run")
    save(folder, vectors, facts)
    assert same(load(folder / CHECKPOINT, LARGEST), vectors, facts)


def test_the_one_before_is_kept(tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    for epoch in (1, 2, 3):
        save(tmp_path, VECTORS, {"epoch": epoch})
    assert load(tmp_path / CHECKPOINT, LARGEST).facts == {"epoch": 3}
    assert load(tmp_path / PREVIOUS, LARGEST).facts == {"epoch": 2}
    assert {path.name for path in tmp_path.iterdir()} == {CHECKPOINT, PREVIOUS}
    (tmp_path / CHECKPOINT).unlink()  # a save that was cut off between its two moves
    assert latest(tmp_path) == tmp_path / PREVIOUS


def test_a_thousand_flipped_bits_and_all_cuts_are_refused(tmp_path: Path) -> None:
    save(tmp_path, VECTORS, FACTS)
    path = tmp_path / CHECKPOINT
    whole = path.read_bytes()
    stream = random.Random(0)
    for _ in range(1000):
        damaged = bytearray(whole)
        damaged[stream.randrange(len(whole))] ^= 1 << stream.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"damaged|newer"):
            load(path, LARGEST)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match="damaged"):
            load(path, LARGEST)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"cnncli checkpoint 2 what follows\nanything", "newer version"),
        (b"x" * (LARGEST + 2**22 + 1), "larger than"),
        (b"", "damaged"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_other_files_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT
    path.write_bytes(content)
    with pytest.raises(FileError, match=words):
        load(path, LARGEST)


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"facts": np.frombuffer(b"[]", np.uint8)},
        {"facts": np.frombuffer(b"{", np.uint8)},
        {"facts": np.frombuffer(b"{}", np.uint8), "weights": np.zeros(2)},
    ],
)
def test_a_right_checksum_over_something_else_is_refused(tensors, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(checkpoint, "save_tensors", lambda _: checkpoint_bytes(tensors))
    save(tmp_path, VECTORS, FACTS)
    with pytest.raises(FileError, match="damaged"):
        load(tmp_path / CHECKPOINT, LARGEST)


def checkpoint_bytes(tensors: dict[str, np.ndarray]) -> bytes:
    from safetensors.numpy import save as save_tensors

    return save_tensors(tensors)


@pytest.mark.parametrize("fails", ["write", "read back"])
def test_a_save_that_fails_leaves_all_as_it_was(fails: str, tmp_path: Path, monkeypatch) -> None:
    for epoch in (1, 2):
        save(tmp_path, VECTORS, {"epoch": epoch})
    if fails == "write":

        def refuse(path: Path, *data: bytes) -> None:
            raise FileError(f"cannot write {path}: No space left on device")

        monkeypatch.setattr(checkpoint, "write_whole", refuse)
    else:
        monkeypatch.setattr(checkpoint, "_digest_on_disk", lambda path: "another")
    with pytest.raises(FileError):
        save(tmp_path, VECTORS, {"epoch": 3})
    assert [load(tmp_path / name, LARGEST).facts["epoch"] for name in (CHECKPOINT, PREVIOUS)] == [2, 1]


def test_numbers_that_json_has_no_word_for_are_a_fault_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save(tmp_path, VECTORS, {"loss": float("nan")})
    assert json.dumps(FACTS)
    assert not list(tmp_path.iterdir())
