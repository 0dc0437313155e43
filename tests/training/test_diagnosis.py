"""Where numbers stopped being numbers is found: in the weights, the images, or a layer's output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnncli.data.dataset import Split
from cnncli.errors import TrainingError
from cnncli.kernels.vector import LANES
from cnncli.network import plan
from cnncli.network.parameters import Parameters
from cnncli.training import diagnosis
from cnncli.training.loop import Trainer
from cnncli.training.normalization import Normalization
from cnncli.training.optimizers.sgd import SGD
from cnncli.training.recipe import Recipe
from tests.layers.harness import graph_of
from tests.training.test_loop import Silent

GRAPH = graph_of(
    ["{type: flatten}", "{type: dense, name: first, units: 12}", "{type: batchnorm, name: norm, activation: relu}",
     "{type: dense, name: last, units: 10}"],
    (1, 8, 8),
)  # fmt: skip
RECIPE = Recipe(optimizer=SGD(), learning_rate=0.1, batch_size=20, epochs=2)


def trainer_of(recipe: Recipe = RECIPE, detect_anomaly: bool = False) -> Trainer:
    stream = np.random.default_rng(0)
    split = Split(stream.random((60, 1, 8, 8), np.float32), stream.integers(0, 10, 60))
    parameters = Parameters(GRAPH)
    parameters.initialize(0)
    return Trainer(GRAPH, recipe, parameters, split, Normalization((1.0,), (0.0,)), 0, None, detect_anomaly)


def words_of(trainer: Trainer) -> str:
    with pytest.raises(TrainingError) as caught:
        trainer.train_epoch(Silent())
    assert "\n" not in caught.value.message
    assert "--clip-norm" in caught.value.hint
    return caught.value.message


def test_weights_that_are_no_numbers_are_named() -> None:
    trainer = trainer_of()
    trainer.parameters.views["last"]["weight"][3, 5] = np.nan
    words = words_of(trainer)
    assert "epoch 1, step 1" in words and "the weights last.weight are not finite" in words


def test_the_first_layer_whose_output_overflows_is_named() -> None:
    trainer = trainer_of()
    trainer.parameters.views["first"]["weight"][...] = 3e38
    buffers = trainer.parameters.buffers.copy()
    assert "the output of `first` is the first that is not finite" in words_of(trainer)
    assert buffers.tobytes() != b"" and trainer.steps_done == 0


@pytest.mark.parametrize("lacking", ["by arithmetic", "in truth"])
def test_where_memory_has_no_room_the_step_is_told_without_the_layer(
    lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = trainer_of()
    trainer.parameters.views["first"]["weight"][...] = 3e38
    if lacking == "by arithmetic":  # room for the kept outputs alone, but not beside the network in training
        room = plan.running_bytes(GRAPH, RECIPE.batch_size, LANES, keep=True)
        monkeypatch.setattr(plan, "_physical_memory", lambda: room)
    else:

        def refuse(*_: object, **__: object) -> None:
            raise MemoryError

        monkeypatch.setattr(diagnosis, "Network", refuse)
    assert words_of(trainer).endswith("in epoch 1, step 1")


def test_images_that_are_no_numbers_are_named() -> None:
    trainer = trainer_of()
    trainer.batches.split.images[7, 0, 0, 0] = np.inf
    assert "the images themselves are not finite" in words_of(trainer)


def test_a_rate_too_high_ends_with_the_step() -> None:
    words = words_of(trainer_of(replace(RECIPE, learning_rate=1e30)))
    assert "the loss became" in words and "step 2" in words


def test_detect_anomaly_sees_what_the_loss_does_not_show_yet() -> None:
    trainer = trainer_of(detect_anomaly=True)
    trainer.update.slots.fill(np.inf)  # the momentum of every weight
    assert "the weights first.weight are no longer finite in epoch 1, step 1" in words_of(trainer)
    trainer_of(detect_anomaly=True).train_epoch(Silent())
