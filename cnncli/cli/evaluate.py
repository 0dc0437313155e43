"""`cnncli evaluate`: a run's weights on a data set's test images."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import stdout, write
from cnncli.report.words import printable


def evaluate(
    run: options.Run,
    data: options.Data,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: options.Resize = False,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one object on stdout.")
    ] = options.Format.text,
) -> None:
    """Loss and accuracy of a run on the test images of a data set."""
    from cnncli.training import loop
    from cnncli.training.run import read_run

    trained = read_run(run)
    dataset = options.load_data(data, data_dir, full, resize, trained.graph)
    trained.check_data(dataset)
    options.prepare_engine(threads, algorithm)
    result = loop.evaluate(trained.graph, trained.recipe, trained.parameters, dataset.test, trained.normalization)
    images = len(dataset.test.labels)
    if format is options.Format.json:
        record = {
            "test_accuracy": result.accuracy,
            "test_loss": result.loss,
            "images_per_second": result.images_per_second,
            "run": str(run),
            "data": dataset.name,
            "images": images,
        }
        write(json.dumps(record, allow_nan=False))
        return
    wrong = round((1 - result.accuracy) * images)
    stdout().print(
        f"{printable(str(run))} on {printable(dataset.name)}: accuracy {result.accuracy:.2%} "
        f"({wrong} of {images:,} wrong), loss {result.loss:.4f}, {result.images_per_second:,.0f} images/s"
    )
