"""A run on disk: the spec as used, what made it, its metrics, and its weights.

    spec.yaml             the spec's text, byte for byte
    run.json              recipe, settings, seed, data set, input normalisation, versions, threads, command, best epoch,
                          result
    metrics.jsonl         one line per epoch
    steps.jsonl           one line per N steps, where `--log-every N` was given
    weights.safetensors   `conv1.weight` and so on, float32: of the best epoch by the recipe's monitor where there are
                          validation images, else after the last whole epoch
    last.safetensors      where there are validation images: after the last whole epoch

Weights are in safetensors, which is data alone: opening a stranger's run executes nothing.
"""

from __future__ import annotations

import json
import math
import platform
import shlex
import stat
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from cnncli import __version__, kernels
from cnncli.data import DataSet
from cnncli.errors import DataError, FileError, UsageError
from cnncli.graph import Graph, read_architecture
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source, decode, read_bytes
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.files import add_line, write_whole
from cnncli.training.loop import EpochMetrics, Evaluation
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe, recorded_recipe

SPEC, RECORD, METRICS, WEIGHTS = "spec.yaml", "run.json", "metrics.jsonl", "weights.safetensors"
STEPS, LAST = "steps.jsonl", "last.safetensors"
FORMAT = 1
_LARGEST_RECORD = 2**24
"""Bytes of run.json, and of the names in a weights file: class names may be many."""


def free_folder(parent: Path, name: str) -> Path:
    """Makes `parent/name-1`, or the first number that is free: of two runs at once, each gets its own."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower())[:80].strip("-.") or "run"
    number = 1
    while True:
        folder = parent / f"{safe}-{number}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise FileError(f"cannot make the run folder {folder}: {error.strerror}") from None


def check_free(folder: Path) -> None:
    """Raises `UsageError` where something is in the way of a new run."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is there already", "name another folder with --run, or remove it")
    except OSError as error:
        raise FileError(f"cannot look at {folder}: {error.strerror}") from None


class RunWriter:
    """Creates a run folder and keeps it true: at any moment it holds the last whole epoch, or none."""

    def __init__(
        self,
        folder: Path,
        source: Source,
        recipe: Recipe,
        dataset: DataSet,
        normalization: Normalization,
        seed: int,
        threads: int,
        settings: dict[str, str] | None = None,
        validation_images: int = 0,
    ) -> None:
        self.folder = folder
        self._create()
        self.record: dict[str, Any] = {
            "format": FORMAT,
            "status": "running",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["cnncli", *sys.argv[1:]]),
            "architecture": source.name,
            "settings": settings or {},
            "seed": seed,
            "threads": threads,
            "algorithm": kernels.algorithm.wanted(),
            "recipe": asdict(recipe),
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "classes": list(dataset.classes),
                "pixels": str(dataset.train.images.dtype),
                "train_images": len(dataset.train.labels) - validation_images,
                "validation_images": validation_images,
                "test_images": len(dataset.test.labels),
            },
            "normalization": asdict(normalization),
            "versions": {
                "cnncli": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
                "numba": version("numba"),
            },
            "machine": {"platform": platform.platform(), "lanes": kernels.vector.LANES},
            "epochs_done": 0,
        }
        try:
            write_whole(folder / SPEC, source.text.encode())
            self._save_record()
        except BaseException:
            self._remove()
            raise

    def _create(self) -> None:
        """Claims the folder: of two runs that want it, one gets it."""
        try:
            check_free(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / RECORD).touch(exist_ok=False)
        except FileExistsError:
            raise UsageError(
                f"{self.folder} is there already", "name another folder with --run, or remove it"
            ) from None
        except OSError as error:
            raise FileError(f"cannot make the run folder {self.folder}: {error.strerror}") from None

    def _remove(self) -> None:
        """Takes back what a run without a result has made, so that the same command can be given again."""
        with suppress(OSError):
            for name in (SPEC, RECORD, STEPS):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rmdir()

    def _save_record(self) -> None:
        write_whole(self.folder / RECORD, (json.dumps(self.record, indent=2) + "\n").encode())

    def finish_epoch(self, metrics: EpochMetrics, parameters: Parameters, best: BestEpoch | None = None) -> None:
        """Adds a line of metrics and replaces the weights; with a best epoch, that one's only where this is it."""
        # No metadata: safetensors writes its keys in random order, and the same run must give the same bytes.
        weights = save_tensors(parameters.tensors())
        if best is None or best.epoch == metrics.epoch:
            write_whole(self.folder / WEIGHTS, weights)
        if best is not None:
            write_whole(self.folder / LAST, weights)
            self.record["best"] = {"epoch": best.epoch, "value": best.value}
        add_line(self.folder / METRICS, metrics.record())
        self.record["epochs_done"] = metrics.epoch
        self._save_record()

    def finish(self, result: Evaluation, images_per_second: float) -> None:
        """Records the test result and that the run is whole."""
        self.record["status"] = "finished"
        self.record["result"] = {
            "test_accuracy": result.accuracy,
            "test_loss": result.loss,
            "images_per_second": images_per_second,
        }
        if result.top5 is not None:
            self.record["result"]["test_top5"] = result.top5
        self._save_record()

    def stop(self, status: str) -> None:
        """Records that the run ended early: `interrupted` or `failed`. A run without a whole epoch is removed."""
        if not self.record["epochs_done"]:
            self._remove()
            return
        self.record["status"] = status
        self._save_record()


