"""`cnncli train`: trains a network on a data set and leaves a run folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncli.cli import options
from cnncli.cli.console import notice, show_diagnostics, stdout, write
from cnncli.errors import Interrupted, UsageError
from cnncli.report.words import printable
from cnncli.rules.judge import judge
from cnncli.spec.problem import Problem
from cnncli.spec.source import find
from cnncli.training.recipe import Recipe, read_recipe, read_setting

if TYPE_CHECKING:
    from cnncli.training.session import Outcome


def train(
    architecture: options.Architecture,
    data: options.Data,
    settings: options.Settings = None,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: options.Resize = False,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="DIR", help="The run folder; runs/NAME-1, -2, ... if left out."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, same machine kind: same bits.")] = 0,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
    epochs: Annotated[str | None, typer.Option(metavar="N", help="Passes over the training images.")] = None,
    batch_size: Annotated[str | None, typer.Option(metavar="N", help="Images per step.")] = None,
    learning_rate: Annotated[str | None, typer.Option(metavar="X", help="The step's length.")] = None,
    momentum: Annotated[str | None, typer.Option(metavar="X", help="What is kept of the last step.")] = None,
    weight_decay: Annotated[str | None, typer.Option(metavar="X", help="The L2 penalty's factor.")] = None,
    schedule: Annotated[str | None, typer.Option(metavar="NAME", help="constant, or cosine.")] = None,
    optimizer: Annotated[str | None, typer.Option(metavar="NAME", help="sgd.")] = None,
    loss: Annotated[str | None, typer.Option(metavar="NAME", help="cross_entropy, or mean_squared_error.")] = None,
    augment: options.Augment = None,
    validation: Annotated[
        str | None,
        typer.Option(metavar="X", help="Training images held out to choose the best epoch: a share, or how many."),
    ] = None,
    monitor: Annotated[
        str | None, typer.Option(metavar="NAME", help="What tells the best epoch: accuracy, or loss.")
    ] = None,
    patience: Annotated[
        str | None, typer.Option(metavar="N", help="Epochs without a better one before training stops.")
    ] = None,
    log_every: Annotated[
        int | None, typer.Option("--log-every", min=1, metavar="N", help="Write every Nth step to steps.jsonl.")
    ] = None,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one object on stdout at the end.")
    ] = options.Format.text,
) -> None:
    """Train a network. The recipe is the spec's `training:`; a flag overrides one value of it."""
    values = options.read_settings(settings)
    source = find(architecture)
    spec = judge(source, options.policy_for(architecture, source), values)
    graph = spec.require_sound()
    show_diagnostics(spec.diagnostics)
    recipe = read_recipe(spec)
    recipe = _override(
        recipe,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,
        optimizer=optimizer,
        loss=loss,
        augment=options.join_augment(augment),
        validation=validation,
        monitor=monitor,
        patience=patience,
    )

    from cnncli import kernels
    from cnncli.cli.progress import TrainingProgress
    from cnncli.network.plan import check_memory
    from cnncli.training.run import WEIGHTS, check_free, free_folder
    from cnncli.training.session import check_trainable, train_run

    if run is not None:
        check_free(run)
    options.prepare_engine(threads, algorithm)
    check_memory(graph, 1, kernels.vector.LANES)  # before a data set is fetched for nothing
    dataset = options.load_data(data, data_dir, full, resize, graph)
    check_trainable(graph, recipe, dataset)
    folder = run or free_folder(Path("runs"), Path(architecture).stem if architecture != "-" else graph.name)
    try:
        with TrainingProgress(recipe.epochs) as progress:
            outcome = train_run(spec, recipe, dataset, folder, seed, progress, log_every or 0)
    except Interrupted:
        kept = (folder / WEIGHTS).exists()
        notice(f"{folder} holds the last whole epoch" if kept else f"{folder} held no whole epoch: removed")
        raise
    _show(outcome, folder, len(dataset.test.labels), format)


def _override(recipe: Recipe, **flags: str | None) -> Recipe:
    """The recipe with the flags that were given, read by the same readers as the spec's values."""
    chosen: dict[str, Any] = {}
    for name, text in flags.items():
        if text is None:
            continue
        try:
            chosen[name] = read_setting(name, text)
        except Problem as problem:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag}: {problem.message}", "; ".join(problem.hints)) from None
    return replace(recipe, **chosen)


def _show(outcome: Outcome, folder: Path, images: int, format: options.Format) -> None:
    result, speed = outcome.test, outcome.images_per_second
    if format is options.Format.json:
        record = {
            "test_accuracy": result.accuracy,
            "test_loss": result.loss,
            "images_per_second": speed,
            "run": str(folder),
            "epochs": outcome.epochs,
        }
        if outcome.best is not None:
            record["best_epoch"] = outcome.best.epoch
        if result.top5 is not None:
            record["test_top5"] = result.top5
        write(json.dumps(record, allow_nan=False))
        return
    if outcome.best is not None:
        stdout().print(f"weights of epoch {outcome.best.epoch} of {outcome.epochs}, the best on the validation images")
    errors = round((1 - result.accuracy) * images)
    stdout().print(
        f"test accuracy {result.accuracy:.2%} ({errors} of {images:,} wrong), loss {result.loss:.4f}; "
        f"trained at {speed:,.0f} images/s"
    )
    stdout().print(f"run {printable(str(folder))}", soft_wrap=True)
