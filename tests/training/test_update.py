"""What a step does besides the optimizer: clipping, averages; and that its state is all there is to a training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnncli import kernels
from cnncli.data import load
from cnncli.network.parameters import Parameters
from cnncli.training.loop import Trainer
from cnncli.training.normalization import Normalization
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.optimizers.nadam import Nadam
from cnncli.training.recipe import Recipe
from cnncli.training.schedules.plateau import Plateau
from tests.layers.harness import graph_of
from tests.training.test_loop import Silent

GRAPH = graph_of(
    ["{type: flatten}", "{type: dense, units: 12}", "{type: batchnorm, name: norm, activation: relu}",
     "{type: dense, units: 10}"],
    (1, 8, 8),
)  # fmt: skip
DIGITS = load("digits").train
ALL = Recipe(optimizer=Nadam(), batch_size=50, ema=0.9, clip_norm=1.0, label_smoothing=0.1, weight_decay=1e-3)


def trainer_of(recipe: Recipe, graph=GRAPH) -> Trainer:
    parameters = Parameters(graph)
    parameters.initialize(3)
    return Trainer(graph, recipe, parameters, DIGITS, Normalization((1 / 16,), (-0.5,)), 0)


def step(trainer: Trainer, number: int) -> tuple[float, int]:
    chosen = np.arange(50 * number, 50 * number + 50) % len(DIGITS.labels)
    return trainer.step(trainer.batches.load(chosen), 0.02)


def state(trainer: Trainer) -> list[Any]:
    arrays = [trainer.parameters.flat, trainer.parameters.buffers, trainer.update.slots]
    average = trainer.update.average
    return arrays if average is None else [*arrays, average.flat, average.buffers]


@pytest.mark.parametrize("name", OPTIMIZERS.names)
def test_every_optimizer_learns(name: str) -> None:
    trainer = trainer_of(Recipe(optimizer=OPTIMIZERS.find(name)(), batch_size=50))
    rate = trainer.recipe.learning_rate
    losses = [trainer.step(trainer.batches.load(np.arange(50)), rate)[0] for _ in range(60)]
    assert losses[-1] < 0.7 * losses[0]


def test_a_warm_up_of_kernels_changes_nothing() -> None:
    trainer = trainer_of(ALL)
    before = [array.copy() for array in state(trainer)]
    trainer.warm_up()
    for array, was in zip(state(trainer), before, strict=True):
        np.testing.assert_array_equal(array, was)
    assert trainer.steps_done == 0


def test_the_state_is_all_there_is_to_go_on_from() -> None:
    """A trainer that takes over another's arrays and numbers goes its way to the bit."""
    first = trainer_of(ALL)
    for number in range(3):
        step(first, number)
    second = trainer_of(ALL)
    for array, value in zip(state(second), state(first), strict=True):
        array[...] = value
    second.steps_done = first.steps_done
    for number in range(3, 6):
        assert step(first, number) == step(second, number)
    assert [array.tobytes() for array in state(first)] == [array.tobytes() for array in state(second)]


def test_the_same_bits_for_one_and_two_threads() -> None:
    before, found = kernels.compile.threads(), []
    try:
        for threads in (1, 2):
            kernels.compile.set_threads(threads)
            trainer = trainer_of(ALL)
            for number in range(3):
                step(trainer, number)
            found.append([array.tobytes() for array in state(trainer)])
    finally:
        kernels.compile.set_threads(before)
    assert found[0] == found[1]


def test_averages_are_those_of_the_weights_and_of_the_buffers() -> None:
    """Early on of as many steps as there are: in step n the weights count for 9 / (9 + n), until that is 1 - ema."""
    trainer = trainer_of(replace(ALL, ema=0.5))
    own, result = trainer.parameters, trainer.result
    mean, buffers = own.flat.astype(np.float64), own.buffers.astype(np.float64)
    for number in range(1, 13):
        step(trainer, number)
        share = max(0.5, 9 / (9 + number))
        mean += share * (own.flat - mean)
        buffers += share * (own.buffers - buffers)
    assert result is not own
    np.testing.assert_allclose(result.flat, mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(result.buffers, buffers, rtol=1e-5, atol=1e-6)
    assert (result.flat != own.flat).any() and (result.buffers != own.buffers).any()
    assert result.views["norm"]["weight"].base is not own.views["norm"]["weight"].base
    np.testing.assert_array_equal(result.tensors()["norm.running_mean"], result.buffer_views["norm"]["running_mean"])


def test_averages_change_nothing_of_the_training() -> None:
    with_average, without = trainer_of(ALL), trainer_of(replace(ALL, ema=0.0))
    for number in range(3):
        assert step(with_average, number) == step(without, number)
    assert with_average.parameters.flat.tobytes() == without.parameters.flat.tobytes()
    assert without.result is without.parameters


def test_a_clipped_step_is_as_long_as_the_norm_allows() -> None:
    recipe = Recipe(batch_size=50, learning_rate=1.0, clip_norm=0.01, optimizer=OPTIMIZERS.find("sgd")(momentum=0.0))
    trainer = trainer_of(recipe)
    before = trainer.parameters.flat.astype(np.float64)
    trainer.step(trainer.batches.load(np.arange(50)), 1.0)
    moved, gradients = trainer.parameters.flat - before, trainer.parameters.gradients.astype(np.float64)
    assert np.linalg.norm(gradients) > 0.1
    assert np.linalg.norm(moved) == pytest.approx(0.01, rel=1e-3)
    np.testing.assert_allclose(moved, -gradients * 0.01 / np.linalg.norm(gradients), atol=1e-7)


def test_decay_of_adam_and_of_adamw() -> None:
    """Without a gradient: Adam's turns into whole steps, AdamW's shrinks by rate times decay."""
    for name, expected in (("adam", 2 - 0.1), ("adamw", 2 * (1 - 0.1 * 0.5))):
        trainer = trainer_of(Recipe(optimizer=OPTIMIZERS.find(name)(), weight_decay=0.5))
        trainer.parameters.flat.fill(2)
        trainer.parameters.gradients.fill(0)
        trainer.update.step(1, 0.1)
        np.testing.assert_allclose(trainer.parameters.flat, expected, rtol=1e-6)


def test_smoothing_is_of_the_training_loss_of_all_ends() -> None:
    """The gradient of a smoothed label is (1 - s) times the plain one and s times that of an even target."""
    layers = ["{type: flatten}", "{type: head, weight: 0.5, layers: [{type: dense, units: 10}]}",
              "{type: dense, units: 10}"]  # fmt: skip
    graph, found = graph_of(layers, (1, 8, 8)), []
    for smoothing in (0.0, 1.0, 0.3):
        trainer = trainer_of(Recipe(batch_size=50, label_smoothing=smoothing), graph)
        trainer.step(trainer.batches.load(np.arange(50)), 0.0)
        found.append(trainer.parameters.gradients.copy())
    plain, even, some = found
    np.testing.assert_allclose(some, 0.7 * plain + 0.3 * even, rtol=1e-4, atol=1e-5)
    assert np.abs(plain - even).max() > 0.01


def test_a_plateau_is_told_what_each_epoch_came_to() -> None:
    schedule = Plateau(patience=0, decay=0.5)
    trainer = trainer_of(Recipe(schedule=schedule, learning_rate=5.0, batch_size=500, epochs=4))
    state: tuple[float, ...] = ()
    observer = Silent()
    for _ in range(4):
        state = schedule.observed(state, trainer.train_epoch(observer).train_loss)
        assert trainer.schedule_state == state
    assert schedule.factor(None, state) < 1  # type: ignore[arg-type]
