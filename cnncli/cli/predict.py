"""`cnncli predict`: what a run's network sees in image files."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import stdout, write
from cnncli.report.words import printable


def predict(
    run: options.Run,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="PNG or JPEG files.")],
    invert: Annotated[
        bool,
        typer.Option("--invert", help="Swap dark and light: for dark ink on white paper, as MNIST is light on dark."),
    ] = False,
    weights: options.Chosen = options.Weights.best,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one list on stdout.")
    ] = options.Format.text,
) -> None:
    """The first and the second guess for each image, with their probabilities."""
    import numpy as np

    from cnncli.data.images import read_image
    from cnncli.training import committee

    members = committee.read_members(run, weights)
    first = next(members)
    options.prepare_engine(threads, algorithm)
    shape = options.image_input(first.graph)
    pixels = np.stack([read_image(path, shape) for path in images])
    guesses = committee.predict(chain([first], members), 255 - pixels if invert else pixels)
    if format is options.Format.json:
        records = [
            {
                "image": str(path),
                "guesses": [{"label": guess.label, "probability": guess.probability} for guess in pair],
            }
            for path, pair in zip(images, guesses, strict=True)
        ]
        write(json.dumps(records, indent=2, allow_nan=False))
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    for path, pair in zip(images, guesses, strict=True):
        words = [f"{printable(guess.label)} ({guess.probability:.1%})" for guess in pair]
        table.add_row(printable(str(path)), *words)
    stdout().print(table)
