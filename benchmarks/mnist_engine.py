"""One side of `benchmarks.mnist`: a process that trains with this engine, as `cnncli train` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.mnist_recipe import GOAL, NETWORK, RECIPE, STEPS_BETWEEN_TESTS, options, report
from cnncli import kernels
from cnncli.data import load
from cnncli.graph import read_architecture
from cnncli.network.parameters import Parameters
from cnncli.spec.source import find
from cnncli.training.evaluation import evaluate
from cnncli.training.loop import EpochMetrics, Progress, Trainer
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import Recipe, read_recipe, read_setting


class ReachedError(Exception):
    """The goal is reached: (accuracy, steps)."""


class Tester:
    """An observer that looks at the test images every so many steps, and ends the training by `ReachedError`."""

    def __init__(self, trainer: Trainer, test: Callable[[], float]) -> None:
        self.trainer, self.test = trainer, test
        self.accuracy = 0.0

    def resumed(self, records: list[dict[str, Any]]) -> None: ...

    def started(self, recipe: Recipe, steps: int) -> None: ...

    def stepped(self, progress: Progress) -> None:
        if self.trainer.steps_done % STEPS_BETWEEN_TESTS:
            return
        self.trainer.crew.leave()  # it may be trying another number of threads
        self.accuracy = self.test()
        if self.accuracy >= GOAL:
            raise ReachedError(self.accuracy, self.trainer.steps_done)

    def finished_epoch(self, metrics: EpochMetrics) -> None: ...


def main() -> None:
    """Trains until the goal is reached or the epochs are over, and reports."""
    chosen = options()
    kernels.compile.set_threads(chosen.threads)
    dataset = load("mnist", data_dir=Path(chosen.data_dir), full=True)
    spec = read_architecture(find(NETWORK))
    graph = spec.graph
    recipe = read_recipe(spec, {name: read_setting(name, str(value)) for name, value in RECIPE.items()})
    normalization = normalization_of(dataset.train)
    parameters = Parameters(graph)
    parameters.initialize(chosen.seed)
    trainer = Trainer(graph, recipe, parameters, dataset.train, normalization, chosen.seed)
    tester = Tester(trainer, lambda: evaluate(graph, recipe, parameters, dataset.test, normalization).accuracy)
    try:
        for _ in range(recipe.epochs):
            trainer.train_epoch(tester)
    except ReachedError as reached:
        report(*reached.args)
    else:
        report(tester.accuracy, trainer.steps_done)


if __name__ == "__main__":
    main()
