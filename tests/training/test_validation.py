"""Validation in a training: what is trained on, which weights are kept, when it stops, and the test images' rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli.data import DataSet, Split, load
from cnncli.data.split import hold_out
from cnncli.errors import DataError, TrainingError
from cnncli.graph import read_architecture
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source
from cnncli.training import session
from cnncli.training.evaluation import evaluate
from cnncli.training.loop import EpochMetrics
from cnncli.training.normalization import normalization_of
from cnncli.training.prediction import judge_split
from cnncli.training.recipe import Recipe
from cnncli.training.run import read_run
from cnncli.training.session import Conduct, check_trainable, train_run

SPEC = """input: [1, 8, 8]
layers:
  - {type: flatten}
  - {type: dense, name: out, units: 10}
"""
RECIPE = Recipe(learning_rate=0.05, batch_size=64, epochs=6, validation=0.2)


class Watcher:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.epochs: list[EpochMetrics] = []
        self.steps = 0

    def started(self, recipe, steps) -> None:
        self.steps_each = steps

    def stepped(self, progress) -> None:
        self.steps += 1

    def finished_epoch(self, metrics) -> None:
        self.epochs.append(metrics)


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load("digits")


def run(folder: Path, digits: DataSet, recipe: Recipe, seed: int = 0, log_every: int = 0):
    watcher = Watcher()
    architecture = read_architecture(Source("digits.yaml", SPEC))
    return train_run(architecture, recipe, digits, folder, seed, watcher, Conduct(log_every)), watcher


def script(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> None:
    """Has the validation of each epoch say these accuracies; losses are their negatives, so that both agree."""
    course = iter(values)

    def scripted(self):
        value = next(course)
        return 1 - value, value, None

    monkeypatch.setattr(session.Trainer, "_validate", scripted)


def test_what_is_held_out_is_not_trained_on(digits: DataSet, tmp_path: Path) -> None:
    train, held = hold_out(digits.train, 0.2, 3)
    outcome, watcher = run(tmp_path / "run", digits, RECIPE, seed=3)
    assert watcher.steps == outcome.epochs * -(-len(train.labels) // 64)
    trained = read_run(tmp_path / "run", "last")
    assert trained.normalization == normalization_of(train)
    last = watcher.epochs[-1]
    result = evaluate(trained.graph, RECIPE, trained.parameters, held, trained.normalization)
    assert (result.loss, result.accuracy, result.top5) == (
        last.validation_loss, last.validation_accuracy, last.validation_top5
    )  # fmt: skip
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["data"]["train_images"] == len(train.labels)
    assert record["data"]["validation_images"] == len(held.labels)


def copied(part: Split) -> Split:
    return Split(part.images[part.rows], part.labels)


def test_a_part_is_normalized_as_a_copy_of_it(digits: DataSet) -> None:
    part, _ = hold_out(digits.train, 300, 0)
    copy = copied(part)
    assert normalization_of(part) == normalization_of(copy)
    as_float = replace(part, images=part.images.astype(np.float32))
    assert normalization_of(as_float).scale == pytest.approx(normalization_of(copy).scale)
    constant = Split(np.full((600, 1, 3, 3), 0.1, np.float32), np.zeros(600, np.int64))
    assert normalization_of(constant).scale == (1.0,)


def test_a_part_is_trained_on_and_measured_as_a_copy_of_it(digits: DataSet) -> None:
    graph = read_architecture(Source("digits.yaml", SPEC)).require_sound()
    train, held = hold_out(digits.train, 0.2, 0)
    found = []
    for one, other in ((train, held), (copied(train), copied(held))):
        parameters = Parameters(graph)
        parameters.initialize(0)
        trainer = session.Trainer(graph, RECIPE, parameters, one, normalization_of(one), 0, other)
        metrics = trainer.train_epoch(Watcher())
        found.append((parameters.flat.tobytes(), metrics.train_loss, metrics.validation_loss))
    assert found[0] == found[1]


@pytest.mark.parametrize("monitor", ["accuracy", "loss"])
def test_the_best_weights_are_the_best_epochs(
    monitor: str, digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a run shows that ends with that epoch: a constant learning rate does not know how many are to come."""
    script(monkeypatch, [0.5, 0.8, 0.8, 0.7])
    outcome, _ = run(tmp_path / "run", digits, replace(RECIPE, epochs=4, monitor=monitor))
    assert outcome.best is not None and (outcome.best.epoch, outcome.best.since) == (2, 2)
    monkeypatch.undo()
    for epochs, weights in ((2, "best"), (4, "last")):
        run(tmp_path / weights, digits, replace(RECIPE, epochs=epochs))
        wanted = read_run(tmp_path / weights, "last").parameters.flat
        assert read_run(tmp_path / "run", weights).parameters.flat.tobytes() == wanted.tobytes()
    tested, _ = judge_split(read_run(tmp_path / "run"), digits.test)
    assert (tested.loss, tested.accuracy) == (outcome.test.loss, outcome.test.accuracy)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["best"]["epoch"] == 2


