"""The loop on a small real data set: it learns, it repeats itself bit for bit, and it stops when it must."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cnncli import kernels
from cnncli.data import load
from cnncli.data.dataset import Split
from cnncli.data.split import hold_out
from cnncli.errors import DataError, TrainingError
from cnncli.kernels.vector import LANES
from cnncli.network import plan
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.training import checkpoint
from cnncli.training.evaluation import evaluate
from cnncli.training.loop import Trainer, check_classes
from cnncli.training.normalization import Normalization, normalization_of
from cnncli.training.recipe import Recipe
from cnncli.training.schedules import SCHEDULES
from cnncli.training.session import check_trainable
from tests.layers.harness import graph_of

GRAPH = graph_of(
    [
        "{type: conv, filters: 8, kernel: 3, activation: relu}",
        "{type: maxpool, kernel: 2}",
        "{type: flatten}",
        "{type: dropout, p: 0.2}",
        "{type: dense, units: 10, activation: softmax}",
    ],
    (1, 8, 8),
)
RECIPE = Recipe(learning_rate=0.05, batch_size=50, epochs=3)


class Silent:
    """An observer that only counts."""

    def __init__(self) -> None:
        self.steps = 0

    def started(self, recipe, steps) -> None:
        self.expected = steps

    def stepped(self, progress) -> None:
        self.steps += 1

    def finished_epoch(self, metrics) -> None:
        assert self.steps == self.expected * metrics.epoch


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def trained(digits, recipe: Recipe = RECIPE, seed: int = 0, threads: int = 2, graph=GRAPH):
    """(parameters, last epoch's metrics, test result)."""
    parameters = Parameters(graph)
    parameters.initialize(seed)
    normalization = normalization_of(digits.train)
    was = kernels.compile.threads()
    kernels.compile.set_threads(threads)
    try:
        trainer = Trainer(graph, recipe, parameters, digits.train, normalization, seed)
        trainer.warm_up()
        observer = Silent()
        for _ in range(recipe.epochs):
            metrics = trainer.train_epoch(observer)
        return parameters, metrics, evaluate(graph, recipe, parameters, digits.test, normalization)
    finally:
        kernels.compile.set_threads(was)


def test_it_learns_the_digits(digits) -> None:
    _, metrics, result = trained(digits)
    assert result.accuracy > 0.9 and result.loss < 0.4
    assert metrics.train_accuracy > 0.9


def test_mean_squared_error_learns_too(digits) -> None:
    _, _, result = trained(digits, replace(RECIPE, loss="mean_squared_error", learning_rate=0.3))
    assert result.accuracy > 0.85 and result.loss < 0.05


def test_the_same_bits_for_one_and_two_threads_and_again(digits) -> None:
    first, metrics, result = trained(digits, threads=1)
    second, other_metrics, other_result = trained(digits, threads=2)
    assert first.flat.tobytes() == second.flat.tobytes()
    assert metrics.train_loss == other_metrics.train_loss
    assert (result.loss, result.accuracy) == (other_result.loss, other_result.accuracy)
    another, _, _ = trained(digits, seed=1)
    assert first.flat.tobytes() != another.flat.tobytes()


def test_the_evaluated_accuracy_is_that_of_a_plain_argmax(digits) -> None:
    from tests.layers.harness import reference

    parameters, _, result = trained(digits)
    normalization = normalization_of(digits.train)
    x = digits.test.images * normalization.scale[0] + normalization.shift[0]
    weights = {name: value.astype(np.float64) for name, value in parameters.tensors().items()}
    graph = graph_of(CHAIN_WITHOUT_DROPOUT, (1, 8, 8))
    probabilities = reference(graph, weights, x.astype(np.float64))
    right = probabilities.argmax(axis=1) == digits.test.labels
    assert result.accuracy == right.mean()
    losses = -np.log(probabilities[np.arange(len(right)), digits.test.labels])
    assert result.loss == pytest.approx(losses.mean(), rel=1e-4)


CHAIN_WITHOUT_DROPOUT = [
    "{type: conv, filters: 8, kernel: 3, activation: relu}",
    "{type: maxpool, kernel: 2}",
    "{type: flatten}",
    "{type: dense, units: 10, activation: softmax}",
]


def test_a_loss_that_is_no_number_stops_the_run(digits) -> None:
    with pytest.raises(TrainingError, match=r"the loss became (nan|inf) in epoch 1, step \d+"):
        trained(digits, replace(RECIPE, learning_rate=1e30))


def test_normalization_is_that_of_the_training_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 2, 4, 4), dtype=np.uint8)
    images[:, 1] = 7  # a constant channel has no deviation to divide by
    normalization = normalization_of(Split(images, np.zeros(50, np.int64)))
    assert normalization.scale[1] == 1 and normalization.shift[1] == -7
    scaled = images[:, 0] * normalization.scale[0] + normalization.shift[0]
    assert scaled.mean() == pytest.approx(0, abs=1e-9) and scaled.std() == pytest.approx(1)
    as_float = normalization_of(Split(images.astype(np.float32), np.zeros(50, np.int64)))
    assert as_float.scale == pytest.approx(normalization.scale)


