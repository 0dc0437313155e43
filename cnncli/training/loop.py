"""The loop: epochs of batches, each forward, loss, backward, update. Says how it goes; prints nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Protocol

import numpy as np

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.errors import DataError, TrainingError
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.network.plan import running_bytes
from cnncli.training import augmentation, losses
from cnncli.training.batches import Batches
from cnncli.training.checkpoint import read_numbers
from cnncli.training.crew import Crew
from cnncli.training.diagnosis import first_not_finite, wrong_tensor
from cnncli.training.evaluation import evaluate
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe
from cnncli.training.schedules import Moment, State
from cnncli.training.update import Update, rehearse

Array = np.ndarray[Any, np.dtype[Any]]


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


class Observer(Protocol):
    """Is told how training goes."""

    def resumed(self, records: list[dict[str, Any]]) -> None:
        """The epochs before, as `metrics.jsonl` has them."""

    def started(self, recipe: Recipe, steps: int) -> None: ...

    def stepped(self, progress: Progress) -> None: ...

    def finished_epoch(self, metrics: EpochMetrics) -> None: ...


@dataclass(slots=True)
class Position:
    """Where a training stands, in plain numbers: the epoch under way, and what its steps so far have come to.

    epoch: counts from 1; step: how many of its steps are done; loss, correct: sums over the `images` seen in it;
    seconds: what they took; rate: the learning rate of the last step.
    """

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    correct: int = 0
    images: int = 0
    seconds: float = 0.0
    rate: float = 0.0


class Trainer:
    """A network, its data and its recipe, ready to run epoch by epoch.

    The same seed gives the same bits: initial weights, the order of images, what augmentation does and dropout are
    drawn from streams that seed, epoch, image and step name, and no sum depends on the number of threads. So `state`
    holds all that decides what comes next.
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
        detect_anomaly: bool = False,
    ) -> None:
        self.graph = losses.graph_for(recipe.loss, graph)
        self.normalization = normalization
        self.validation = validation
        self.recipe = recipe
        self.parameters = parameters
        self.seed = seed
        self.detect_anomaly = detect_anomaly
        batch_size = min(recipe.batch_size, len(split.labels))
        self.network = Network(self.graph, parameters, batch_size, seed=seed)
        self.batches = Batches(split, normalization, self.network, augmentation.parse(recipe.augment), seed)
        self.update = Update(recipe, parameters)
        self.crew = Crew()
        self.schedule_state: State = ()
        self.steps_done = 0
        self.position = Position()

    @property
    def result(self) -> Parameters:
        """What the training is for: the moving averages, if the recipe has them, else the weights as they are."""
        return self.parameters if self.update.average is None else self.update.average

    def warm_up(self) -> None:
        """Runs every kernel once, so that compiling or loading them is not taken for training. Changes nothing."""
        buffers = self.parameters.buffers.copy()
        for size in self.batches.sizes():
            self._forward_and_backward(self.batches.load(np.zeros(size, np.int64)))
        self.parameters.buffers[...] = buffers
        rehearse(self.recipe)

    def vectors(self) -> dict[str, Array]:
        """With `facts`, all that decides what comes next: the arrays themselves, not copies."""
        found = {"weights": self.parameters.flat, "buffers": self.parameters.buffers, "slots": self.update.slots}
        if self.update.average is not None:
            found |= {"average": self.update.average.flat, "average_buffers": self.update.average.buffers}
        return found

    def facts(self) -> dict[str, Any]:
        """See `vectors`."""
        return {
            "position": asdict(self.position),
            "steps_done": self.steps_done,
            "schedule": [str(number) for number in self.schedule_state],  # JSON has no infinity
        }

    def restore(self, vectors: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
        """Goes back to where `vectors` and `facts` were taken. Raises `ValueError` where they do not fit."""
        own = self.vectors()
        if {name: array.shape for name, array in own.items()} != {name: vectors[name].shape for name in vectors}:
            raise ValueError("its arrays are not this network's")
        here, steps = read_numbers(Position, facts["position"]), self.batches.count()
        if not (1 <= here.epoch <= self.recipe.epochs + 1 and here.step <= steps):
            raise ValueError(f"it stands in step {here.step} of epoch {here.epoch}")
        images = min(here.step * self.network.batch_size, len(self.batches.split.labels))
        steps_done = (here.epoch - 1) * steps + here.step
        if (facts["steps_done"], here.images) != (steps_done, images):
            raise ValueError("its counts of steps and images do not agree")
        state = tuple(float(number) for number in facts["schedule"])
        if len(state) != (len(self.recipe.schedule.observed((), 0.0)) if here.epoch > 1 else 0):
            raise ValueError("its schedule is another")
        self.position, self.steps_done, self.schedule_state = here, steps_done, state
        for name, array in own.items():
            array[...] = vectors[name]

    def train_epoch(self, observer: Observer, between: Callable[[], None] = lambda: None) -> EpochMetrics:
        """Goes on from `position` to the end of its epoch. `between` is called after every step, off the clock.

        The images come in an order drawn from (seed, epoch). Raises `TrainingError` where the loss is no number.
        """
        here, size = self.position, self.network.batch_size
        order = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(2**31, here.epoch))).permutation(
            len(self.batches.split.labels)
        )
        self.batches.start_epoch(here.epoch)
        steps = self.batches.count()
        observer.started(self.recipe, steps)
        start = time.perf_counter()
        for count in self.batches.walk(order[here.step * size :]):
            here.rate = self.recipe.learning_rate_at(
                Moment(self.steps_done, steps, self.recipe.epochs), self.schedule_state
            )
            loss, correct = self.step(count, here.rate)
            here.step, here.images = here.step + 1, here.images + count
            here.loss, here.correct = here.loss + loss, here.correct + correct
            here.seconds += time.perf_counter() - start
            observer.stepped(self._progress(steps, loss / count, correct / count))
            between()
            start = time.perf_counter()
        self.crew.leave()
        images, seconds = here.images, max(here.seconds, 1e-9)
        metrics = EpochMetrics(
            here.epoch, here.loss / images, here.correct / images, here.rate, images / seconds, seconds,
            *self._validate(),
        )  # fmt: skip
        loss = metrics.train_loss if metrics.validation_loss is None else metrics.validation_loss
        self.schedule_state = self.recipe.schedule.observed(self.schedule_state, loss)
        self.position = Position(here.epoch + 1)
        observer.finished_epoch(metrics)
        return metrics

    def _progress(self, steps: int, batch_loss: float, batch_accuracy: float) -> Progress:
        here = self.position
        return Progress(
            here.epoch, here.step, steps, here.loss / here.images, here.correct / here.images,
            here.images / max(here.seconds, 1e-9), here.rate, batch_loss, batch_accuracy, self.steps_done,
        )  # fmt: skip

    def _validate(self) -> tuple[float, float, float | None] | tuple[()]:
        """(loss, accuracy, top 5) on the validation images, where there are any."""
        if self.validation is None:
            return ()
        copies, lanes = self.recipe.copies_of_weights, kernels.vector.LANES
        result = evaluate(
            self.graph, self.recipe, self.result, self.validation, self.normalization, what="validation",
            taken=running_bytes(self.graph, self.network.batch_size, lanes, copies=copies),
        )  # fmt: skip
        return result.loss, result.accuracy, result.top5

    def step(self, count: int, learning_rate: float) -> tuple[float, int]:
        """One update from the batch that lies in the network; (sum of the loss, number correct)."""
        is_whole = count == self.network.batch_size
        if is_whole:
            self.crew.begin()
        loss, correct = self._forward_and_backward(count)
        if not math.isfinite(loss):
            begun = first_not_finite(
                self.graph, self.parameters, self.network.images, count, self.steps_done, self.seed
            )
            self._stop(f"the loss became {loss / count}", f": {begun} not finite" if begun else "")
        if self.detect_anomaly and (tensor := wrong_tensor(self.parameters.gradient_views)):
            self._stop(f"the gradient of {tensor} is not finite")
        self.steps_done += 1
        self.update.step(self.steps_done, learning_rate)
        if self.detect_anomaly and (tensor := wrong_tensor(self.parameters.views)):
            self._stop(f"the weights {tensor} are no longer finite")
        if is_whole:
            self.crew.end()
        return loss, correct

    def _stop(self, what: str, why: str = "") -> NoReturn:
        raise TrainingError(
            f"{what} in epoch {self.position.epoch}, step {self.position.step + 1}{why}",
            f"a learning rate below {self.recipe.learning_rate:g}, --clip-norm 1, or --warmup 1",
        )

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