@dataclass(frozen=True, slots=True)
class Run:
    """A run read back, ready to evaluate and predict."""

    folder: Path
    graph: Graph
    recipe: Recipe
    parameters: Parameters
    normalization: Normalization
    classes: tuple[str, ...]
    data_name: str
    pixels: str
    """The type of the images it was trained on: uint8 (0 to 255) or float32 (as they came)."""

    def check_data(self, dataset: DataSet) -> None:
        """Raises `DataError` where accuracy on these images would mean nothing."""
        if dataset.classes != self.classes:
            differing = sorted(set(dataset.classes) ^ set(self.classes))
            raise DataError(
                f"this run knows {len(self.classes)} classes, {dataset.name} has {len(dataset.classes)}"
                + (f"; {differing[0]!r} is in only one of them" if differing else ", in another order"),
                f"evaluate it on data with the classes {', '.join(self.classes)}"[:300],
            )
        pixels = str(dataset.test.images.dtype)
        if pixels != self.pixels:
            raise DataError(
                f"this run was trained on {self.pixels} images, those of {dataset.name} are {pixels}",
                "uint8 counts from 0 to 255; float32 is taken as it is",
            )
        if _TAKEN_FROM.get(dataset.name) == self.data_name:
            raise DataError(
                f"all images of {dataset.name} are among those that this run was trained on ({self.data_name})",
                f"--data {self.data_name} --full, with --data-dir where its files are",
            )


_TAKEN_FROM = {"mnist-5k": "mnist"}
"""Samples whose images are all training images of a whole data set."""


def read_run(folder: Path, weights: str = "best") -> Run:
    """Reads a run folder; every part is checked against the others. weights: `best`, or those of the `last` epoch.

    Raises `UsageError` for what is no run folder, `FileError` where a part is missing, damaged or too large.
    """
    if not (folder / RECORD).is_file():
        raise UsageError(f"{folder} is no run folder", "`cnncli train` makes one; name it")
    record = _read_record(folder / RECORD)
    graph = _read_graph(folder, record)
    try:
        recipe = recorded_recipe(record["recipe"])
        scale, shift = (tuple(float(x) for x in record["normalization"][key]) for key in ("scale", "shift"))
        classes = tuple(str(name) for name in record["data"]["classes"])
        data_name, pixels = str(record["data"]["name"]), str(record["data"]["pixels"])
        if not all(math.isfinite(number) for number in (*scale, *shift)):
            raise ValueError("its normalization is not finite")
    except (KeyError, TypeError, ValueError, AttributeError, Problem) as error:
        raise FileError(f"{folder / RECORD} is damaged: {error or type(error).__name__}", "train again") from None
    if not len(scale) == len(shift) == graph.input_shape[0] or graph.output_shape != (len(classes),):
        raise FileError(f"{folder / RECORD} does not belong to the network in {folder / SPEC}", "train again")
    check_memory(graph, 1, kernels.vector.LANES, training=False)
    parameters = Parameters(graph)
    # Without validation images the one file holds the last, and no other is the best.
    load_weights(folder / (LAST if weights == "last" and "best" in record else WEIGHTS), parameters)
    return Run(folder, graph, recipe, parameters, Normalization(scale, shift), classes, data_name, pixels)


def load_weights(path: Path, parameters: Parameters) -> None:
    """Puts what a weights file holds into `parameters`. Raises `FileError` where it is damaged or another network's."""
    parameters.load(_read_weights(path, parameters.flat.nbytes + parameters.buffers.nbytes), str(path))


def _read_graph(folder: Path, record: dict[str, Any]) -> Graph:
    """The network of the spec with the settings it was trained with."""
    settings = record.get("settings", {})
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise FileError(f"{folder / RECORD} is damaged: its settings are no texts by name", "train again")
    try:
        architecture = read_architecture(decode(str(folder / SPEC), read_bytes(folder / SPEC)), settings)
    except UsageError as error:  # a setting that the spec has no parameter for
        raise FileError(
            f"{folder / RECORD} does not belong to {folder / SPEC}: {error.message}", "train again"
        ) from None
    if architecture.has_errors:
        message = architecture.diagnostics[0].message
        with_settings = f" with the settings of {RECORD}" if settings else ""
        raise FileError(f"{folder / SPEC} no longer holds{with_settings}: {message}", "undo the change, or train again")
    return architecture.graph


def _read_record(path: Path) -> dict[str, Any]:
    data = read_bytes(path)
    try:
        if len(data) > _LARGEST_RECORD:
            raise ValueError(f"{len(data):,} bytes are too many")
        record = json.loads(data)
        if not isinstance(record, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is damaged: {error}", "train again") from None
    if record.get("format") != FORMAT:
        hint = "use the version of cnncli that wrote it"
        raise FileError(f"{path} has format {record.get('format')!r}; this cnncli reads {FORMAT}", hint)
    return record


def _read_weights(path: Path, expected_bytes: int) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file", "train again")
        if status.st_size > expected_bytes + _LARGEST_RECORD:
            raise FileError(
                f"{path} has {status.st_size:,} bytes, the network's numbers {expected_bytes:,}", "train again"
            )
        return load_tensors(path.read_bytes())
    except OSError as error:
        raise FileError(
            f"cannot read {path}: {error.strerror}", "was the run stopped before its first epoch?"
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: {error}", "train again") from None
