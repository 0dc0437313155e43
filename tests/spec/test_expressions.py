"""Arithmetic on parameters, against Python's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.spec.expressions import evaluate
from cnncli.spec.problem import Problem

NAMES = {"a": 12, "b_2": 5, "zero": 0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a", 12),
        ("$a * 4", 48),
        ("$a*4+1", 49),
        ("1 + $a * 4", 49),
        ("(1 + $a) * 4", 52),
        ("$a / 4", 3),
        ("$a // $b_2", 2),
        ("$a % $b_2", 2),
        ("-$a + 20", 8),
        ("$a - -2", 14),
        ("20 - $a - 3", 5),
        ("$a / 2 / 3", 2),
        ("((($a)))", 12),
        ("--$a", 12),
        ("-" * 199 + "1", -1),
        ("$zero + 0", 0),
    ],
)
def test_values(text: str, value: int) -> None:
    assert evaluate(text, NAMES.__getitem__) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$a / 5", "does not come out even"),
        ("$a / $zero", "divides by 0"),
        ("$a % 0", "divides by 0"),
        ("$a // 0", "divides by 0"),
        ("$a *", "is no expression"),
        ("$a $a", "is no expression"),
        ("($a", "is no expression"),
        ("$a)", "is no expression"),
        ("$a ** 2", "is no expression"),
        ("$a & 1", "is no expression"),
        ("$", "is no expression"),
        ("$a.real", "is no expression"),
        ("__import__('os')", "is no expression"),
        ("1.5 * $a", "is no expression"),
        ("$a * 010", "holds `010`, which is no number here"),
        ("00 + $a", "holds `00`, which is no number here"),
        ("(" * 500, "too long to be meant"),
        ("(" * 31 + "1" + ")" * 31, "parentheses nest more than 30 deep"),
        ("*".join(["999999999999"] * 10), "larger than 10^60"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(Problem) as caught:
        evaluate(text, NAMES.__getitem__)
    assert words in caught.value.message


def test_a_leading_zero_is_refused_in_the_words_of_a_field() -> None:
    with pytest.raises(Problem) as caught:
        evaluate("$a * 010", NAMES.__getitem__)
    assert caught.value.hints == ("write 10: a leading zero means octal to some YAML readers",)


_LEAVES = st.one_of(st.integers(0, 99).map(str), st.sampled_from(["$a", "$b_2"]))
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_it_is_pythons_arithmetic(text: str) -> None:
    """The grammar is a part of Python's, so Python's own answer is the oracle."""
    try:
        wanted = eval(text.replace("$", ""), {"__builtins__": {}}, dict(NAMES))
    except ZeroDivisionError:
        wanted = None
    if len(text) <= 200 and "--" not in text:
        try:
            assert evaluate(text, NAMES.__getitem__) == wanted
        except Problem as problem:
            assert (wanted is None and "divides by 0" in problem.message) or "larger" in problem.message
