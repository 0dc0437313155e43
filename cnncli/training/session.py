"""A training from start to end, in its run folder: epochs run, weights and state kept, the test images seen once."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cnncli import kernels
from cnncli.data import DataSet
from cnncli.data.box_width import check_box_width, of_box_width
from cnncli.data.dataset import Split
from cnncli.data.split import held_count, hold_out
from cnncli.errors import FileError, Interrupted, TrainingError, UsageError
from cnncli.graph import Architecture, Graph
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory, running_bytes
from cnncli.training import assistant, augmentation, checkpoint
from cnncli.training.best_epoch import BestEpoch
from cnncli.training.evaluation import Evaluation, evaluate
from cnncli.training.loop import Observer, Trainer, check_classes
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import Recipe
from cnncli.training.run import SPEC, STEPS, WEIGHTS, Origin
from cnncli.training.run_writer import RunWriter, fingerprint
from cnncli.training.step_log import StepLog
from cnncli.training.weights import load_weights


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result on the test images, the speed of training over all epochs, and how many there were.

    `best` says which epoch's weights were tested; without validation images it is None, and they are the last.
    """

    test: Evaluation
    images_per_second: float
    epochs: int
    best: BestEpoch | None = None


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a training is run, none of which changes what it comes to.

    log_every: write every Nth step to `steps.jsonl`, 0 for none; save_every: seconds between checkpoints within an
    epoch; detect_anomaly: look at all gradients and weights after every step; wants_end: whether somebody wants it to
    stop, asked after every step; patiently: a context in which such a wish raises nothing; warn: says a line.
    """

    log_every: int = 0
    save_every: float = 60.0
    detect_anomaly: bool = False
    wants_end: Callable[[], bool] = lambda: False
    patiently: Callable[[], AbstractContextManager[None]] = nullcontext
    warn: Callable[[str], None] = lambda message: None


def check_trainable(graph: Graph, recipe: Recipe, dataset: DataSet) -> None:
    """Raises `DataError` or `TrainingError` where training could not even start."""
    check_classes(graph, len(dataset.classes))
    if not any(graph.nodes[index].parameters for index in graph.needed_for((graph.output,))):
        raise TrainingError("the network has no parameters: there is nothing to train", "add a conv or dense layer")
    check_box_width(dataset, recipe.box_width)
    augmentation.parse(recipe.augment).check(dataset.image_shape)
    if recipe.patience and not recipe.validation:
        raise TrainingError("patience waits for a better validation, and there is none", "--validation 0.1")
    if recipe.validation:
        held_count(dataset.train, recipe.validation)
    batch_size, lanes = min(recipe.batch_size, len(dataset.train.labels)), kernels.vector.LANES
    beside = running_bytes(graph, lanes, lanes, training=False) if recipe.validation else 0
    check_memory(graph, batch_size, lanes, copies=recipe.copies_of_weights, taken=beside)


def train_run(
    architecture: Architecture,
    recipe: Recipe,
    dataset: DataSet,
    folder: Path,
    seed: int,
    observer: Observer,
    conduct: Conduct = Conduct(),
    request: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> Outcome:
    """Trains on the data set's training images and writes the run into `folder`, which must be free.

    Where the recipe holds some of them out, the best epoch's weights are tested, else the last's. Whatever ends it
    early, the folder holds what `resume_run` goes on from, or is removed where there is nothing yet. `request` is how
    the data was asked for, for the record, and `more` what the record is to say besides, or instead.
    """
    seen = of_box_width(dataset, recipe.box_width)
    train, validation = _split(seen, recipe, seed)
    normalization = normalization_of(train)
    writer = RunWriter.begin(
        folder, architecture.source, recipe, dataset, normalization, seed, settings=architecture.settings,
        validation_images=len(dataset.train.labels) - len(train.labels), log_every=conduct.log_every,
        request=request, warn=conduct.warn, more=more,
    )  # fmt: skip
    with recorded(writer):
        parameters = Parameters(architecture.graph)
        parameters.initialize(seed)
        trainer = Trainer(
            architecture.graph, recipe, parameters, train, normalization, seed, validation, conduct.detect_anomaly
        )
        with assistant.beside(architecture, recipe, train):
            trainer.warm_up()
        session = _Session(trainer, writer, observer, conduct, None if validation is None else BestEpoch())
        return session.run(seen.test)


def resume_run(
    folder: Path, origin: Origin, dataset: DataSet, observer: Observer, conduct: Conduct, previous: bool = False
) -> Outcome:
    """Goes on from the folder's checkpoint, or the one before it, and comes to what the run would have come to.

    A run that was killed before its first checkpoint begins anew. Raises `UsageError` where it is over, `FileError`
    where the checkpoint is damaged or another network's, `TrainingError` where the data is not what it was trained on.
    """
    recipe = origin.recipe
    check_same_images(folder, origin, dataset)
    check_trainable(origin.architecture.graph, recipe, dataset)
    seen = of_box_width(dataset, recipe.box_width)
    train, validation = _split(seen, recipe, origin.seed)
    parameters = Parameters(origin.architecture.graph)
    parameters.initialize(origin.seed)
    trainer = Trainer(
        origin.architecture.graph, recipe, parameters, train, origin.normalization, origin.seed, validation,
        conduct.detect_anomaly,
    )  # fmt: skip
    writer = RunWriter.reopen(folder, conduct.warn)
    session = _Session(trainer, writer, observer, conduct, None if validation is None else BestEpoch())
    try:
        session.restore(previous)
    except BaseException:
        writer.release()
        raise
    with recorded(writer):
        with assistant.beside(origin.architecture, recipe, train):
            trainer.warm_up()
        return session.run(seen.test)


def check_same_images(folder: Path, origin: Origin, dataset: DataSet) -> None:
    """Raises `TrainingError` where the run was trained on others."""
    if origin.record["data"].get("sha256") != fingerprint(dataset.train):
        raise TrainingError(
            f"{dataset.name} is not what {folder} was trained on: its training images are others",
            "name the folder that holds them with --data-dir",
        )


class _Session:
    """A trainer at work in a run folder."""

    def __init__(
        self, trainer: Trainer, writer: RunWriter, observer: Observer, conduct: Conduct, best: BestEpoch | None
    ) -> None:
        self.trainer = trainer
        self.writer = writer
        self.conduct = conduct
        self.best = best
        self.seconds = 0.0
        self.saved = time.monotonic()
        record = writer.record
        about = [record.get("settings", {}), asdict(trainer.recipe), trainer.seed, record["data"]["sha256"]]
        text = (writer.folder / SPEC).read_bytes() + json.dumps(about, sort_keys=True).encode()
        self.network = hashlib.sha256(text).hexdigest()
        self.observer = observer
        if conduct.log_every:
            self.observer = StepLog(observer, writer.folder / STEPS, conduct.log_every, conduct.warn)

    def run(self, test: Split) -> Outcome:
        """Trains to the end, then tests what is best."""
        trainer, writer = self.trainer, self.writer
        with self.conduct.patiently():
            while not self._is_over():
                metrics = trainer.train_epoch(self.observer, self._between)
                self.seconds += metrics.seconds
                if self.best and (value := metrics.monitored(trainer.recipe.monitor)) is not None:
                    self.best.see(metrics.epoch, value, trainer.recipe.monitor)
                writer.finish_epoch(metrics, trainer.result, self.best)
                self._save()
                self._end_if_wanted()
        epochs = trainer.position.epoch - 1
        speed = epochs * len(trainer.batches.split.labels) / max(self.seconds, 1e-9)
        parameters, graph, recipe, normalization = trainer.result, trainer.graph, trainer.recipe, trainer.normalization
        del self.trainer, trainer  # their memory is for the evaluation
        if self.best:
            writer.flush_at_end()
            load_weights(writer.folder / WEIGHTS, parameters)
        result = evaluate(graph, recipe, parameters, test, normalization)
        writer.finish(result, speed)
        checkpoint.remove(writer.folder)
        return Outcome(result, speed, epochs, self.best)

    def restore(self, previous: bool) -> None:
        """Goes back to where the checkpoint was written; to the beginning, where there is none yet."""
        folder, record = self.writer.folder, self.writer.record
        if record.get("status") == "finished":
            raise UsageError(f"{folder} is finished: it has nothing left to train", "`cnncli train` begins another")
        path = folder / checkpoint.PREVIOUS if previous else checkpoint.latest(folder)
        if path is not None:
            self._restore(path, previous)
        elif record.get("epochs_done") not in (0, 1):  # the first is saved when the second begins
            raise UsageError(f"{folder} has no checkpoint to go on from", "train again")
        if previous:
            checkpoint.take_previous(folder)
        self.writer.rewind(self.trainer.position.epoch - 1, self.trainer.steps_done)
        self.observer.resumed(self.writer.records())

    def _restore(self, path: Path, previous: bool) -> None:
        vectors = self.trainer.vectors()
        found = self._load(path, sum(array.nbytes for array in vectors.values()), previous)
        try:
            facts = found.facts
            if facts["network"] != self.network:
                raise ValueError("it is of another network or recipe")
            self.trainer.restore(found.vectors, facts)
            self.seconds = float(facts["seconds"])
            if not 0 <= self.seconds < math.inf:
                raise ValueError(f"its seconds are {self.seconds}")
            self.best = None if self.best is None else checkpoint.read_numbers(BestEpoch, facts["best"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise FileError(f"{path} does not belong to this run: {error}"[:300], "train again") from None

    def _load(self, path: Path, largest: int, previous: bool) -> checkpoint.Checkpoint:
        try:
            return checkpoint.load(path, largest)
        except FileError as error:
            if previous or not (path.parent / checkpoint.PREVIOUS).exists():
                raise
            raise FileError(error.message, error.hint or "--previous goes on from the checkpoint before it") from None

    def _is_over(self) -> bool:
        recipe, best = self.trainer.recipe, self.best
        return self.trainer.position.epoch > recipe.epochs or bool(best and best.is_exhausted(recipe.patience))

    def _between(self) -> None:
        """After a step."""
        if self.conduct.wants_end() or time.monotonic() - self.saved >= self.conduct.save_every:
            self._save()
        self._end_if_wanted()

    def _end_if_wanted(self) -> None:
        if self.conduct.wants_end():
            raise Interrupted

    def _save(self) -> None:
        best = None if self.best is None else asdict(self.best)
        facts = {**self.trainer.facts(), "network": self.network, "seconds": self.seconds, "best": best}
        self.writer.save(self.trainer.vectors(), facts)
        self.saved = time.monotonic()


@contextmanager
def recorded(writer: RunWriter) -> Iterator[None]:
    """Whatever ends the training early, the run's record says so."""
    try:
        yield
    except Interrupted:
        writer.stop("interrupted")
        raise
    except BaseException:
        writer.stop("failed")
        raise


def _split(dataset: DataSet, recipe: Recipe, seed: int) -> tuple[Split, Split | None]:
    """What is trained on, and what is held out of it."""
    return hold_out(dataset.train, recipe.validation, seed) if recipe.validation else (dataset.train, None)
