"""A training from start to end: a run folder claimed, epochs run, weights kept, the test images looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnncli import kernels
from cnncli.data import DataSet
from cnncli.data.split import held_count, hold_out
from cnncli.errors import Interrupted, TrainingError
from cnncli.graph import Architecture, Graph
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.training import assistant, augmentation
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.loop import Evaluation, Observer, Trainer, check_classes, evaluate
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import Recipe
from cnncli.training.run import STEPS, WEIGHTS, RunWriter, load_weights
from cnncli.training.step_log import StepLog


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result on the test images, the speed of training over all epochs, and how many those were.

    `best`: the epoch whose weights are kept and tested, where validation images chose it.
    """

    test: Evaluation
    images_per_second: float
    epochs: int
    best: BestEpoch | None


def check_trainable(graph: Graph, recipe: Recipe, dataset: DataSet) -> None:
    """Raises `DataError` or `TrainingError` where training could not even start."""
    check_classes(graph, len(dataset.classes))
    if not any(graph.nodes[index].parameters for index in graph.needed_for((graph.output,))):
        raise TrainingError("the network has no parameters: there is nothing to train", "add a conv or dense layer")
    augmentation.parse(recipe.augment).check(dataset.image_shape)
    if recipe.patience and not recipe.validation:
        raise TrainingError("patience waits for a better validation, and there is none", "--validation 0.1")
    if recipe.validation:
        held_count(dataset.train, recipe.validation)
    batch_size = min(recipe.batch_size, len(dataset.train.labels))
    check_memory(graph, batch_size, kernels.vector.LANES, copies=recipe.copies_of_weights)


def train_run(
    architecture: Architecture,
    recipe: Recipe,
    dataset: DataSet,
    folder: Path,
    seed: int,
    observer: Observer,
    log_every: int = 0,
) -> Outcome:
    """Trains on the data set's training images and writes the run into `folder`, which must be free.

    Where the recipe holds some of them out, the best epoch's weights are tested, else the last's. Whatever ends it
    early, the folder holds the last whole epoch, or is removed where there was none.
    """
    graph = architecture.graph
    train, validation = dataset.train, None
    if recipe.validation:
        train, validation = hold_out(train, recipe.validation, seed)
    normalization = normalization_of(train)
    parameters = Parameters(graph)
    parameters.initialize(seed)
    writer = RunWriter(
        folder, architecture.source, recipe, dataset, normalization, seed, kernels.compile.threads(),
        architecture.settings, len(dataset.train.labels) - len(train.labels),
    )  # fmt: skip
    try:
        trainer = Trainer(graph, recipe, parameters, train, normalization, seed, validation)
        with assistant.beside(architecture, recipe, train):
            trainer.warm_up()
        if log_every:
            observer = StepLog(observer, folder / STEPS, log_every)
        best = None if validation is None else BestEpoch()
        seconds, epoch = 0.0, 0
        while epoch < recipe.epochs and not (best and best.is_exhausted(recipe.patience)):
            epoch += 1
            metrics = trainer.train_epoch(epoch, observer)
            seconds += metrics.seconds
            trainer.observe(metrics.train_loss if metrics.validation_loss is None else metrics.validation_loss)
            if best and (value := metrics.monitored(recipe.monitor)) is not None:
                best.see(epoch, value, recipe.monitor)
            writer.finish_epoch(metrics, trainer.result, best)
        speed = epoch * len(train.labels) / seconds
        parameters = trainer.result
        del trainer  # its memory is for the evaluation
        if best:
            load_weights(folder / WEIGHTS, parameters)
        result = evaluate(graph, recipe, parameters, dataset.test, normalization)
        writer.finish(result, speed)
    except Interrupted:
        writer.stop("interrupted")
        raise
    except BaseException:
        writer.stop("failed")
        raise
    return Outcome(result, speed, epoch, best)
