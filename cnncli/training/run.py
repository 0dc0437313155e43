"""A run on disk: the spec as used, what made it, its metrics, and its weights.

    spec.yaml             the spec's text, byte for byte
    run.json              recipe, seed, data set, input normalisation, versions, threads, command, result
    metrics.jsonl         one line per epoch
    weights.safetensors   `conv1.weight` and so on, float32, after the last whole epoch

Weights are in safetensors, which is data alone: opening a stranger's run executes nothing.
"""

from __future__ import annotations

import json
import platform
import shlex
import sys
from dataclasses import asdict, dataclass, fields
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
from cnncli.errors import FileError, UsageError
from cnncli.graph import Graph, read_architecture
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source, decode, read_bytes
from cnncli.training.files import write_whole
from cnncli.training.loop import EpochMetrics, Evaluation
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe

SPEC, RECORD, METRICS, WEIGHTS = "spec.yaml", "run.json", "metrics.jsonl", "weights.safetensors"
FORMAT = 1
_LARGEST_RECORD = 2**20


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name-1`, or the first number that is free."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower()).strip("-.") or "run"
    number = 1
    while (parent / f"{safe}-{number}").exists():
        number += 1
    return parent / f"{safe}-{number}"


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
    ) -> None:
        self.folder = folder
        self._create()
        self.record: dict[str, Any] = {
            "format": FORMAT,
            "status": "running",
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["cnncli", *sys.argv[1:]]),
            "architecture": source.name,
            "seed": seed,
            "threads": threads,
            "recipe": asdict(recipe),
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "classes": list(dataset.classes),
                "train_images": len(dataset.train.labels),
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
        write_whole(folder / SPEC, source.text.encode())
        self._save_record()

    def _create(self) -> None:
        try:
            if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
                raise UsageError(f"{self.folder} is there already", "name another folder with --run, or remove it")
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot make the run folder {self.folder}: {error.strerror}") from None

    def _save_record(self) -> None:
        write_whole(self.folder / RECORD, (json.dumps(self.record, indent=2) + "\n").encode())

    def finish_epoch(self, metrics: EpochMetrics, parameters: Parameters) -> None:
        """Adds a line of metrics and replaces the weights."""
        # No metadata: safetensors writes its keys in random order, and the same run must give the same bytes.
        write_whole(self.folder / WEIGHTS, save_tensors(parameters.tensors()))
        try:
            with (self.folder / METRICS).open("a") as file:
                file.write(json.dumps(asdict(metrics)) + "\n")
        except OSError as error:
            raise FileError(f"cannot write {self.folder / METRICS}: {error.strerror}") from None
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
        self._save_record()

    def stop(self, status: str) -> None:
        """Records that the run ended early: `interrupted` or `failed`."""
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


def read_run(folder: Path) -> Run:
    """Reads a run folder; every part is checked against the others.

    Raises `FileError` where a part is missing or damaged, `SpecError` where its spec does not hold.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no run folder", "`cnncli train` makes one; name it")
    record = _read_record(folder / RECORD)
    architecture = read_architecture(decode(str(folder / SPEC), read_bytes(folder / SPEC)))
    graph = architecture.require_sound()
    try:
        recipe = Recipe(**{item.name: record["recipe"][item.name] for item in fields(Recipe)})
        scale, shift = (tuple(float(x) for x in record["normalization"][key]) for key in ("scale", "shift"))
        classes = tuple(str(name) for name in record["data"]["classes"])
        data_name = str(record["data"]["name"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"{folder / RECORD} lacks a part or holds a wrong one: {error}") from None
    channels = graph.input_shape[0]
    if not (len(scale) == len(shift) and len(scale) in (1, channels)) or graph.output_shape != (len(classes),):
        raise FileError(f"{folder / RECORD} does not belong to the network in {folder / SPEC}")
    parameters = Parameters(graph)
    parameters.load(_read_weights(folder / WEIGHTS), str(folder / WEIGHTS))
    return Run(folder, graph, recipe, parameters, Normalization(scale, shift), classes, data_name)


def _read_record(path: Path) -> dict[str, Any]:
    data = read_bytes(path)
    try:
        if len(data) > _LARGEST_RECORD:
            raise ValueError(f"{len(data):,} bytes are too many")
        record = json.loads(data)
        if not isinstance(record, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is damaged: {error}") from None
    if record.get("format") != FORMAT:
        raise FileError(
            f"{path} has format {record.get('format')!r}; this cnncli reads {FORMAT}",
            "use the version that wrote it",
        )
    return record


def _read_weights(path: Path) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    try:
        return load_tensors(path.read_bytes())
    except OSError as error:
        raise FileError(
            f"cannot read {path}: {error.strerror}", "was the run stopped before its first epoch?"
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: {error}", "train again") from None