def test_training_stops_when_patience_is_out(digits: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, [0.5, 0.6, 0.5, 0.6, 0.9])
    outcome, watcher = run(tmp_path / "run", digits, replace(RECIPE, patience=2))
    assert outcome.epochs == len(watcher.epochs) == 4 and outcome.best.epoch == 2
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (record["status"], record["epochs_done"]) == ("finished", 4)


def test_without_validation_the_last_are_the_only_weights(digits: DataSet, tmp_path: Path) -> None:
    outcome, watcher = run(tmp_path / "run", digits, replace(RECIPE, validation=0.0, epochs=1))
    assert outcome.best is None and watcher.epochs[0].validation_loss is None
    assert not (tmp_path / "run" / "last.safetensors").exists()
    best, last = (read_run(tmp_path / "run", weights).parameters.flat for weights in ("best", "last"))
    assert best.tobytes() == last.tobytes()
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text())
    assert not any(key.startswith("validation") for key in line)


class Spy:
    """Test images that note how many epochs were done when they were looked at."""

    def __init__(self, split: Split, watcher: list[Watcher]) -> None:
        self.labels, self.rows, self.rows_of = split.labels, split.rows, split.rows_of
        self._images, self._watcher = split.images, watcher
        self.looks: list[int] = []

    @property
    def images(self):
        self.looks.append(len(self._watcher[0].epochs))
        return self._images


def test_the_test_images_are_looked_at_only_at_the_end(digits: DataSet, tmp_path: Path) -> None:
    watcher = Watcher()
    spy = Spy(digits.test, [watcher])
    architecture = read_architecture(Source("digits.yaml", SPEC))
    train_run(architecture, RECIPE, replace(digits, test=spy), tmp_path / "run", 0, watcher)
    assert spy.looks and set(spy.looks) == {RECIPE.epochs}


def test_steps_are_logged(digits: DataSet, tmp_path: Path) -> None:
    _, watcher = run(tmp_path / "run", digits, replace(RECIPE, epochs=2), log_every=5)
    lines = [json.loads(line) for line in (tmp_path / "run" / "steps.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(5, watcher.steps + 1, 5))
    assert {line["epoch"] for line in lines} == {1, 2}
    keys = {"step", "epoch", "train_loss", "train_accuracy", "learning_rate", "images_per_second"}
    assert all(line.keys() == keys for line in lines)
    run(tmp_path / "all", digits, replace(RECIPE, epochs=1, batch_size=100), log_every=1)
    lines = [json.loads(line) for line in (tmp_path / "all" / "steps.jsonl").read_text().splitlines()]
    (epoch,) = [json.loads(line) for line in (tmp_path / "all" / "metrics.jsonl").read_text().splitlines()]
    sizes = [100] * (len(lines) - 1) + [len(hold_out(digits.train, 0.2, 0)[0].labels) % 100]
    mean = sum(size * line["train_loss"] for size, line in zip(sizes, lines, strict=True)) / sum(sizes)
    assert mean == pytest.approx(epoch["train_loss"])


def test_the_loss_and_top_5_of_a_split_are_those_of_its_images(digits: DataSet, tmp_path: Path) -> None:
    run(tmp_path / "run", digits, replace(RECIPE, epochs=1))
    trained = read_run(tmp_path / "run")
    result, verdicts = judge_split(trained, digits.test)
    assert len(verdicts.label) == len(digits.test.labels)
    assert result.accuracy == verdicts.top(1) and result.top5 == verdicts.top(5)
    assert result.loss == pytest.approx(verdicts.loss.mean(), rel=1e-5)


def test_what_cannot_be_held_out_is_said_before_anything_is_done(digits: DataSet) -> None:
    graph = read_architecture(Source("digits.yaml", SPEC)).require_sound()
    with pytest.raises(DataError, match="validation 5000"):
        check_trainable(graph, replace(RECIPE, validation=5000.0), digits)
    with pytest.raises(TrainingError, match="patience"):
        check_trainable(graph, Recipe(patience=3), digits)
