"""`cnncli train`: trains a network on a data set and leaves a run folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncli.cli import complete, interrupt, options
from cnncli.cli.committee import SEEDS, check_seeds, member_progress, read_widths, show_committee
from cnncli.cli.console import notice, show_diagnostics, stdout, write
from cnncli.cli.differences import notice_differences
from cnncli.errors import FileError, Interrupted, UsageError
from cnncli.report.words import printable
from cnncli.rules.judge import judge
from cnncli.spec.problem import Problem
from cnncli.spec.source import find
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.recipe import Recipe, read_recipe, read_setting
from cnncli.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from cnncli.graph import Architecture as Spec
    from cnncli.training.session import Conduct, Outcome


def train(
    architecture: Annotated[
        str | None,
        typer.Argument(
            metavar="ARCH",
            autocompletion=complete.architectures,
            help="A YAML file, `-` for standard input, or a bundled name (lenet5).",
            show_default=False,
        ),
    ] = None,
    data: options.OptionalData = None,
    settings: options.Settings = None,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: options.Resize = False,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="DIR", help="The run folder; runs/NAME-1, -2, ... if left out."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=SEEDS - 1, help="Same seed, same machine kind: same bits.")] = 0,
    threads: options.Threads = None,
    algorithm: options.Convolutions = options.Algorithm.auto,
    epochs: Annotated[str | None, typer.Option(metavar="N", help="Passes over the training images.")] = None,
    batch_size: Annotated[str | None, typer.Option(metavar="N", help="Images per step.")] = None,
    learning_rate: Annotated[str | None, typer.Option(metavar="X", help="The step's length.")] = None,
    momentum: Annotated[str | None, typer.Option(metavar="X", help="What is kept of the last step.")] = None,
    weight_decay: Annotated[str | None, typer.Option(metavar="X", help="The L2 penalty's factor.")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"{', '.join(SCHEDULES.names)}; or '{{type: NAME, ...}}'.")
    ] = None,
    warmup: Annotated[str | None, typer.Option(metavar="X", help="Epochs in which the learning rate rises.")] = None,
    optimizer: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"{', '.join(OPTIMIZERS.names)}; or '{{type: NAME, ...}}'.")
    ] = None,
    clip_norm: Annotated[str | None, typer.Option(metavar="X", help="The largest norm of all gradients.")] = None,
    clip_value: Annotated[str | None, typer.Option(metavar="X", help="The largest size of each gradient.")] = None,
    loss: Annotated[str | None, typer.Option(metavar="NAME", help="cross_entropy, or mean_squared_error.")] = None,
    label_smoothing: Annotated[
        str | None, typer.Option(metavar="X", help="The share of a label that is spread over all classes.")
    ] = None,
    ema: Annotated[str | None, typer.Option(metavar="X", help="What a moving average of the weights keeps.")] = None,
    augment: options.Augment = None,
    box_width: Annotated[
        str | None,
        typer.Option(
            metavar="N,...",
            help="Scale what is drawn in gray images to N pixels in width; members take several in turn.",
        ),
    ] = None,
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
        int, typer.Option("--log-every", min=0, metavar="N", help="Write every Nth step to steps.jsonl; 0 is none.")
    ] = 0,
    save_every: Annotated[
        float, typer.Option("--save-every", min=0, metavar="SECONDS", help="Between checkpoints within an epoch.")
    ] = 60,
    detect_anomaly: Annotated[
        bool, typer.Option("--detect-anomaly", help="Look for NaN and infinity in all gradients after every step.")
    ] = False,
    committee: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            metavar="N",
            help="Train N networks with seeds of their own, whose probabilities are averaged.",
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with a run that was stopped, in ARCH's place.")
    ] = None,
    previous: Annotated[
        bool, typer.Option("--previous", help="Resume from the checkpoint before the last one.")
    ] = False,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one object on stdout at the end.")
    ] = options.Format.text,
    context: typer.Context = None,  # type: ignore[assignment]  # typer always gives one
) -> None:
    """Train a network. The recipe is the spec's `training:`; a flag overrides one value of it."""
    if resume is not None:
        _check_flags(context)
        _resume(resume, data_dir, threads, save_every, detect_anomaly, previous, format)
        return
    if previous:
        raise UsageError("--previous is for a run that is resumed", "cnncli train --resume RUN --previous")
    if architecture is None or data is None:
        missing = "ARCH, the network to train" if architecture is None else "--data, what to train it on"
        raise UsageError(f"train lacks {missing}", "for instance: cnncli train lenet5 --data mnist")
    values = options.read_settings(settings)
    source = find(architecture)
    spec = judge(source, options.policy_for(architecture, source), values)
    graph = spec.require_sound()
    show_diagnostics(spec.diagnostics)
    recipe = _recipe(
        spec,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,
        warmup=warmup,
        optimizer=optimizer,
        clip_norm=clip_norm,
        clip_value=clip_value,
        loss=loss,
        label_smoothing=label_smoothing,
        ema=ema,
        augment=options.join_augment(augment),
        box_width=None if box_width is None else box_width.partition(",")[0],
        validation=validation,
        monitor=monitor,
        patience=patience,
    )

    widths = read_widths(recipe, box_width, committee)
    check_seeds(seed, committee or 1)

    from cnncli import kernels
    from cnncli.cli.progress import TrainingProgress
    from cnncli.network.plan import check_memory
    from cnncli.training.run import check_free, free_folder
    from cnncli.training.session import check_trainable, train_run

    if run is not None:
        check_free(run)
    options.prepare_engine(threads, algorithm)
    check_memory(graph, 1, kernels.vector.LANES)  # before a data set is fetched for nothing
    dataset = options.load_data(data, data_dir, full, resize, graph)
    for width in widths:
        check_trainable(graph, replace(recipe, box_width=width), dataset)
    folder = run or free_folder(Path("runs"), Path(architecture).stem if architecture != "-" else graph.name)
    # As the data was found: where MNIST was not to be had, the run is one of the sample.
    place = dataset.name if data in (dataset.name, "mnist") else str(Path(data).expanduser().absolute())
    where = None if data_dir is None else str(data_dir.expanduser().absolute())
    request = {"data": place, "data_dir": where, "full": full, "resize": resize}
    conduct = _conduct(log_every, save_every, detect_anomaly)
    if committee is not None:
        from cnncli.training.committee import Plan, train_committee

        plan = Plan(committee, widths)
        with _resumable(folder):
            watch = member_progress(plan, recipe)
            judgement = train_committee(spec, recipe, dataset, folder, seed, plan, watch, conduct, request)
        show_committee(judgement, folder, format)
        return
    with _resumable(folder), TrainingProgress(recipe.epochs) as progress:
        outcome = train_run(spec, recipe, dataset, folder, seed, progress, conduct, request)
    _show(outcome, folder, len(dataset.test.labels), format)


