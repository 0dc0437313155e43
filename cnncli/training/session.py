"""A training from start to end: a run folder claimed, epochs run, weights kept, the test images looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnncli import kernels
from cnncli.data import DataSet
from cnncli.errors import Interrupted, TrainingError
from cnncli.graph import Architecture, Graph
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory
from cnncli.training import assistant, augmentation
from cnncli.training.loop import Evaluation, Observer, Trainer, check_classes, evaluate
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import Recipe
from cnncli.training.run import RunWriter


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result on the test images, and the speed of training over all epochs."""

    test: Evaluation
    images_per_second: float


def check_trainable(graph: Graph, recipe: Recipe, dataset: DataSet) -> None:
    """Raises `DataError` or `TrainingError` where training could not even start."""
    check_classes(graph, len(dataset.classes))
    if not any(graph.nodes[index].parameters for index in graph.needed_for((graph.output,))):
        raise TrainingError("the network has no parameters: there is nothing to train", "add a conv or dense layer")
    augmentation.parse(recipe.augment).check(dataset.image_shape)
    check_memory(graph, min(recipe.batch_size, len(dataset.train.labels)), kernels.vector.LANES)


def train_run(
    architecture: Architecture, recipe: Recipe, dataset: DataSet, folder: Path, seed: int, observer: Observer
) -> Outcome:
    """Trains on the data set's training images and writes the run into `folder`, which must be free.

    Whatever ends it early, the folder holds the last whole epoch, or is removed where there was none.
    """
    graph = architecture.graph
    normalization = normalization_of(dataset.train)
    parameters = Parameters(graph)
    parameters.initialize(seed)
    writer = RunWriter(
        folder, architecture.source, recipe, dataset, normalization, seed, kernels.compile.threads(),
        architecture.settings,
    )  # fmt: skip
    try:
        trainer = Trainer(graph, recipe, parameters, dataset.train, normalization, seed)
        with assistant.beside(architecture, recipe, dataset.train):
            trainer.warm_up()
        seconds = 0.0
        for epoch in range(1, recipe.epochs + 1):
            metrics = trainer.train_epoch(epoch, observer)
            seconds += metrics.seconds
            writer.finish_epoch(metrics, parameters)
        speed = recipe.epochs * len(dataset.train.labels) / seconds
        del trainer  # its memory is for the evaluation
        result = evaluate(graph, recipe, parameters, dataset.test, normalization)
        writer.finish(result, speed)
    except Interrupted:
        writer.stop("interrupted")
        raise
    except BaseException:
        writer.stop("failed")
        raise
    return Outcome(result, speed)
