"""The loop: epochs of batches, each forward, loss, backward, update. Says how it goes; prints nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.errors import DataError, TrainingError
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.training import augmentation, losses, scores
from cnncli.training.batches import Batches
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe
from cnncli.training.schedules import Moment, State
from cnncli.training.update import Update, rehearse

Array = np.ndarray[Any, np.dtype[Any]]

_TOP = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an epoch stands after a step. `loss` and `accuracy` are means over the epoch so far.

    `batch_loss` and `batch_accuracy` are those of this step's images alone; `steps_done` counts over all epochs.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    images_per_second: float
    learning_rate: float = 0.0
    batch_loss: float = 0.0
    batch_accuracy: float = 0.0
    steps_done: int = 0


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One line of `metrics.jsonl`. Loss and accuracy are those of the training images as they were seen.

    What concerns validation images is None where there are none, and top 5 where there are no more than 5 classes.
    `seconds` are those of training, without validation.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_top5: float | None = None

    def record(self) -> dict[str, Any]:
        """Without what is None."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def monitored(self, monitor: str) -> float | None:
        """What tells the best epoch: `accuracy` or `loss` on the validation images."""
        return self.validation_accuracy if monitor == "accuracy" else self.validation_loss


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Over a whole split: mean loss and the share of images whose largest output is their label.

    `top5`: the share whose label is among the 5 largest outputs; None where there are no more than 5.
    """

    loss: float
    accuracy: float
    images_per_second: float
    top5: float | None = None


class Observer(Protocol):
    """Is told how training goes."""

    def started(self, recipe: Recipe, steps: int) -> None: ...

    def stepped(self, progress: Progress) -> None: ...

    def finished_epoch(self, metrics: EpochMetrics) -> None: ...


class Trainer:
    """A network, its data and its recipe, ready to run epoch by epoch.

    The same seed gives the same bits: initial weights, the order of images and dropout come from streams of
    their own, and no sum depends on the number of threads.
    """

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe,
        parameters: Parameters,
        split: Split,
        normalization: Normalization,
        seed: int,
        validation: Split | None = None,
    ) -> None:
        self.graph = graph
        self.normalization = normalization
        self.validation = validation
        self.recipe = recipe
        self.parameters = parameters
        self.seed = seed
        batch_size = min(recipe.batch_size, len(split.labels))
        self.network = Network(losses.graph_for(recipe.loss, graph), parameters, batch_size, seed=seed)
        self.batches = Batches(split, normalization, self.network, augmentation.parse(recipe.augment), seed)
        self.update = Update(recipe, parameters)
        self.schedule_state: State = ()
        self.steps_done = 0

    @property
    def result(self) -> Parameters:
        """What the training is for: the moving averages, if the recipe has them, else the weights as they are."""
        return self.parameters if self.update.average is None else self.update.average

    def observe(self, loss: float) -> None:
        """Tells the schedule the loss of an epoch that is over: that of the validation images, if there are any."""
        self.schedule_state = self.recipe.schedule.observed(self.schedule_state, loss)

    def warm_up(self) -> None:
        """Runs every kernel once, so that compiling or loading them is not taken for training. Changes nothing."""
        buffers = self.parameters.buffers.copy()
        for size in _batch_sizes(self.batches):
            self._forward_and_backward(self.batches.load(np.zeros(size, np.int64)))
        self.parameters.buffers[...] = buffers
        rehearse(self.recipe)

    def train_epoch(self, epoch: int, observer: Observer) -> EpochMetrics:
        """One pass over the training images, in an order drawn from (seed, epoch). Epochs count from 1."""
        order = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(2**31, epoch))).permutation(
            len(self.batches.split.labels)
        )
        self.batches.start_epoch(epoch)
        steps = self.batches.count()
        observer.started(self.recipe, steps)
        loss_sum, correct, seen = 0.0, 0, 0
        start = time.perf_counter()
        rate = 0.0
        for step, count in enumerate(self.batches.walk(order), 1):
            moment = Moment(self.steps_done, steps, self.recipe.epochs)
            rate = self.recipe.learning_rate_at(moment, self.schedule_state)
            batch_loss, batch_correct = self.step(count, rate)
            if not math.isfinite(batch_loss):
                raise TrainingError(
                    f"the loss became {batch_loss / count} in epoch {epoch}, step {step}",
                    f"a learning rate below {self.recipe.learning_rate:g}",
                )
            loss_sum, correct, seen = loss_sum + batch_loss, correct + batch_correct, seen + count
            speed = seen / (time.perf_counter() - start)
            observer.stepped(
                Progress(
                    epoch, step, steps, loss_sum / seen, correct / seen, speed,
                    rate, batch_loss / count, batch_correct / count, self.steps_done,
                )
            )  # fmt: skip
        seconds = time.perf_counter() - start
        metrics = EpochMetrics(
            epoch, loss_sum / seen, correct / seen, rate, seen / seconds, seconds, *self._validate()
        )  # fmt: skip
        observer.finished_epoch(metrics)
        return metrics

    def _validate(self) -> tuple[float, float, float | None] | tuple[()]:
        """(loss, accuracy, top 5) on the validation images, where there are any."""
        if self.validation is None:
            return ()
        result = evaluate(
            self.graph, self.recipe, self.result, self.validation, self.normalization, what="validation"
        )
        return result.loss, result.accuracy, result.top5

    def step(self, count: int, learning_rate: float) -> tuple[float, int]:
        """One update from the batch that lies in the network; (sum of the loss, number correct)."""
        result = self._forward_and_backward(count)
        self.steps_done += 1
        self.update.step(self.steps_done, learning_rate)
        return result

    def _forward_and_backward(self, count: int) -> tuple[float, int]:
        self.network.forward(count, self.steps_done)
        own, *sides = self.network.ends(count)
        loss, labels, smoothing = self.recipe.loss, self.batches.labels, self.recipe.label_smoothing
        result = losses.evaluate(loss, own.output, labels, count, own.gradient, smoothing)
        for side in sides:
            losses.evaluate(loss, side.output, labels, count, side.gradient, smoothing)
            np.multiply(side.gradient, np.float32(side.weight), out=side.gradient)
            if side.joins is not None:
                np.add(side.joins, side.gradient, out=side.joins)
        self.network.backward(count)
        return result


def evaluate(
    graph: Graph,
    recipe: Recipe,
    parameters: Parameters,
    split: Split,
    normalization: Normalization,
    *,
    what: str = "test",
    see: Callable[[Array], None] = lambda outputs: None,
) -> Evaluation:
    """Loss, accuracy and speed over a split, without training, in whole blocks of about the recipe's batch size.

    The results do not depend on how many blocks that are. `what` names the images; `see` is shown the outputs of each
    batch, [n, K] in the split's order. Raises `TrainingError` where the loss is no finite number: the network has
    diverged.
    """
    whole = Network.blocks(recipe.batch_size) * kernels.vector.LANES  # a block takes as long for one image as for all
    graph, batch_size = losses.graph_for(recipe.loss, graph), min(whole, len(split.labels))
    batches = Batches(split, normalization, Network(graph, parameters, batch_size, training=False))
    for size in _batch_sizes(batches):  # off the clock: compiling or loading kernels is not evaluating
        _loss_of_blocks(recipe.loss, batches, batches.load(np.arange(size)))
    loss_sum, correct, in_top5, seconds = 0.0, 0, 0, 0.0
    has_top5 = graph.output_shape[0] > _TOP
    start = time.perf_counter()
    for count in batches.walk(np.arange(len(split.labels))):
        outputs, found = _loss_of_blocks(recipe.loss, batches, count)
        for block_loss, block_correct in found:
            loss_sum, correct = loss_sum + block_loss, correct + block_correct
        seconds += time.perf_counter() - start  # what follows is not the network's work
        rows = kernels.batches.from_lanes(outputs, count)
        if has_top5:
            in_top5 += int((scores.ranks(rows, batches.labels[:count]) < _TOP).sum())
        see(rows)
        start = time.perf_counter()
    images = len(split.labels)
    if not math.isfinite(loss_sum):
        raise TrainingError(
            f"the loss on the {what} images is {loss_sum}: the network has diverged", "a lower learning rate"
        )
    return Evaluation(loss_sum / images, correct / images, images / seconds, in_top5 / images if has_top5 else None)


def _loss_of_blocks(loss: str, batches: Batches, count: int) -> tuple[Array, list[tuple[float, int]]]:
    """The outputs [B, U, L] of the batch that lies in the network, and of each block the loss and how many are right.

    Block by block, so that no sum depends on the batch.
    """
    outputs, lanes = batches.network.forward(count), kernels.vector.LANES
    unused = np.empty_like(outputs[:1])
    return outputs, [
        losses.evaluate(loss, outputs[block : block + 1], batches.labels[start:], min(lanes, count - start), unused)
        for block, start in enumerate(range(0, count, lanes))
    ]


def _batch_sizes(batches: Batches) -> set[int]:
    """The sizes a pass has: whole batches, and what is left over. Kernels are compiled for either."""
    images, size = len(batches.split.labels), batches.network.batch_size
    return {size, images % size or size}


def check_classes(graph: Graph, classes: int) -> None:
    """Every output must have one number per class."""
    ends = {"the network's output": graph.output_shape}
    ends |= {f"the output of `{side.name}`": graph.shape_of(side.index) for side in graph.side_outputs}
    for what, shape in ends.items():
        if shape != (classes,):
            raise DataError(
                f"{what} is {list(shape)}, the data has {classes} classes",
                f"end it with `- {{type: dense, units: {classes}}}`",
            )
