"""Fetching from mirrors, played by servers on this machine."""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pooch
import pytest

from cnncli.data import download, load
from cnncli.data.download import Published
from cnncli.data.locate import cache_folder
from cnncli.data.sets import cifar10, fashion_mnist, mnist
from cnncli.errors import DataError, FileError, UsageError

Servers = Callable[[], Any]


def _published(files: dict[str, bytes]) -> tuple[Published, ...]:
    return tuple(
        Published(
            name,
            len(content),
            hashlib.sha256(content).hexdigest(),
            hashlib.sha256(gzip.decompress(content)).hexdigest(),
        )
        for name, content in files.items()
    )


@pytest.fixture
def mirrored(
    small_mnist: dict[str, bytes], servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Any]]:
    """Starts that many mirrors of a small MNIST."""

    def start(count: int = 1, published: tuple[Published, ...] | None = None) -> list[Any]:
        started = [servers() for _ in range(count)]
        for server in started:
            server.files = dict(small_mnist)
        collection = replace(
            mnist.MNIST.collection,
            counts=(20, 10),
            files=published or _published(small_mnist),
            mirrors=tuple(server.url for server in started),
        )
        monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, collection=collection))
        return started

    return start


def _tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_fetches_once_then_reads_the_cache(
    tmp_path: Path, mirrored: Callable[..., list[Any]], small_mnist: dict[str, bytes]
) -> None:
    (server,) = mirrored()
    told: list[tuple[str, int, int | None]] = []
    dataset = load("mnist", full=True, progress=lambda *step: told.append(step))
    assert dataset.name == "mnist"
    assert server.url in dataset.source
    assert dataset.notices == ()
    assert _tree(tmp_path / "cache") == {f"data/mnist/{name}": body for name, body in small_mnist.items()}
    for name, body in small_mnist.items():
        assert (name, len(body), len(body)) in told
    asked = len(server.requests)
    assert load("mnist").train.labels.shape == (20,)
    assert len(server.requests) == asked


def test_only_missing_files_are_fetched(
    tmp_path: Path, mirrored: Callable[..., list[Any]], small_mnist: dict[str, bytes], put: Callable[..., Path]
) -> None:
    (server,) = mirrored()
    names = list(small_mnist)
    put(tmp_path / "cache" / "data" / "mnist", {name: small_mnist[name] for name in names[1:]})
    load("mnist")
    assert set(server.requests) == {f"/{names[0]}"}


@pytest.mark.parametrize("fault", ["wrong bytes", "truncated", "too long", "wrong content", "one file missing"])
@pytest.mark.parametrize("earlier", [True, False])
def test_a_failed_download_leaves_the_cache_as_it_was(
    tmp_path: Path,
    mirrored: Callable[..., list[Any]],
    small_mnist: dict[str, bytes],
    put: Callable[..., Path],
    fault: str,
    earlier: bool,
) -> None:
    published = _published(small_mnist)
    if fault == "wrong content":
        published = (*published[:3], replace(published[3], content_sha256="0" * 64))
    (server,) = mirrored(published=published)
    last = list(small_mnist)[3]
    if fault == "wrong bytes":
        server.files[last] = bytes(len(small_mnist[last]))
    elif fault == "too long":
        server.files[last] += bytes(1 << 20)
    elif fault == "one file missing":
        del server.files[last]
    server.truncated = fault == "truncated"
    if earlier:
        put(tmp_path / "cache" / "data" / "other", {"file": b"kept"})
    before = _tree(tmp_path)
    with pytest.raises(DataError) as caught:
        load("mnist")
    assert "MNIST could not be fetched" in caught.value.message
    assert server.url in caught.value.message
    assert _tree(tmp_path) == before
    assert (tmp_path / "cache").exists() == earlier
    assert not (tmp_path / "cache" / "data" / "mnist").exists()


def test_the_second_mirror_serves_where_the_first_is_wrong(
    mirrored: Callable[..., list[Any]], small_mnist: dict[str, bytes]
) -> None:
    wrong, right = mirrored(2)
    wrong.files = {name: bytes(len(body)) for name, body in small_mnist.items()}
    assert right.url in load("mnist", full=True).source


def test_a_mirror_without_the_files_counts_as_unreachable(mirrored: Callable[..., list[Any]]) -> None:
    (server,) = mirrored()
    server.files = {}
    dataset = load("mnist")
    assert dataset.name == "mnist-5k"
    assert server.requests == ["/train-images-idx3-ubyte.gz"]


def test_silent_mirrors_share_one_wait(mirrored: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.4)
    for server in mirrored(3):
        server.silent = True
    began = time.monotonic()
    assert load("mnist").name == "mnist-5k"
    assert time.monotonic() - began < 0.4 * 3  # what one after the other would take


def test_a_silent_mirror_does_not_hold_up_one_that_answers(mirrored: Callable[..., list[Any]]) -> None:
    silent, quick = mirrored(2)
    silent.silent = True
    began = time.monotonic()
    assert quick.url in load("mnist").source
    assert time.monotonic() - began < download.ANSWER_SECONDS


def test_without_mirrors_mnist_is_the_sample_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    dataset = load("mnist", data_dir=tmp_path / "empty")
    assert dataset.name == "mnist-5k"
    assert "in place of MNIST" in dataset.source
    folder, sample = dataset.notices
    assert str(tmp_path / "empty") in folder
    assert sample.startswith("NOT THE FULL MNIST")
    assert "4,000 images to train on instead of 60,000, 1,000 to test on instead of 10,000" in sample
    assert not (tmp_path / "cache").exists()


def test_full_refuses_the_sample() -> None:
    with pytest.raises(DataError) as caught:
        load("mnist", full=True)
    assert "no mirror of it answered" in caught.value.message
    assert "--data-dir" in caught.value.hint
    assert "train-images-idx3-ubyte.gz" in caught.value.hint


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, mirrored: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored()
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CNNCLI_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(FileError) as caught:
        load("mnist")
    assert "cannot be written" in caught.value.message
    assert "CNNCLI_CACHE_DIR" in caught.value.hint


def test_without_a_home_folder_the_cache_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(path: Path) -> Path:
        if str(path).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.setattr(Path, "expanduser", homeless)
    monkeypatch.setattr(pooch, "os_cache", lambda project: Path("~/.cache") / project)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("CNNCLI_CACHE_DIR")
    assert cache_folder().is_relative_to(tmp_path)
    monkeypatch.setenv("CNNCLI_CACHE_DIR", "~/there")
    with pytest.raises(UsageError, match="CNNCLI_CACHE_DIR ~/there"):
        cache_folder()


def test_a_full_disk_is_a_file_error(
    tmp_path: Path, mirrored: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk:
        name = "part"

        def write(self, piece: bytes) -> int:
            raise OSError(28, "No space left on device")

    mirrored()
    init = download._Metered.__init__

    def full(self: Any, output: object, *rest: Any) -> None:
        init(self, FullDisk(), *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(download._Metered, "__init__", full)
    with pytest.raises(FileError, match="No space left on device"):
        load("mnist")
    assert not (tmp_path / "cache").exists()


def test_every_published_hash_is_64_hexadecimal_digits() -> None:
    collections = (mnist.MNIST.collection, fashion_mnist.FASHION_MNIST.collection, cifar10.CIFAR10)
    files = [file for collection in collections for file in collection.files]
    assert len(files) == 9
    for file in files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256), file.name
        assert re.fullmatch("[0-9a-f]{64}", file.content_sha256) or file.name == cifar10.ARCHIVE, file.name