def test_as_many_outputs_as_classes() -> None:
    check_classes(GRAPH, 10)
    with pytest.raises(DataError, match=r"10.*100 classes"):
        check_classes(GRAPH, 100)


@pytest.mark.oracle
def test_the_loss_curve_is_that_of_pytorch(digits) -> None:
    """Same initial weights, same batches, SGD with momentum and weight decay: the same losses, step by step."""
    torch = pytest.importorskip("torch")
    graph = graph_of(CHAIN_WITHOUT_DROPOUT, (1, 8, 8))
    recipe = replace(RECIPE, weight_decay=5e-4)
    parameters = Parameters(graph)
    parameters.initialize(0)
    weights = {name: torch.tensor(value.copy(), requires_grad=True) for name, value in parameters.tensors().items()}
    optimizer = torch.optim.SGD(weights.values(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    normalization = Normalization((1 / 255,), (0.0,))
    trainer = Trainer(graph, recipe, parameters, digits.train, normalization, 0)
    for start in range(0, 1000, 50):
        chosen = np.arange(start, start + 50)
        ours, _ = trainer.step(trainer.batches.load(chosen), 0.05)
        x = torch.tensor(digits.train.images[chosen] / np.float32(255))
        y = torch.relu(torch.nn.functional.conv2d(x, weights["conv1.weight"], weights["conv1.bias"]))
        y = torch.nn.functional.max_pool2d(y, 2).flatten(1)
        logits = torch.nn.functional.linear(y, weights["dense1.weight"], weights["dense1.bias"])
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(digits.train.labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert ours / 50 == pytest.approx(loss.item(), rel=1e-4)
    for name, value in parameters.tensors().items():
        np.testing.assert_allclose(value, weights[name].detach().numpy(), atol=1e-4)


NORMED = graph_of(
    [
        "{type: conv, filters: 8, kernel: 3, bias: false}",
        "{type: batchnorm, name: norm, activation: relu}",
        "{type: head, name: aside, weight: 0.3, layers: [{type: flatten}, {type: dense, units: 10}]}",
        "{type: maxpool, kernel: 2}",
        "{type: flatten}",
        "{type: dense, units: 10}",
    ],
    (1, 8, 8),
)


def test_running_statistics_are_those_of_training_and_not_of_the_warm_up(digits) -> None:
    """With momentum 0.1 and few steps, the start (0 and 1) would show if the warm-up's zeros had been counted."""
    parameters = Parameters(NORMED)
    parameters.initialize(0)
    trainer = Trainer(NORMED, RECIPE, parameters, digits.train, normalization_of(digits.train), 0)
    before = parameters.buffers.copy()
    trainer.warm_up()
    np.testing.assert_array_equal(parameters.buffers, before)
    trainer.step(trainer.batches.load(np.arange(50)), 0.0)
    assert (parameters.buffers != before).all()


def test_a_norm_evaluates_by_its_running_statistics(digits) -> None:
    parameters, _, result = trained(digits, graph=NORMED)
    assert result.accuracy > 0.9
    parameters.buffer_views["norm"]["running_mean"][...] = 100
    worse = evaluate(NORMED, RECIPE, parameters, digits.test, normalization_of(digits.train))
    assert worse.accuracy < 0.5


def test_a_norm_evaluates_by_the_weights_as_they_are(digits) -> None:
    """It is folded into the weights before it, anew each time."""
    parameters, _, result = trained(digits, graph=NORMED)
    tensors = parameters.tensors()
    tensors["conv1.weight"][...] *= 4
    tensors["norm.running_mean"][...] *= 4
    tensors["norm.running_var"][...] *= 16
    same = evaluate(NORMED, RECIPE, parameters, digits.test, normalization_of(digits.train))
    assert same.loss == pytest.approx(result.loss, rel=1e-3)
    tensors["norm.weight"][...] = 0
    assert evaluate(NORMED, RECIPE, parameters, digits.test, normalization_of(digits.train)).accuracy < 0.5


def test_an_evaluation_does_not_depend_on_the_batch_size(digits, monkeypatch) -> None:
    parameters = Parameters(NORMED)
    parameters.initialize(0)
    sizes = []
    forward = Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, count: sizes.append(count) or forward(self, count))
    found = set()
    for loss in ("cross_entropy", "mean_squared_error"):
        for batch_size in (1, 50, len(digits.test.labels), 5000):
            recipe = replace(RECIPE, loss=loss, batch_size=batch_size)
            result = evaluate(NORMED, recipe, parameters, digits.test, normalization_of(digits.train))
            found.add((result.loss, result.accuracy))
            assert max(sizes) == min(-(-batch_size // LANES) * LANES, len(digits.test.labels))
            sizes.clear()
    assert len(found) == 2


def test_an_evaluation_takes_no_more_images_at_a_time_than_fit(digits, monkeypatch) -> None:
    parameters = Parameters(NORMED)
    parameters.initialize(0)
    recipe, normalization = replace(RECIPE, batch_size=10**6), normalization_of(digits.train)
    whole = evaluate(NORMED, recipe, parameters, digits.test, normalization)
    room = plan.running_bytes(NORMED, 2 * LANES, LANES, training=False)
    monkeypatch.setattr(plan, "_physical_memory", lambda: room)
    sizes = []
    few = evaluate(NORMED, recipe, parameters, digits.test, normalization, see=lambda rows: sizes.append(len(rows)))
    assert max(sizes) in (LANES, 2 * LANES) and sum(sizes) == len(digits.test.labels)
    assert (few.loss, few.accuracy, few.top5) == (whole.loss, whole.accuracy, whole.top5)
    monkeypatch.setattr(plan, "_physical_memory", lambda: 1000)
    with pytest.raises(TrainingError, match="the network needs"):
        evaluate(NORMED, recipe, parameters, digits.test, normalization)


def test_validation_has_to_fit_beside_training(digits, monkeypatch) -> None:
    recipe = replace(RECIPE, batch_size=2 * LANES, validation=0.2)
    training = plan.running_bytes(NORMED, recipe.batch_size, LANES, copies=recipe.copies_of_weights)
    room = training + plan.running_bytes(NORMED, LANES, LANES, training=False)
    monkeypatch.setattr(plan, "_physical_memory", lambda: room)
    check_trainable(NORMED, recipe, digits)
    train, held = hold_out(digits.train, recipe.validation, 0)
    parameters = Parameters(NORMED)
    parameters.initialize(0)
    Trainer(NORMED, recipe, parameters, train, normalization_of(train), 0, held).train_epoch(Silent())
    monkeypatch.setattr(plan, "_physical_memory", lambda: room - 1)
    with pytest.raises(TrainingError, match="training needs") as refused:
        check_trainable(NORMED, recipe, digits)
    assert refused.value.hint == f"--batch-size {LANES} fits"
    check_trainable(NORMED, replace(recipe, validation=0.0), digits)


def test_a_side_outputs_loss_counts_by_its_weight(digits) -> None:
    """One step from the same start: the side's own weights move 0.3 times as far as with weight 1."""
    moved = []
    for weight in (0.3, 1.0):
        graph = replace(NORMED, side_outputs=(replace(NORMED.side_outputs[0], weight=weight),))
        parameters = Parameters(graph)
        parameters.initialize(0)
        start = parameters.views["aside.dense1"]["weight"].copy()
        trainer = Trainer(graph, RECIPE, parameters, digits.train, normalization_of(digits.train), 0)
        trainer.step(trainer.batches.load(np.arange(50)), 0.1)
        moved.append(parameters.views["aside.dense1"]["weight"] - start)
    np.testing.assert_allclose(moved[0], 0.3 * moved[1], atol=1e-7)
    assert np.abs(moved[1]).max() > 1e-3


def test_every_output_must_have_the_datas_classes() -> None:
    with pytest.raises(DataError, match="the output of `aside` is"):
        check_classes(graph_of(["{type: head, name: aside, weight: 1, layers: [{type: relu}]}",
                                "{type: dense, units: 10}"], (4,)), 10)  # fmt: skip


def test_where_a_side_output_is_the_networks_both_losses_count(digits) -> None:
    """A head of a softmax alone looks at the same logits: the gradient is 1.3 times that of the network's own loss."""
    layers = ["{type: flatten}", "{type: dense, name: logits, units: 10}"]
    head = "{type: head, weight: 0.3, layers: [{type: softmax}]}"
    found = []
    for graph in (graph_of(layers, (1, 8, 8)), graph_of([*layers, head, "{type: softmax}"], (1, 8, 8))):
        parameters = Parameters(graph)
        parameters.initialize(0)
        trainer = Trainer(graph, RECIPE, parameters, digits.train, normalization_of(digits.train), 0)
        trainer.step(trainer.batches.load(np.arange(50)), 0.0)
        found.append(parameters.gradients.copy())
    np.testing.assert_allclose(found[1], 1.3 * found[0], rtol=1e-5, atol=1e-7)


def test_a_schedule_that_remembers_infinity_is_kept_in_a_checkpoint(digits, tmp_path) -> None:
    """As the plateau does while no loss was finite."""
    recipe = replace(RECIPE, schedule=SCHEDULES.find("plateau")(), epochs=3)
    parameters = Parameters(GRAPH)
    trainers = [Trainer(GRAPH, recipe, parameters, digits.train, normalization_of(digits.train), 0) for _ in range(2)]
    trainers[0].schedule_state = recipe.schedule.observed((), math.inf)
    trainers[0].position.epoch, trainers[0].steps_done = 2, trainers[0].batches.count()
    checkpoint.save(tmp_path, trainers[0].vectors(), trainers[0].facts())
    found = checkpoint.load(tmp_path / checkpoint.CHECKPOINT, 10**8)
    trainers[1].restore(found.vectors, found.facts)
    assert trainers[1].schedule_state == trainers[0].schedule_state == (1.0, math.inf, 1.0)
