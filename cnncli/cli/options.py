"""Arguments and steps that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncli.cli import complete
from cnncli.cli.console import notice
from cnncli.errors import UsageError
from cnncli.rules.configuration import find_configuration
from cnncli.rules.judge import DEFAULT, Policy
from cnncli.spec.discovery import STDIN
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source
from cnncli.training.augmentation import EXAMPLE, NONE, Augmentation, parse

if TYPE_CHECKING:
    from cnncli.data import DataSet
    from cnncli.graph import Graph


class Format(StrEnum):
    """How a result is written."""

    text = "text"
    json = "json"


Architecture = Annotated[
    str,
    typer.Argument(
        metavar="ARCH",
        autocompletion=complete.architectures,
        help="A YAML file, `-` for standard input, or a bundled name (lenet5).",
    ),
]
_DATA = typer.Option(
    "--data",
    metavar="NAME",
    autocompletion=complete.data,
    help="mnist, fashion-mnist, cifar10, digits, mnist-5k, a folder of images, an .npz.",
)
Data = Annotated[str, _DATA]
OptionalData = Annotated[str | None, _DATA]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Where to look for the data's files first.")
]
Full = Annotated[bool, typer.Option("--full", help="Refuse a sample or an incomplete set in place of the whole one.")]
Resize = Annotated[bool, typer.Option("--resize", help="Scale images to the network's input.")]
Threads = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Threads of the kernels; all cores if left out. The bits are the same."),
]


class Algorithm(StrEnum):
    """How convolutions are computed."""

    auto = "auto"
    direct = "direct"
    winograd = "winograd"


Convolutions = Annotated[
    Algorithm,
    typer.Option(
        "--algorithm",
        help="auto: what is fastest, layer by layer; direct: sums; winograd: fewer products. Roundings differ.",
    ),
]


class Weights(StrEnum):
    """Which epoch's weights."""

    best = "best"
    last = "last"


Chosen = Annotated[
    Weights,
    typer.Option("--weights", help="best: of the epoch that validation chose, if there was any; last: of the last."),
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder that `cnncli train` made.")]

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A value for one of the spec's own `params:`; may be repeated."),
]

Augment = Annotated[
    list[str] | None,
    typer.Option(
        "--augment",
        metavar="NAME=X,...",
        autocompletion=complete.augmentations,
        help=f"How training images are changed: {EXAMPLE}, or {NONE}; may be repeated. See docs/augmentation.md.",
    ),
]


def join_augment(given: list[str] | None) -> str | None:
    """`--augment a=1 --augment b` as `--augment a=1,b`."""
    return ",".join(given) if given else None


def read_augment(given: list[str] | None) -> Augmentation:
    """What `--augment` asks for where there is no spec. Raises `UsageError`."""
    try:
        return parse(join_augment(given) or NONE)
    except Problem as problem:
        raise UsageError(f"--augment: {problem.message}", "; ".join(problem.hints)) from None


def read_settings(given: list[str] | None) -> dict[str, str]:
    """`--set NAME=VALUE` as name -> value."""
    settings: dict[str, str] = {}
    for text in given or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UsageError(f"--set {text[:80]}: this is no NAME=VALUE", "for instance --set classes=100")
        if name in settings:
            raise UsageError(f"--set {name[:80]} is there twice", "give it once")
        settings[name] = value
    return settings


def policy_for(architecture: str, source: Source) -> Policy:
    """What the nearest configuration asks of the spec that ARCH names, as for `validate`; of a bundled one nothing.

    Standard input has that of the working folder.
    """
    is_bundled = source.name != architecture and architecture != STDIN
    return DEFAULT if is_bundled else find_configuration(source.name).policy_for(source.name)


def load_data(name: str, data_dir: Path | None, full: bool, resize: bool, graph: Graph) -> DataSet:
    """The data set, made to fit the network's input; its notices are said aloud."""
    from cnncli.cli.progress import download_progress
    from cnncli.data import fit, load

    shape = image_input(graph)
    with download_progress() as progress:
        dataset = load(name, data_dir=data_dir, full=full, progress=progress, resize_to=shape if resize else None)
    for message in dataset.notices:
        notice(message)
    return fit(dataset, shape, resize)


def image_input(graph: Graph) -> tuple[int, int, int]:
    """The network's input as (C, H, W)."""
    if len(graph.input_shape) != 3:
        raise UsageError(
            f"the network's input is {list(graph.input_shape)}; images need [channels, height, width]",
            "write `input: [1, 28, 28]` and begin with `- {type: flatten}`",
        )
    channels, height, width = graph.input_shape
    return channels, height, width


def prepare_engine(threads: int | None, algorithm: Algorithm) -> int:
    """Sets threads and algorithm, and says so when kernels have to be compiled; returns how many threads are used."""
    from cnncli import kernels

    kernels.algorithm.set_algorithm(algorithm.value)
    message = "compiling kernels for this CPU: once only, it takes some seconds"
    kernels.compile.on_compile("user", lambda: notice(message))
    if threads is None:
        return kernels.compile.threads()
    used = kernels.compile.set_threads(threads)
    if used < threads:
        notice(f"this machine has {used} cores: using {used} threads")
    return used
