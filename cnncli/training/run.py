"""A run on disk: the spec as used, what made it, its metrics, and its weights.

    spec.yaml             the spec's text
    run.json              recipe, settings, seed, data set, input normalisation, versions, threads, command, best epoch,
                          result
    metrics.jsonl         one line per epoch
    steps.jsonl           one line per N steps, where `--log-every N` was given
    checkpoint            what the training goes on from (`train --resume`), and checkpoint.previous, the one before
    weights.safetensors   `conv1.weight` and so on, float32: of the best epoch by the recipe's monitor where there are
                          validation images, else after the last whole epoch
    last.safetensors      where there are validation images: after the last whole epoch

Weights are in safetensors, which is data alone: opening a stranger's run executes nothing.
"""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnncli import kernels
from cnncli.data import DataSet
from cnncli.data.files import open_file, reading
from cnncli.errors import DataError, FileError, SpecError, UsageError
from cnncli.graph import Architecture, Graph, read_architecture
from cnncli.kernels.claims import LOCK
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.spec.problem import Problem
from cnncli.spec.source import decode, read_bytes
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe, recorded_recipe
from cnncli.training.summary import LARGEST_RECORD
from cnncli.training.weights import load_weights

SPEC, RECORD, METRICS, WEIGHTS = "spec.yaml", "run.json", "metrics.jsonl", "weights.safetensors"
STEPS, LAST, CLAIM = "steps.jsonl", "last.safetensors", "run" + LOCK
FORMAT = 1
_PIXELS = ("uint8", "float32")
_LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127


def free_folder(parent: Path, name: str) -> Path:
    """Makes `parent/name-1`, or the first number that is free: of two runs at once, each gets its own."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower())[:80].strip("-.") or "run"
    folder, number = parent, 0
    try:
        parent.mkdir(parents=True, exist_ok=True)  # by itself: what is in its place is no run folder that is taken
        while True:
            number += 1
            folder = parent / f"{safe}-{number}"
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        message = f"cannot make the run folder {folder}: {error.strerror}"
        raise FileError(message, "--run names another place") from None


def check_free(folder: Path) -> None:
    """Raises `UsageError` where something is in the way of a new run."""
    try:
        if folder.exists() and not (folder.is_dir() and _is_empty(folder)):
            raise UsageError(f"{folder} is there already", "name another folder with --run, or remove it")
    except OSError as error:
        raise FileError(f"cannot look at {folder}: {error.strerror}") from None


def _is_empty(folder: Path) -> bool:
    """Whether nothing in the folder is worth keeping: a run was killed before it had written down what it is.

    Only regular files are ours; a link or a pipe leads elsewhere.
    """
    found = {path.name: path.lstat() for path in folder.iterdir()}
    sizes = {name: file.st_size for name, file in found.items() if not _is_passing(name)}
    begun = sizes.get(RECORD) == 0 and not sizes.keys() - {RECORD, SPEC}
    return all(stat.S_ISREG(file.st_mode) for file in found.values()) and (begun or not sizes)


def _is_passing(name: str) -> bool:
    return name == CLAIM or (name.startswith(".") and name.endswith(".part"))


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run was made from; `record` is all of run.json."""

    architecture: Architecture
    recipe: Recipe
    seed: int
    normalization: Normalization
    classes: tuple[str, ...]
    data_name: str
    pixels: str
    """The type of the images it was trained on: uint8 (0 to 255) or float32 (as they came)."""
    record: dict[str, Any]


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

    def check_data(self, dataset: DataSet) -> None:
        """Raises `DataError` where accuracy on these images would mean nothing."""
        if dataset.classes != self.classes:
            differing = sorted(set(dataset.classes) ^ set(self.classes))
            raise DataError(
                f"this run knows {len(self.classes)} classes, {dataset.name} has {len(dataset.classes)}"
                + (f"; {differing[0]!r:.100} is in only one of them" if differing else ", in another order"),
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


def read_origin(folder: Path) -> Origin:
    """Reads what a run was made from; every part is checked against the others.

    Raises `UsageError` for what is no run folder, `FileError` where a part is missing, damaged or too large.
    """
    record = read_record(folder)
    architecture = _read_spec(folder, record)
    graph = architecture.graph
    try:
        recipe = recorded_recipe(record["recipe"])
        scale, shift = (tuple(float(x) for x in record["normalization"][key]) for key in ("scale", "shift"))
        classes = tuple(str(name) for name in record["data"]["classes"])
        data_name, pixels = str(record["data"]["name"]), str(record["data"]["pixels"])
        if pixels not in _PIXELS:
            raise ValueError(f"images are {' or '.join(_PIXELS)}")
        seed = int(record["seed"])
        if not 0 <= seed < 2**31:
            raise ValueError(f"its seed is {str(seed)[:20]}")
        if not all(abs(number) <= _LARGEST_FLOAT32 for number in (*scale, *shift)):
            raise ValueError("its normalization is not finite")
        if recipe.box_width and (len(graph.input_shape) != 3 or not recipe.box_width <= graph.input_shape[2]):
            raise ValueError(f"no image is {recipe.box_width} pixels wide")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, Problem) as error:
        raise _damaged(folder / RECORD, error) from None
    if not len(scale) == len(shift) == graph.input_shape[0] or graph.output_shape != (len(classes),):
        raise FileError(f"{folder / RECORD} does not belong to the network in {folder / SPEC}", "train again")
    return Origin(architecture, recipe, seed, Normalization(scale, shift), classes, data_name, pixels, record)


