"""`steps.jsonl`: a line per so many steps, about that step's images alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnncli.errors import FileError
from cnncli.training.files import add_line
from cnncli.training.loop import EpochMetrics, Observer, Progress
from cnncli.training.recipe import Recipe


class StepLog:
    """Tells an observer all it is told, and writes every so many steps down."""

    def __init__(self, observer: Observer, path: Path, every: int, warn: Callable[[str], None]) -> None:
        self.observer = observer
        self.path = path
        self.every = every
        self.warn = warn
        self.refused = False

    def resumed(self, records: list[dict[str, Any]]) -> None:
        self.observer.resumed(records)

    def started(self, recipe: Recipe, steps: int) -> None:
        self.observer.started(recipe, steps)

    def stepped(self, progress: Progress) -> None:
        if progress.steps_done % self.every == 0:
            record = {
                "step": progress.steps_done,
                "epoch": progress.epoch,
                "train_loss": progress.batch_loss,
                "train_accuracy": progress.batch_accuracy,
                "learning_rate": progress.learning_rate,
                "images_per_second": progress.images_per_second,
            }
            try:
                add_line(self.path, record)
                self.refused = False
            except FileError as error:
                if not self.refused:
                    self.warn(f"{error.message}; from step {progress.steps_done} on it lacks some: training goes on")
                self.refused = True
        self.observer.stepped(progress)

    def finished_epoch(self, metrics: EpochMetrics) -> None:
        self.observer.finished_epoch(metrics)
