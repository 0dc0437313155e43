"""Scores against plain counting, image by image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.training import scores

K = 4
PAIRS = st.lists(st.tuples(st.integers(0, K - 1), st.integers(0, K - 1)), min_size=1, max_size=60)
ROWS = st.lists(
    st.tuples(st.integers(0, K - 1), st.lists(st.integers(-3, 3), min_size=K, max_size=K)), min_size=1, max_size=20
)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([pair[0] for pair in pairs], np.int64), np.array([pair[1] for pair in pairs], np.int64)


@given(PAIRS)
def test_precision_recall_and_f1_are_counted(pairs: list[tuple[int, int]]) -> None:
    found = scores.class_scores(*arrays(pairs), K)
    for of, score in enumerate(found):
        right = sum(label == guess == of for label, guess in pairs)
        there = [pair for pair in pairs if pair[0] == of]
        guessed = [pair for pair in pairs if pair[1] == of]
        assert score.support == len(there)
        assert score.recall == (right / len(there) if there else None)
        assert score.precision == (right / len(guessed) if guessed else None)
        if not there and not guessed:
            assert score.f1 is None
        elif not right:
            assert score.f1 == 0
        else:
            assert score.f1 == pytest.approx(2 / (1 / score.recall + 1 / score.precision))
    mean = scores.mean_score(found)
    assert mean.support == len(pairs)
    recalls = [score.recall for score in found if score.recall is not None]
    assert mean.recall == pytest.approx(sum(recalls) / len(recalls))


@given(PAIRS)
def test_confusions_are_the_matrix_off_its_diagonal(pairs: list[tuple[int, int]]) -> None:
    matrix = scores.confusion_matrix(*arrays(pairs), K)
    assert matrix.tolist() == [[sum(pair == (i, j) for pair in pairs) for j in range(K)] for i in range(K)]
    listed = scores.confusions(*arrays(pairs), K)
    assert {(it.label, it.guess): it.count for it in listed} == {
        (i, j): matrix[i, j] for i in range(K) for j in range(K) if i != j and matrix[i, j]
    }
    assert [it.count for it in listed] == sorted((it.count for it in listed), reverse=True)


@given(ROWS)
def test_verdicts_on_logits(rows: list[tuple[int, list[int]]]) -> None:
    labels, outputs = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], np.float32)
    verdicts = scores.judge(outputs, labels, "cross_entropy", False)
    for number, (label, logits) in enumerate(rows):
        order = sorted(range(K), key=lambda unit: (-logits[unit], unit))
        total = sum(math.exp(value) for value in logits)
        assert verdicts.guess[number] == order[0]
        assert verdicts.rank[number] == order.index(label)
        assert verdicts.probability[number] == pytest.approx(math.exp(max(logits)) / total)
        assert verdicts.loss[number] == pytest.approx(-math.log(math.exp(logits[label]) / total))
    for k in (1, 2, K):
        assert verdicts.top(k) == np.mean([rank < k for rank in verdicts.rank])
    assert verdicts.top(K) == 1


def test_a_loss_too_small_for_a_probability_is_not_lost() -> None:
    verdicts = scores.judge(np.array([[2000.0, 0.0]]), np.array([1]), "cross_entropy", False)
    assert verdicts.loss[0] == 2000 and verdicts.probability[0] == 1


def test_verdicts_on_squared_errors() -> None:
    outputs = np.array([[0.6, 0.2, -1.0], [-1.0, -2.0, -1.0]])
    cut = scores.judge(outputs, np.array([1, 0]), "mean_squared_error", False)
    assert cut.loss == pytest.approx([(0.36 + 0.64 + 1) / 3, (4 + 4 + 1) / 3])
    assert cut.probability == pytest.approx([0.75, 1 / 3])
    softmax = scores.judge(np.array([[0.7, 0.1, 0.2]]), np.array([0]), "mean_squared_error", True)
    assert softmax.probability == pytest.approx([0.7])


def test_mistakes_are_the_worst_first_and_only_mistakes() -> None:
    logits = np.array([[9.0, 0.0], [1.0, 0.0], [5.0, 0.0], [0.0, 1.0]])
    verdicts = scores.judge(logits, np.array([0, 1, 1, 0]), "cross_entropy", False)
    assert verdicts.mistakes(9) == [2, 1, 3]
    assert verdicts.mistakes(1) == [2]
    parts = [scores.judge(logits[part], np.array([0, 1, 1, 0])[part], "cross_entropy", False)
             for part in (slice(0, 1), slice(1, 4))]  # fmt: skip
    assert scores.joined(parts).mistakes(9) == [2, 1, 3]


def test_what_is_no_number_is_quiet() -> None:
    verdicts = scores.judge(np.array([[np.nan, 1.0], [np.inf, np.inf]]), np.array([0, 1]), "cross_entropy", False)
    assert np.isnan(verdicts.loss).all()