def read_run(folder: Path, weights: str = "best") -> Run:
    """Reads a run folder with its weights: the `best`, or those of the `last` epoch. Raises as `read_origin`."""
    origin = read_origin(folder)
    if "committee" in origin.record:
        raise UsageError(f"{folder} is a committee, no single run", f"name a member of it: {folder / 'member-1'}")
    graph = origin.architecture.graph
    check_memory(graph, 1, kernels.vector.LANES, training=False)
    parameters = Parameters(graph)
    load_weights(folder / weights_file(origin.record, weights), parameters)
    return Run(
        folder, graph, origin.recipe, parameters, origin.normalization, origin.classes, origin.data_name, origin.pixels
    )


def weights_file(record: dict[str, Any], weights: str) -> str:
    """The name of the file that holds the `best` weights, or the `last`. Without validation images one is both."""
    return LAST if weights == "last" and "best" in record else WEIGHTS


def _read_spec(folder: Path, record: dict[str, Any]) -> Architecture:
    """The network of the spec with the settings it was trained with."""
    settings = record.get("settings", {})
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise FileError(f"{folder / RECORD} is damaged: its settings are no texts by name", "train again")
    try:
        architecture = read_architecture(decode(str(folder / SPEC), read_bytes(folder / SPEC)), settings)
    except SpecError as error:
        raise FileError(f"{folder / SPEC} is damaged: {error.diagnostics[0].message}", "train again") from None
    except UsageError as error:  # a setting that the spec has no parameter for
        raise FileError(
            f"{folder / RECORD} does not belong to {folder / SPEC}: {error.message}", "train again"
        ) from None
    if architecture.has_errors:
        message = architecture.diagnostics[0].message
        with_settings = f" with the settings of {RECORD}" if settings else ""
        raise FileError(f"{folder / SPEC} no longer holds{with_settings}: {message}", "undo the change, or train again")
    return architecture


def read_record(folder: Path) -> dict[str, Any]:
    """What run.json holds, not looked into. Raises as `read_run`."""
    path = folder / RECORD
    with reading(path):
        if not path.is_file():
            raise UsageError(f"{folder} is no run folder", "`cnncli train` makes one; name it")
        with open_file(path) as file:
            data = file.read(LARGEST_RECORD + 1)
    try:
        if len(data) > LARGEST_RECORD:
            raise ValueError(f"more than {LARGEST_RECORD:,} bytes are too many")
        record = json.loads(data)
        if not isinstance(record, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from None
    if record.get("format") != FORMAT:
        hint = "use the version of cnncli that wrote it"
        raise FileError(f"{path} has format {repr(record.get('format'))[:20]}; this cnncli reads {FORMAT}", hint)
    return record


def _damaged(path: Path, error: Exception) -> FileError:
    return FileError(f"{path} is damaged: {error or type(error).__name__}"[:300], "train again")
