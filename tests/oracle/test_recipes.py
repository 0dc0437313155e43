"""Optimizers, clipping and schedules against PyTorch's: `torch.optim`, `torch.nn.utils`, `torch.optim.lr_scheduler`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnncli.graph import Graph
from cnncli.network.parameters import Parameters
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.recipe import Recipe
from cnncli.training.schedules import SCHEDULES, Moment
from cnncli.training.update import Update
from tests.layers.harness import graph_of

pytestmark = pytest.mark.oracle

GRAPH: Graph = graph_of(["{type: dense, units: 7}"], (13,))
STEPS = 20
OPTIMIZED: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [  # name, PyTorch's, settings, PyTorch's
    ("sgd", "SGD", {"momentum": 0.0}, {}),
    ("sgd", "SGD", {"momentum": 0.9}, {"momentum": 0.9}),
    ("sgd", "SGD", {"momentum": 0.8, "nesterov": True}, {"momentum": 0.8, "nesterov": True}),
    ("rmsprop", "RMSprop", {}, {}),
    ("rmsprop", "RMSprop", {"alpha": 0.9, "epsilon": 1e-3}, {"alpha": 0.9, "eps": 1e-3}),
    ("rmsprop", "RMSprop", {"momentum": 0.9}, {"momentum": 0.9}),
    ("rmsprop", "RMSprop", {"centered": True, "epsilon": 1e-3}, {"centered": True, "eps": 1e-3}),
    ("rmsprop", "RMSprop", {"centered": True, "epsilon": 0.1, "momentum": 0.5},
     {"centered": True, "eps": 0.1, "momentum": 0.5}),
    ("adagrad", "Adagrad", {}, {}),
    ("adagrad", "Adagrad", {"initial": 0.1, "epsilon": 1e-5}, {"initial_accumulator_value": 0.1, "eps": 1e-5}),
    ("adadelta", "Adadelta", {}, {}),
    ("adadelta", "Adadelta", {"rho": 0.5, "epsilon": 1e-3}, {"rho": 0.5, "eps": 1e-3}),
    ("adam", "Adam", {}, {}),
    ("adam", "Adam", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, {"betas": (0.5, 0.9), "eps": 1e-3}),
    ("adamw", "AdamW", {}, {}),
    ("adamw", "AdamW", {"beta1": 0.8}, {"betas": (0.8, 0.999)}),
    ("adamax", "Adamax", {}, {}),
    ("adamax", "Adamax", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, {"betas": (0.5, 0.9), "eps": 1e-3}),
    ("nadam", "NAdam", {}, {}),
    ("nadam", "NAdam", {"beta1": 0.8, "momentum_decay": 0.1}, {"betas": (0.8, 0.999), "momentum_decay": 0.1}),
]  # fmt: skip


def gradients(step: int) -> Any:
    return np.random.default_rng(step).standard_normal(Parameters(GRAPH).flat.size).astype(np.float32)


def ours(recipe: Recipe, scale: float) -> list[Any]:
    """The weights after each step, from 0.5 on."""
    parameters = Parameters(GRAPH)
    parameters.flat.fill(0.5)
    update, found = Update(recipe, parameters), []
    for step in range(1, STEPS + 1):
        parameters.gradients[...] = scale * gradients(step)
        update.step(step, recipe.learning_rate)
        found.append(parameters.flat.copy())
    return found


def theirs(torch, make, scale: float, clip=lambda weight: None) -> list[Any]:
    weight = torch.nn.Parameter(torch.full((Parameters(GRAPH).flat.size,), 0.5, dtype=torch.float64))
    optimizer, found = make([weight]), []
    for step in range(1, STEPS + 1):
        weight.grad = torch.tensor(scale * gradients(step).astype(np.float64))
        clip(weight)
        optimizer.step()
        found.append(weight.detach().numpy().copy())
    return found


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("name", "class_name", "settings", "torchs"), OPTIMIZED)
def test_optimizers(torch, name, class_name, settings, torchs, decay) -> None:
    optimizer, their_class = OPTIMIZERS.find(name)(**settings), getattr(torch.optim, class_name)
    recipe = Recipe(optimizer=optimizer, learning_rate=0.02, weight_decay=decay)
    expected = theirs(torch, lambda weights: their_class(weights, lr=0.02, weight_decay=decay, **torchs), 1.0)
    for found, wanted in zip(ours(recipe, 1.0), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=5e-6)


@pytest.mark.parametrize(("name", "class_name"), [(name, their) for name, their, *_ in OPTIMIZED if name != "sgd"])
def test_what_is_left_out_is_what_it_is_in_pytorch(torch, name: str, class_name: str) -> None:
    their_class = getattr(torch.optim, class_name)
    recipe = Recipe(optimizer=OPTIMIZERS.find(name)())
    for found, wanted in zip(ours(recipe, 1.0), theirs(torch, their_class, 1.0), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=5e-6)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("kind", ["norm", "value"])
def test_clipping(torch, kind: str, scale: float) -> None:
    clip = {
        "norm": lambda weight: torch.nn.utils.clip_grad_norm_([weight], 1.5),
        "value": lambda weight: torch.nn.utils.clip_grad_value_([weight], 1.5),
    }[kind]
    recipe = Recipe(
        learning_rate=0.1, weight_decay=0.01, clip_norm=1.5 * (kind == "norm"), clip_value=1.5 * (kind == "value")
    )
    expected = theirs(torch, lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=0.01), scale, clip)
    for found, wanted in zip(ours(recipe, scale), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


EPOCHS, PER_EPOCH = 12, 5
BY_EPOCH = {
    "step": ({"epochs": 3, "decay": 0.5}, lambda lr, o: lr.StepLR(o, 3, 0.5)),
    "step at": ({"epochs": (2, 7, 8)}, lambda lr, o: lr.MultiStepLR(o, [2, 7, 8], 0.1)),
    "exponential": ({"decay": 0.8}, lambda lr, o: lr.ExponentialLR(o, 0.8)),
    "constant": ({}, lambda lr, o: lr.ConstantLR(o, 1.0)),
}
TOTAL = EPOCHS * PER_EPOCH
BY_STEP = {
    "cosine": ({}, lambda lr, o: lr.CosineAnnealingLR(o, TOTAL)),
    "cosine to": ({"end": 0.1}, lambda lr, o: lr.CosineAnnealingLR(o, TOTAL, 0.03)),
    "one_cycle": ({}, lambda lr, o: lr.OneCycleLR(o, 0.3, TOTAL, cycle_momentum=False)),
    "one_cycle down": ({"rise": 0}, lambda lr, o: lr.OneCycleLR(o, 0.3, TOTAL, pct_start=0.0, cycle_momentum=False)),
    "one_cycle of": (
        {"rise": 0.5, "first": 0.1, "end": 0.01},
        lambda lr, o: lr.OneCycleLR(
            o, 0.3, TOTAL, pct_start=0.5, div_factor=10, final_div_factor=10, cycle_momentum=False
        ),
    ),
}


def optimizer_for(torch) -> Any:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)


def rates(name: str, settings: dict[str, Any], warmup: float = 0.0) -> list[float]:
    schedule = SCHEDULES.find(name.partition(" ")[0])(**settings)
    recipe = Recipe(learning_rate=0.3, schedule=schedule, warmup=warmup)
    return [recipe.learning_rate_at(Moment(step, PER_EPOCH, EPOCHS)) for step in range(TOTAL)]


def rates_of(optimizer, *schedulers, every: int = 1) -> list[float]:
    found = []
    for step in range(1, TOTAL + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for scheduler in schedulers if step % every == 0 else ():
            scheduler.step()
    return found


@pytest.mark.parametrize("name", BY_EPOCH)
def test_schedules_by_the_epoch(torch, name: str) -> None:
    settings, make = BY_EPOCH[name]
    optimizer = optimizer_for(torch)
    expected = rates_of(optimizer, make(torch.optim.lr_scheduler, optimizer), every=PER_EPOCH)
    np.testing.assert_allclose(rates(name, settings), expected, rtol=1e-9)


@pytest.mark.parametrize("warmup", [0, 2])
@pytest.mark.parametrize("name", BY_STEP)
def test_schedules_by_the_step_and_a_warm_up_before_them(torch, name: str, warmup: int) -> None:
    settings, make = BY_STEP[name]
    optimizer, lr = optimizer_for(torch), torch.optim.lr_scheduler
    expected = np.array(rates_of(optimizer, make(lr, optimizer)))
    if warmup:
        other, steps = optimizer_for(torch), warmup * PER_EPOCH
        rise = rates_of(other, lr.LinearLR(other, 1 / steps, total_iters=steps - 1))
        expected *= np.array(rise) / 0.3
    np.testing.assert_allclose(rates(name, settings, warmup), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"patience": 0}, {"patience": 2, "decay": 0.5, "threshold": 0.05}])
def test_plateaus(torch, settings: dict[str, Any]) -> None:
    optimizer = optimizer_for(torch)
    names = {"decay": "factor"}
    their_settings = {names.get(name, name): value for name, value in settings.items()}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0.0, **their_settings)
    schedule, state = SCHEDULES.find("plateau")(**settings), ()
    losses = [1.0, 0.99, 0.9, 0.95, 0.9, 0.91, 0.5, 0.5, 0.5, 0.5, *[0.49999] * 30, float("nan"), 0.1, 0.2, 0.3, 0.4]
    for loss in losses:
        scheduler.step(loss)
        state = schedule.observed(state, loss)
        assert 0.3 * schedule.factor(Moment(0, 1, 1), state) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
