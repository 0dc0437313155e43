"""Validation images are held out fairly, by the seed alone, and without a copy of a pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.data.dataset import Split
from cnncli.data.split import held_count, hold_out
from cnncli.errors import DataError

LABELS = st.lists(st.integers(0, 5), min_size=2, max_size=80).filter(lambda labels: len(labels) > len(set(labels)))


def split_of(labels: list[int]) -> Split:
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), np.array(labels, np.int64))


@given(LABELS, st.data())
def test_each_class_gives_its_share(labels: list[int], data: st.DataObject) -> None:
    split, seed = split_of(labels), data.draw(st.integers(0, 2**31 - 1))
    count = data.draw(st.integers(1, len(labels) - len(set(labels))))
    train, held = hold_out(split, count, seed)
    assert train.rows is not None and held.rows is not None
    assert sorted([*train.rows, *held.rows]) == list(range(len(labels))), "each image is in one of them, once"
    assert len(held.labels) == count == held_count(split, count)
    numbers, kept = np.bincount(labels), np.bincount(train.labels, minlength=6)
    quotas = numbers * (count / len(labels))
    for label in set(labels):
        of_class = int((held.labels == label).sum())
        assert kept[label] >= 1
        if all(math.ceil(quota) < number for quota, number in zip(quotas, numbers, strict=True) if number):
            assert math.floor(quotas[label] + 1e-9) <= of_class <= math.ceil(quotas[label] - 1e-9)
    for part in (train, held):
        assert list(part.rows) == sorted(part.rows)
        assert part.labels.tolist() == [labels[row] for row in part.rows]


def test_the_seed_alone_decides() -> None:
    split = split_of([0, 1] * 50)
    chosen = [hold_out(split, 0.2, seed)[1].rows.tolist() for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(chosen[0]) == 20


@pytest.mark.parametrize(
    ("numbers", "count", "held"), [((3, 7), 4, (1, 3)), ((7, 3), 4, (3, 1)), ((10, 10, 1), 10, (5, 5, 0))]
)  # fmt: skip
def test_who_has_the_largest_remainder_gives_one_more(
    numbers: tuple[int, ...], count: int, held: tuple[int, ...]
) -> None:
    split = split_of([label for label, number in enumerate(numbers) for _ in range(number)])
    assert tuple(np.bincount(hold_out(split, count, 0)[1].labels, minlength=len(numbers))) == held


def test_pixels_are_shared() -> None:
    split = split_of([0, 0, 1, 1])
    for part in hold_out(split, 2, 0):
        assert part.images is split.images
        again = part.part(np.array([1]))
        assert again.images is split.images and again.rows.tolist() == [part.rows[1]]
        assert again.labels.tolist() == [part.labels[1]]


@pytest.mark.parametrize(("wanted", "words"), [(0.01, "is 0 of 4"), (3, "is 3 of 4"), (4.0, "1 to 2"), (0.9, "is 4")])
def test_too_few_and_too_many_are_refused(wanted: float, words: str) -> None:
    with pytest.raises(DataError, match=words):
        hold_out(split_of([0, 0, 1, 1]), wanted, 0)


def test_every_image_can_be_of_a_class_of_its_own_but_one() -> None:
    train, held = hold_out(split_of([0, 1, 2, 3, 4, 4]), 1, 0)
    assert held.labels.tolist() == [4] and sorted(train.labels) == [0, 1, 2, 3, 4]
