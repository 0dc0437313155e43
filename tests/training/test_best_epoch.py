"""The best epoch so far, and how long to wait for a better one, on scripted courses."""

from __future__ import annotations

import math

import pytest

from cnncli.training.best_epoch import BestEpoch

NAN = math.nan


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("accuracy", [0.5, 0.7, 0.6], 2),
        ("accuracy", [0.5, 0.5, 0.5], 1),
        ("accuracy", [0.0, 0.0, 0.1], 3),
        ("loss", [0.5, 0.7, 0.4, 0.4], 3),
        ("loss", [0.0, 1.0], 1),
        ("loss", [NAN, 3.0, NAN], 2),
        ("accuracy", [NAN, NAN], 0),
        ("loss", [math.inf, 3.0, math.inf], 2),
    ],
)
def test_the_first_of_the_best_is_kept(monitor: str, values: list[float], best: int) -> None:
    state = BestEpoch()
    better = [epoch for epoch, value in enumerate(values, 1) if state.see(epoch, value, monitor)]
    assert state.epoch == best == (better[-1] if better else 0)
    assert state.value == (values[best - 1] if best else None)
    assert state.since == len(values) - best


@pytest.mark.parametrize(
    ("patience", "values", "ends_after"),
    [
        (0, [0.5] * 9, None),
        (1, [0.5, 0.6, 0.6, 0.9], 3),
        (2, [0.5, 0.4, 0.6, 0.5, 0.6, 0.9], 5),
        (3, [0.5, 0.4, 0.4, 0.6, 0.5, 0.5], None),
        (2, [NAN, NAN, 0.9], 2),
    ],
)
def test_patience_ends(patience: int, values: list[float], ends_after: int | None) -> None:
    state = BestEpoch()
    seen = 0
    for epoch, value in enumerate(values, 1):
        state.see(epoch, value, "accuracy")
        seen = epoch
        if state.is_exhausted(patience):
            break
    assert (seen if state.is_exhausted(patience) else None) == ends_after
