"""Who takes the next step: all threads where they are faster, one where they are in each other's way."""

from __future__ import annotations

import pytest

from cnncli import kernels
from cnncli.training.crew import Crew


class Machine:
    """A clock by which a step takes as long as its number of threads says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
        self.now, self.threads = 0.0, threads
        monkeypatch.setattr(kernels.compile, "threads", lambda: self.threads)
        monkeypatch.setattr(kernels.compile, "set_threads", self.set)

    def set(self, count: int) -> int:
        self.threads = count
        return count

    def train(self, crew: Crew, seconds: float, takes: dict[int, float]) -> dict[int, float]:
        """How long each number of threads worked."""
        spent = dict.fromkeys(takes, 0.0)
        end = self.now + seconds
        while self.now < end:
            crew.begin()
            threads = self.threads
            self.now += takes[threads]
            spent[threads] += takes[threads]
            crew.end()
        return spent


@pytest.mark.parametrize("takes", [{2: 0.002, 1: 0.004}, {2: 0.07, 1: 0.13}, {2: 0.004, 1: 0.0038}])
def test_all_threads_work_where_they_are_faster_and_trials_are_rare(takes, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 2)
    spent = machine.train(Crew(lambda: machine.now), 100, takes)
    assert 0 < spent[1] < 0.03 * spent[2]


def test_one_works_while_another_program_holds_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 2)
    crew = Crew(lambda: machine.now)
    quiet, busy = {2: 0.002, 1: 0.004}, {2: 0.036, 1: 0.004}
    machine.train(crew, 20, quiet)
    machine.train(crew, 5, busy)  # it takes a moment to be noticed
    spent = machine.train(crew, 60, busy)
    assert spent[2] < 0.05 * spent[1]
    machine.train(crew, 10, quiet)
    spent = machine.train(crew, 60, quiet)
    assert spent[1] < 0.03 * spent[2]


def test_an_hour_s_stop_within_a_trial_puts_no_later_one_off(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 2)
    crew = Crew(lambda: machine.now)
    busy = {2: 0.036, 1: 0.004}
    machine.train(crew, 20, busy)
    assert machine.threads == 1
    while machine.threads == 1:
        machine.train(crew, 0.004, busy)
    machine.train(crew, 0.001, {2: 3600.0, 1: 3600.0})  # the trial's second step
    machine.train(crew, 20, {2: 0.002, 1: 0.004})
    assert machine.threads == 2


def test_without_trials_all_work(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 2)
    spent = machine.train(Crew(lambda: machine.now, tries=False), 60, {2: 0.036, 1: 0.004})
    assert spent[1] == 0


def test_what_follows_has_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 4)
    crew = Crew(lambda: machine.now)
    machine.train(crew, 10, {4: 0.05, 1: 0.004})
    assert machine.threads == 1
    crew.leave()
    assert machine.threads == 4
    assert machine.train(crew, 0.1, {4: 0.05, 1: 0.004})[4] == 0  # the next epoch goes on with one


def test_a_number_that_somebody_sets_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 4)
    crew = Crew(lambda: machine.now)
    machine.train(crew, 1, {4: 0.001, 1: 0.004})
    machine.threads = 1
    assert machine.train(crew, 10, {4: 0.001, 1: 0.004})[4] == 0
