"""The learning rate's course, as a function of the steps that are done."""

from __future__ import annotations

import pytest

from cnncli.training.recipe import Recipe
from cnncli.training.schedules import Moment, Schedule, warm_up
from cnncli.training.schedules.constant import Constant
from cnncli.training.schedules.cosine import Cosine
from cnncli.training.schedules.exponential import Exponential
from cnncli.training.schedules.one_cycle import OneCycle
from cnncli.training.schedules.plateau import Plateau
from cnncli.training.schedules.step import Step


def at(schedule: Schedule, *steps: int, each: int = 4, epochs: int = 10) -> list[float]:
    return [schedule.factor(Moment(step, each, epochs), ()) for step in steps]


def test_constant() -> None:
    assert at(Constant(), 0, 39) == [1, 1]


def test_a_cosine_goes_from_the_rate_to_nothing() -> None:
    assert at(Cosine(), 0, 20, 40, 50) == pytest.approx([1, 0.5, 0, 0])
    assert at(Cosine(end=0.2), 0, 20, 40) == pytest.approx([1, 0.6, 0.2])


def test_by_the_epoch_the_rate_stays_within_one() -> None:
    assert at(Exponential(decay=0.5), 0, 3, 4, 7, 8) == [1, 1, 0.5, 0.5, 0.25]
    assert at(Step(epochs=2, decay=0.5), 0, 7, 8, 15, 16) == [1, 1, 0.5, 0.5, 0.25]
    assert at(Step(epochs=(1, 3), decay=0.5), 0, 3, 4, 11, 12, 39) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_an_epoch_is_not_missed_by_a_rounding() -> None:
    """As 7 / 700 * 100 would: steps are counted in whole numbers."""
    for epoch in range(1, 100):
        assert at(Step(epochs=epoch), 7 * epoch - 1, 7 * epoch, each=7, epochs=100) == [1, 0.1]


def test_one_cycle() -> None:
    cycle = OneCycle(rise=0.5, first=0.1, end=0.01)
    assert at(cycle, 0, 19, 39, 99) == pytest.approx([0.1, 1, 0.01, 0.01])
    rates = at(cycle, *range(40))
    assert rates[:20] == sorted(rates[:20]) and rates[19:] == sorted(rates[19:], reverse=True)


@pytest.mark.parametrize("rise", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 10])
def test_one_cycle_of_few_steps(rise: float, steps: int) -> None:
    rates = at(OneCycle(rise=rise), *range(steps), each=1, epochs=steps)
    assert all(0 < rate <= 1 for rate in rates)


def test_a_warm_up_rises_to_the_rate_and_goes_before_any_schedule() -> None:
    assert [warm_up(Moment(step, 4, 10), 1.5) for step in range(8)] == pytest.approx(
        [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1]
    )
    assert warm_up(Moment(0, 4, 10), 0) == 1
    assert 0 < warm_up(Moment(39, 4, 10), 1e308) < 1e-10
    recipe = Recipe(learning_rate=0.2, schedule=Cosine(), warmup=1)
    assert recipe.learning_rate_at(Moment(0, 4, 10)) == pytest.approx(0.2 / 4)
    assert recipe.learning_rate_at(Moment(20, 4, 10)) == pytest.approx(0.1)


def test_on_a_plateau_the_rate_falls() -> None:
    """With patience 1, the second epoch that is no better ends it; then counting begins anew."""
    schedule, state, factors = Plateau(decay=0.5, patience=1, threshold=0.1), (), []
    assert at(schedule, 0) == [1]
    for loss in (1.0, 0.95, 0.92, 0.91, 0.8, 0.79, float("nan"), 0.1):
        state = schedule.observed(state, loss)
        factors.append(schedule.factor(Moment(4, 4, 10), state))
    assert factors == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert all(isinstance(number, float) for number in state)


def test_what_has_no_state_keeps_none() -> None:
    assert Constant().observed((), 1.0) == ()
