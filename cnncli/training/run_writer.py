"""A run folder being written: at any moment it holds whole files, and no more than the training has come to."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import __version__, kernels
from cnncli.data import DataSet
from cnncli.data.dataset import Split
from cnncli.errors import FileError, UsageError
from cnncli.kernels.claims import LOCK, Claim
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source
from cnncli.training import checkpoint
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.evaluation import Evaluation
from cnncli.training.files import check_regular, sync, write_whole
from cnncli.training.loop import EpochMetrics
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe
from cnncli.training.run import (
    CLAIM,
    FORMAT,
    LAST,
    METRICS,
    RECORD,
    SPEC,
    STEPS,
    WEIGHTS,
    check_free,
    read_record,
)
from cnncli.training.summary import MEMBER, MOST_EPOCHS
from cnncli.training.weights import weights_bytes

Warn = Callable[[str], None]
_LONGEST_LINE = 2**16
OURS = (SPEC, RECORD, METRICS, STEPS, WEIGHTS, LAST, *checkpoint.NAMES, CLAIM)


class RunWriter:
    """Files that the system refuses to take are kept, announced once, and tried again: a full disk ends no training."""

    def __init__(self, folder: Path, record: dict[str, Any], claim: Claim, warn: Warn) -> None:
        self.folder = folder
        self.record = record
        self.warn = warn
        self._claim = claim
        self._lines: list[str] = []
        self._waiting: dict[str, bytes] = {}
        self._refused = self._finished = False
        self._is_new = False

    @classmethod
    def begin(
        cls,
        folder: Path,
        source: Source,
        recipe: Recipe,
        dataset: DataSet,
        normalization: Normalization,
        seed: int,
        *,
        settings: dict[str, str] | None = None,
        validation_images: int = 0,
        log_every: int = 0,
        request: dict[str, Any] | None = None,
        warn: Warn = lambda message: None,
        more: dict[str, Any] | None = None,
    ) -> RunWriter:
        """Makes the folder, which must be free, and writes down what the run is made from."""
        record = {
            "format": FORMAT,
            "status": "running",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["cnncli", *sys.argv[1:]]),
            "architecture": source.name,
            "settings": settings or {},
            "seed": seed,
            "recipe": asdict(recipe),
            "log_every": log_every,
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "request": request or {},
                "sha256": fingerprint(dataset.train),
                "classes": list(dataset.classes),
                "pixels": str(dataset.train.images.dtype),
                "train_images": len(dataset.train.labels) - validation_images,
                "validation_images": validation_images,
                "test_images": len(dataset.test.labels),
            },
            "normalization": asdict(normalization),
            "threads": kernels.compile.threads(),
            "algorithm": kernels.algorithm.wanted(),
            "versions": {
                "cnncli": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
                "numba": version("numba"),
            },
            "machine": {"platform": platform.platform(), "lanes": kernels.vector.LANES},
            "epochs_done": 0,
        } | (more or {})
        writer = cls(folder, record, _begin(folder), warn)
        writer._is_new = True
        try:
            write_whole(folder / SPEC, source.text.encode())
            writer._put_record()
            writer.flush()
        except BaseException:
            writer.remove()
            raise
        return writer

    @classmethod
    def reopen(cls, folder: Path, warn: Warn = lambda message: None) -> RunWriter:
        """A run that goes on. Raises `UsageError` where another process is at it.

        What is written to may be no link and no pipe, which a stranger's folder may hold: `FileError`.
        """
        check_regular(folder / name for name in OURS)
        claim = claim_run(folder)
        try:
            return cls(folder, read_record(folder), claim, warn)  # read once nobody else can change it
        except BaseException:
            claim.forget()
            raise

    def rewind(self, epochs_done: int, steps_done: int) -> None:
        """Forgets the lines of epochs and steps that were lost with the process that wrote them."""
        read = islice(_lines_of(self.folder / METRICS, "epoch"), MOST_EPOCHS)
        epochs = [(line, value) for line, value in read if value <= epochs_done]
        self._lines = [line for line, _ in epochs]
        if len(epochs) != epochs_done or any(number != n for n, (_, number) in enumerate(epochs, 1)):
            self.warn(f"{self.folder / METRICS} is damaged: it lacks some of the {epochs_done} epochs before")
        if (self.folder / METRICS).exists():
            self._waiting[METRICS] = "".join(self._lines).encode()
        for cut_off in self.folder.glob(".*.part"):  # by the death of the process that wrote it
            with suppress(OSError):
                cut_off.unlink()
        if (self.folder / STEPS).exists():
            kept = (line.encode() for line, value in _lines_of(self.folder / STEPS, "step") if value <= steps_done)
            write_whole(self.folder / STEPS, kept)
        resumed = self.record.get("resumed")
        resumed = resumed + 1 if isinstance(resumed, int) else 1
        self.record |= {"status": "running", "epochs_done": epochs_done, "resumed": resumed}
        self._put_record()
        self.flush()

    def records(self) -> list[dict[str, Any]]:
        """The epochs so far, as `metrics.jsonl` has them."""
        return [json.loads(line) for line in self._lines]

    def finish_epoch(self, metrics: EpochMetrics, parameters: Parameters, best: BestEpoch | None = None) -> None:
        """Adds a line of metrics and replaces the weights; with a best epoch, that one's only where this is it."""
        weights = weights_bytes(parameters)
        if best is None or best.epoch == metrics.epoch:
            self._waiting[WEIGHTS] = weights
            self.record["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        if best is not None:
            self._waiting[LAST] = weights
            self.record["best"] = {"epoch": best.epoch, "value": best.value}
        self._lines.append(json.dumps(metrics.record()) + "\n")
        self._waiting[METRICS] = "".join(self._lines).encode()
        self.record["epochs_done"] = metrics.epoch
        self._put_record()
        self._try(self.flush)

    def save(self, vectors: dict[str, Any], facts: dict[str, Any]) -> None:
        """Replaces the checkpoint, if the system lets it; the one before stays where it does not.

        What else waits is written first: what goes on from a checkpoint finds the weights and metrics up to there.
        """

        def write() -> None:
            self.flush()
            sync(self.folder / STEPS)
            checkpoint.save(self.folder, vectors, facts)

        self._try(write)

    def finish(self, result: Evaluation, images_per_second: float | None = None) -> None:
        """Records the test result, the speed of training where there is one, and that the run is whole.

        Raises `FileError` where the folder is still refused.
        """
        self.record["status"] = "finished"
        self.record["result"] = {"test_accuracy": result.accuracy, "test_loss": result.loss}
        if images_per_second is not None:
            self.record["result"]["images_per_second"] = images_per_second
        if result.top5 is not None:
            self.record["result"]["test_top5"] = result.top5
        self._put_record()
        self.flush_at_end()
        self._finished = True
        self._claim.forget()

    def stop(self, status: str) -> None:
        """Records that the run ended early: `interrupted` or `failed`.

        One that this process began, and that has come to nothing yet, is removed.
        """
        if self._finished:  # what was cut off is the tidying up
            return
        if self._is_new and not self.record["epochs_done"] and not has_something(self.folder):
            self.remove()
            return
        self.record["status"] = status
        self._put_record()
        with suppress(FileError):  # said already: it is why the run ends, or was a warning
            self.flush()
        self._claim.forget()

    def release(self) -> None:
        """Leaves the folder to others, as it is."""
        self._claim.forget()

    def remove(self) -> None:
        """Takes back what a run without a result has made, so that the same command can be given again."""
        with suppress(OSError):
            for name in (SPEC, RECORD, STEPS):
                (self.folder / name).unlink(missing_ok=True)
        self._claim.forget()
        with suppress(OSError):
            self.folder.rmdir()

    def _put_record(self) -> None:
        self._waiting.pop(RECORD, None)  # it goes last: what it speaks of is there
        self._waiting[RECORD] = (json.dumps(self.record, indent=2) + "\n").encode()

    def flush(self) -> None:
        """Writes what waits to be written. Raises `FileError` where the system refuses."""
        for name in list(self._waiting):
            write_whole(self.folder / name, self._waiting[name])
            del self._waiting[name]

    def flush_at_end(self) -> None:
        """As `flush`, where there is no later."""
        try:
            self.flush()
        except FileError as error:
            if checkpoint.latest(self.folder) is None:
                raise
            hint = f"make room, then: cnncli train --resume {shlex.quote(str(self.folder))}"
            raise FileError(error.message, hint) from None

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except FileError as error:
            if not self._refused:
                self.warn(f"{error.message}; the training goes on, and tries again")
            self._refused = True
        else:
            self._refused = False


def has_something(folder: Path) -> bool:
    """Whether there is something to go on from: a checkpoint, or a member of a committee."""
    return checkpoint.latest(folder) is not None or any(folder.glob(MEMBER + "*"))


def fingerprint(split: Split) -> str:
    """SHA-256 of a split's images and labels."""
    digest = hashlib.sha256(f"{split.images.shape} {split.images.dtype}\n".encode())
    digest.update(split.images.data)
    digest.update(split.labels.data)
    return digest.hexdigest()


def claim_run(folder: Path) -> Claim:
    """The right to write into a run folder, while this process lives. Raises `UsageError` where another has it."""
    claim = Claim(folder / CLAIM.removesuffix(LOCK))
    if not claim.take(wait=False):
        raise UsageError(f"another process is training {folder}", "wait for it, or stop it")
    return claim


def _begin(folder: Path) -> Claim:
    """Makes the folder this process's run: of two that want it, one gets the claim, or makes its record."""
    check_free(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the run folder {folder}: {error.strerror}") from None
    claim = claim_run(folder)
    try:
        check_free(folder)  # again: another may have come and gone
        (folder / RECORD).touch(exist_ok=claim.is_held)
    except FileExistsError:
        raise UsageError(f"{folder} is there already", "name another folder with --run, or remove it") from None
    except OSError as error:
        claim.forget()
        raise FileError(f"cannot make the run folder {folder}: {error.strerror}") from None
    except BaseException:
        claim.forget()
        raise
    return claim


def _lines_of(path: Path, key: str) -> Iterator[tuple[str, int]]:
    """The lines, one at a time, and the number that each has under `key`; up to one that is cut off or has no end."""
    with suppress(OSError), path.open("rb") as file:
        while (line := file.readline(_LONGEST_LINE)).endswith(b"\n"):
            with suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
                text = line.decode()
                yield text, int(json.loads(text)[key])
