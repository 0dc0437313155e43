"""The loss over a training's first steps against PyTorch's, for the networks that the benchmarks train.

`benchmarks.curves` says what is compared, and how far apart two right trainings may be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import curves
from cnncli.training.optimizers.sgd import SGD

pytestmark = pytest.mark.oracle

BATCH = 12
"""Some lanes are idle, where there are 8 or 16."""
RATES = {"resnet20": 0.01}
"""Its recipe's 0.1 belongs to 128 images: with these few, all trainings soon go ways of their own, PyTorch's too."""


@pytest.mark.parametrize("name", curves.CASES)
def test_the_loss_goes_as_in_pytorch(torch, name: str) -> None:
    work = curves.workload(name, BATCH)
    rate = RATES.get(name, work.recipe.learning_rate)
    found = curves.compare(replace(work, recipe=replace(work.recipe, learning_rate=rate)), curves.STEPS)
    assert curves.is_right(found), f"off by {found['ours']:.1e}, PyTorch in float32 by {found['torch']:.1e}"
    exact = found["losses"]["exact"]
    assert np.mean(exact[-10:]) < 0.9 * np.mean(exact[:5]), "nothing is learnt, which tells little"


@pytest.mark.parametrize(
    "change", [{}, {"learning_rate": 0.01001}, {"optimizer": SGD(momentum=0.899)}, {"weight_decay": 1e-4}]
)
def test_a_recipe_that_differs_a_little_is_seen(torch, change: dict[str, Any]) -> None:
    work = curves.workload("lenet5", BATCH)
    changed = replace(work, recipe=replace(work.recipe, **change))
    losses = curves.side_by_side(curves.EngineTraining(changed), curves.sides_of(work), curves.batches_of(work, 20))
    assert (curves.share_of_allowed(*curves.distances(losses)) > 1) is bool(change)


def test_a_loss_that_is_no_number_is_too_far() -> None:
    usual = np.array([1e-7, 1e-6])
    assert curves.is_right({"share": curves.share_of_allowed(usual, usual), "moved": 0.0})
    for losses in (np.array([1e-7, np.nan]), usual), (usual, np.array([np.nan, 1e-6])):
        assert not curves.is_right({"share": curves.share_of_allowed(*losses), "moved": 0.0})
    assert not curves.is_right({"share": 0.5, "moved": np.nan})


def test_what_float32_was_off_by_before_counts_but_not_what_it_will_be() -> None:
    late, early = np.array([0.0, 1e-3]), np.array([1e-3, 0.0])
    assert curves.share_of_allowed(late, early) <= 1
    assert curves.share_of_allowed(early, late) > 1


def test_how_far_following_moves_counts_until_float32_has_drifted() -> None:
    """The step in which it drifts began before."""
    usual = np.array([1e-6, 0.1, 1e-6, 1e-6])
    assert curves.moved_before_drift(usual, [[1e-9, 1e-7, 0.5, 0.5], [1e-8, 1e-6, 0.5, 0.5]]) == 1e-6
    assert np.isnan(curves.moved_before_drift(usual, [[np.nan, 0.0, 0.0, 0.0]]))