def _check_flags(context: typer.Context) -> None:
    """A run goes on as it began: no flag may ask for another recipe."""
    allowed = {"resume", "previous", "data_dir", "threads", "save_every", "detect_anomaly", "format"}
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            what = "ARCH" if name == "architecture" else "--" + name.replace("_", "-")
            raise UsageError(f"a run is resumed as it began, without {what}", f"leave {what} out, or train anew")


def _resume(
    folder: Path, data_dir: Path | None, threads: int | None, save_every: float, detect_anomaly: bool, previous: bool,
    format: options.Format,
) -> None:  # fmt: skip
    """Goes on with a run: the network, the recipe and the data are its own."""
    from cnncli.cli.progress import TrainingProgress
    from cnncli.training.committee import read_plan, resume_committee
    from cnncli.training.run import read_origin
    from cnncli.training.session import resume_run

    origin = read_origin(folder)
    plan = read_plan(folder, origin.record)
    record, request = origin.record, origin.record["data"].get("request", {})
    try:
        algorithm, log_every = options.Algorithm(record["algorithm"]), int(record["log_every"])
        data, full, resize = str(request["data"]), bool(request["full"]), bool(request["resize"])
        data_dir = data_dir or (Path(request["data_dir"]) if request["data_dir"] else None)
        lanes = int(record["machine"]["lanes"])
        if log_every < 0:
            raise ValueError("a log of every -Nth step")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        message = f"{folder} cannot be resumed: its run.json does not say how ({error})"[:300]
        raise FileError(message, "train again") from None
    options.prepare_engine(threads, algorithm)
    notice_differences(record, lanes)
    dataset = options.load_data(data, data_dir, full, resize, origin.architecture.graph)
    conduct = _conduct(log_every, save_every, detect_anomaly)
    if plan is not None:
        with _resumable(folder):
            watch = member_progress(plan, origin.recipe)
            judgement = resume_committee(folder, origin, plan, dataset, watch, conduct, previous)
        show_committee(judgement, folder, format)
        return
    with _resumable(folder), TrainingProgress(origin.recipe.epochs) as progress:
        outcome = resume_run(folder, origin, dataset, progress, conduct, previous)
    _show(outcome, folder, len(dataset.test.labels), format)


def _conduct(log_every: int, save_every: float, detect_anomaly: bool) -> Conduct:
    from cnncli.training.session import Conduct

    return Conduct(log_every, save_every, detect_anomaly, interrupt.interrupted, interrupt.gently, notice)


@contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Where a training is interrupted, says how to go on; a folder that nothing has come into is removed."""
    from cnncli.training.run import RECORD

    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            folder.rmdir()  # refused where it holds anything
        if isinstance(error, Interrupted):
            name = printable(shlex.quote(str(folder)))
            there = (folder / RECORD).is_file()
            notice(f"to go on: cnncli train --resume {name}" if there else f"{name} held nothing yet: removed")
        raise


def _recipe(spec: Spec, **flags: str | None) -> Recipe:
    """The spec's recipe with the flags that were given, read by the same readers as the spec's values."""
    chosen: dict[str, Any] = {}
    name = ""
    try:
        for name, text in flags.items():
            if text is not None:
                chosen[name] = read_setting(name, text)
        recipe = read_recipe(spec, chosen)
    except Problem as problem:
        name = problem.where if isinstance(problem.where, str) else name
        raise UsageError(f"--{name.replace('_', '-')}: {problem.message}", "; ".join(problem.hints)) from None
    others = read_recipe(spec).optimizer.type
    if "optimizer" in chosen and recipe.optimizer.type != others and "learning_rate" not in chosen:
        what = f"{recipe.optimizer.type}'s own {recipe.learning_rate:g}"
        notice(f"the learning rate is {what}: the spec's is for {others}; --learning-rate sets another")
    return recipe


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
