"""No test here reaches the network or the user's cache; and the small files that the tests share."""

from __future__ import annotations

import gzip
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from cnncli.data import idx_sets
from cnncli.data.sets import cifar10, fashion_mnist, mnist


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, no folder of data, and data sets without mirrors."""
    monkeypatch.setenv("CNNCLI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("CNNCLI_DATA_DIR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(cifar10, "CIFAR10", replace(cifar10.CIFAR10, mirrors=("http://127.0.0.1:1/",)))
    for module, name in ((mnist, "MNIST"), (fashion_mnist, "FASHION_MNIST")):
        known = getattr(module, name)
        offline = replace(known.collection, mirrors=("http://127.0.0.1:1/",))
        monkeypatch.setattr(module, name, replace(known, collection=offline))


def encode_idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="session")
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    return encode_idx


def _digits(count: int, first: int = 0) -> tuple[bytes, bytes]:
    labels = np.arange(count, dtype=np.uint8) % 10
    images = np.arange(first, first + count * 6, dtype=np.uint8).reshape(count, 2, 3)
    return encode_idx(images), encode_idx(labels)


@pytest.fixture(scope="session")
def small_mnist() -> dict[str, bytes]:
    """The four files of a set of 20 + 10 images of 2x3 pixels, gzipped, by their published names."""
    contents = (*_digits(20), *_digits(10, first=120))
    return {name: gzip.compress(content, mtime=0) for name, content in zip(idx_sets.FILES, contents, strict=True)}


@pytest.fixture
def put() -> Callable[[Path, dict[str, bytes]], Path]:
    """Writes files into a folder, and returns the folder."""

    def write(folder: Path, files: dict[str, bytes]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder

    return write


class Server:
    """A mirror on this machine: `files` by name; `truncated` sends half of each, `silent` never answers."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.truncated = False
        self.silent = False
        self.requests: list[str] = []
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(body=False)

            def do_GET(self) -> None:
                self._answer(body=True)

            def _answer(self, body: bool) -> None:
                outer.requests.append(self.path)
                if outer.silent:
                    outer.stopping.wait(20)
                    self.close_connection = True
                    return
                content = outer.files.get(self.path.removeprefix("/"))
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if body:
                    self.wfile.write(content[: len(content) // 2] if outer.truncated else content)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def servers() -> Iterator[Callable[[], Server]]:
    started: list[Server] = []

    def start() -> Server:
        started.append(Server())
        return started[-1]

    yield start
    for server in started:
        server.stop()
