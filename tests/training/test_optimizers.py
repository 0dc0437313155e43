"""Every optimizer against its formulas in float64, as their papers and PyTorch's pages have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from cnncli.kernels.optimizers import Handling
from cnncli.training.optimizers import OPTIMIZERS, Optimizer

STEPS, SIZE, RATE = 5, 37, 0.05
Array = np.ndarray[Any, np.dtype[np.float64]]
Steps = Iterator[Array]


def sgd(g: Callable[[int], Array], momentum: float = 0.9, nesterov: bool = False) -> Steps:
    """Each step's change of the weights, its sign turned, the learning rate left out."""
    v = np.zeros(SIZE)
    for t in range(1, STEPS + 1):
        v = momentum * v + g(t)
        yield g(t) + momentum * v if nesterov else v


def rmsprop(g, alpha=0.99, epsilon=1e-8, momentum=0.0, centered=False) -> Steps:
    v, mean, b = np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for t in range(1, STEPS + 1):
        v = alpha * v + (1 - alpha) * g(t) ** 2
        mean = alpha * mean + (1 - alpha) * g(t)
        b = momentum * b + g(t) / (np.sqrt(v - mean**2 if centered else v) + epsilon)
        yield b


def adagrad(g, initial=0.0, epsilon=1e-10) -> Steps:
    total = np.full(SIZE, initial)
    for t in range(1, STEPS + 1):
        total = total + g(t) ** 2
        yield g(t) / (np.sqrt(total) + epsilon)


def adadelta(g, rho=0.9, epsilon=1e-6) -> Steps:
    v, u = np.zeros(SIZE), np.zeros(SIZE)
    for t in range(1, STEPS + 1):
        v = rho * v + (1 - rho) * g(t) ** 2
        change = np.sqrt(u + epsilon) / np.sqrt(v + epsilon) * g(t)
        u = rho * u + (1 - rho) * change**2
        yield change


def adam(g, beta1=0.9, beta2=0.999, epsilon=1e-8) -> Steps:
    m, v = np.zeros(SIZE), np.zeros(SIZE)
    for t in range(1, STEPS + 1):
        m, v = beta1 * m + (1 - beta1) * g(t), beta2 * v + (1 - beta2) * g(t) ** 2
        yield m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)


def adamax(g, beta1=0.9, beta2=0.999, epsilon=1e-8) -> Steps:
    m, u = np.zeros(SIZE), np.zeros(SIZE)
    for t in range(1, STEPS + 1):
        m, u = beta1 * m + (1 - beta1) * g(t), np.maximum(beta2 * u, np.abs(g(t)) + epsilon)
        yield m / (1 - beta1**t) / u


def nadam(g, beta1=0.9, beta2=0.999, epsilon=1e-8, momentum_decay=0.004) -> Steps:
    m, v, product = np.zeros(SIZE), np.zeros(SIZE), 1.0
    for t in range(1, STEPS + 1):
        now, then = (beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1))
        product *= now
        m, v = beta1 * m + (1 - beta1) * g(t), beta2 * v + (1 - beta2) * g(t) ** 2
        ahead = then * m / (1 - product * then) + (1 - now) * g(t) / (1 - product)
        yield ahead / (np.sqrt(v / (1 - beta2**t)) + epsilon)


FORMULAS = {
    "sgd": sgd, "rmsprop": rmsprop, "adagrad": adagrad, "adadelta": adadelta, "adam": adam, "adamw": adam,
    "adamax": adamax, "nadam": nadam,
}  # fmt: skip
CASES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in FORMULAS),
    ("sgd", {"momentum": 0.0}),
    ("sgd", {"momentum": 0.8, "nesterov": True}),
    ("rmsprop", {"momentum": 0.9, "alpha": 0.9}),
    ("rmsprop", {"centered": True, "epsilon": 1e-3}),
    ("rmsprop", {"centered": True, "epsilon": 1e-3, "momentum": 0.5}),
    ("adagrad", {"initial": 0.1, "epsilon": 1e-7}),
    ("adadelta", {"rho": 0.5, "epsilon": 1e-2}),
    ("adam", {"beta1": 0.5, "beta2": 0.9, "epsilon": 1e-2}),
    ("adam", {"beta1": 0.0}),
    ("adam", {"beta2": 0.99999}),  # in float32 1 less this is off by a thousandth
    ("adamax", {"beta1": 0.5, "beta2": 0.5}),
    ("nadam", {"beta1": 0.8, "momentum_decay": 0.1}),
]


def optimizer_of(name: str, settings: dict[str, Any]) -> Optimizer:
    return OPTIMIZERS.find(name)(**settings)


def slots_of(optimizer: Optimizer, size: int = SIZE) -> Any:
    return np.full((optimizer.slots, size), optimizer.start, np.float32)


def gradient(t: int) -> Array:
    return np.random.default_rng(t).standard_normal(SIZE).astype(np.float32).astype(np.float64)


def test_every_optimizer_has_its_formula_here() -> None:
    assert FORMULAS.keys() == set(OPTIMIZERS.names)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_an_update_is_that_of_the_formulas(name: str, settings: dict[str, Any]) -> None:
    optimizer = optimizer_of(name, settings)
    start = np.random.default_rng(0).standard_normal(SIZE).astype(np.float32)
    weights, slots, expected = start.copy(), slots_of(optimizer), start.astype(np.float64)
    for t, change in enumerate(FORMULAS[name](gradient, **settings), 1):
        optimizer.update(weights, gradient(t).astype(np.float32), slots, t, RATE, Handling())
        expected = expected - RATE * change
        np.testing.assert_allclose(weights, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_state_is_in_the_slots_and_the_number_of_the_step(name: str, settings: dict[str, Any]) -> None:
    """Two copies of it, gone on from with optimizers of their own, go the same way to the bit."""
    optimizer = optimizer_of(name, settings)
    weights, slots = np.ones(SIZE, np.float32), slots_of(optimizer)
    ends = []
    for t in range(1, 4):
        optimizer.update(weights, gradient(t).astype(np.float32), slots, t, RATE, Handling())
    for _ in range(2):
        again, kept, fresh = weights.copy(), slots.copy(), optimizer_of(name, settings)
        fresh.update(again, gradient(4).astype(np.float32), kept, 4, RATE, Handling())
        ends.append(again.tobytes() + kept.tobytes())
    assert ends[0] == ends[1]


def test_nadams_momenta_come_to_nothing_after_many_steps() -> None:
    """PyTorch multiplies them from step to step; here their product is found from the step's number."""
    from cnncli.training.optimizers.nadam import Nadam, _momentum, _product

    settings = Nadam()
    assert _product(settings, 1_000_000) == 0
    assert _product(settings, 20) == pytest.approx(np.prod([_momentum(settings, t) for t in range(1, 21)]))


def test_a_slot_is_only_kept_where_one_is_needed() -> None:
    wanted = {"sgd": 1, "rmsprop": 1, "adagrad": 1, "adadelta": 2, "adam": 2, "adamw": 2, "adamax": 2, "nadam": 2}
    assert {name: optimizer_of(name, {}).slots for name in OPTIMIZERS.names} == wanted
    assert optimizer_of("sgd", {"momentum": 0.0}).slots == 0
    assert optimizer_of("rmsprop", {"momentum": 0.9, "centered": True}).slots == 3
