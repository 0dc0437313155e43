"""A short run of `python -m tests.fuzz`: broken specs are told of, in time and in words."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.mutations import MUTATIONS, mutated
from tests.fuzz.trial import attempt, seeds

SEEDS = seeds()


@pytest.mark.parametrize("part", range(4))
def test_no_broken_spec_is_too_much(part: int) -> None:
    """Each part has broken specs of its own. The clock is not looked at here: other programs are at work."""
    for number in range(100):
        data = mutated(SEEDS, random.Random(f"test:{part}:{number}"))
        fault = attempt(data, number).fault
        assert not fault or fault.startswith("took"), data


@pytest.mark.parametrize("mutation", set(MUTATIONS), ids=lambda mutation: mutation.__name__)
def test_every_mutation_breaks_something(mutation) -> None:
    draw = random.Random(0)
    changed = [mutation(seed, draw) for seed in SEEDS[:36]]
    assert sum(after != before for after, before in zip(changed, SEEDS, strict=False)) > 18
    assert any(attempt(data, 0).findings for data in changed)
