"""`--select`, `--extend-select`, `--ignore`: which rules are asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnncli.errors import Fault, UsageError
from cnncli.rules import Rule, rules
from cnncli.rules.selection import BY_DEFAULT, Selection

FIRM = Rule(fault=Fault("CNN101", "bad-window"), what="w.", why="y.", invalid=("",), valid=("",))
BIAS = replace(FIRM, fault=Fault("CNN301", "wasted-bias", "warning"), check=lambda subject: ())
RATE = replace(BIAS, fault=Fault("CNN302", "high-rate", "warning"))
TASTE = replace(BIAS, fault=Fault("CNN411", "odd-name", "note"), by_default=False)
KNOWN = (FIRM, BIAS, RATE, TASTE)


def asked(selection: Selection) -> list[str]:
    selection.check(KNOWN)
    return [rule.name for rule in KNOWN if rule in selection]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({}, ["bad-window", "wasted-bias", "high-rate"]),
        ({"select": ("ALL",)}, ["bad-window", "wasted-bias", "high-rate", "odd-name"]),
        ({"select": ("all",), "ignore": ("CNN3",)}, ["bad-window", "odd-name"]),
        ({"select": ("CNN3",)}, ["bad-window", "wasted-bias", "high-rate"]),
        ({"select": ("cnn4",)}, ["bad-window", "odd-name"]),
        ({"select": ("odd-name",)}, ["bad-window", "odd-name"]),
        ({"select": ("Odd-Name",)}, ["bad-window", "odd-name"]),
        ({"select": ()}, ["bad-window"]),
        ({"extend": ("CNN411",)}, ["bad-window", "wasted-bias", "high-rate", "odd-name"]),
        ({"ignore": ("CNN301",)}, ["bad-window", "high-rate"]),
        ({"ignore": ("wasted-bias",)}, ["bad-window", "high-rate"]),
        ({"ignore": ("ALL",)}, ["bad-window"]),
        # The longest word decides, in whatever option it is.
        ({"select": ("CNN301",), "ignore": ("CNN3",)}, ["bad-window", "wasted-bias"]),
        ({"select": ("CNN3",), "ignore": ("CNN301",)}, ["bad-window", "high-rate"]),
        ({"select": ("CNN",), "ignore": ("CNN3", "CNN4"), "extend": ("CNN302",)}, ["bad-window", "high-rate"]),
        # A name is as long as a code; of the same length `ignore` decides.
        ({"select": ("wasted-bias",), "ignore": ("CNN30",)}, ["bad-window", "wasted-bias"]),
        ({"select": ("CNN3",), "ignore": ("CNN3",)}, ["bad-window"]),
        ({"select": ("wasted-bias",), "ignore": ("CNN301",)}, ["bad-window"]),
        ({"select": ("CNN301",), "ignore": ("wasted-bias",)}, ["bad-window"]),
        # What is never asked is not, however it is selected.
        ({"select": ("CNN301", "CNN302"), "never": ("CNN30",)}, ["bad-window"]),
        ({"never": ("ALL",)}, ["bad-window"]),
    ],
    ids=str,
)
def test_the_longest_word_decides(words: dict[str, tuple[str, ...]], names: list[str]) -> None:
    assert asked(Selection(**words)) == names


@pytest.mark.parametrize(
    ("now", "before", "names"),
    [
        ({}, {}, ["wasted-bias", "high-rate"]),
        ({}, {"select": ("CNN411",)}, ["odd-name"]),
        ({"extend": ("CNN301",)}, {"ignore": ("CNN301",)}, ["wasted-bias", "high-rate"]),
        ({"extend": ("CNN301",)}, {"ignore": ("wasted-bias",)}, ["wasted-bias", "high-rate"]),
        ({"ignore": ("CNN3",)}, {"select": ("CNN3",)}, []),
        ({"ignore": ("CNN3",)}, {"select": ("CNN3",), "extend": ("CNN301",)}, ["wasted-bias"]),
        ({"extend": ("CNN3",)}, {"ignore": ("CNN301",)}, ["high-rate"]),
        ({"extend": ("ALL",)}, {}, ["wasted-bias", "high-rate", "odd-name"]),
    ],
    ids=str,
)
def test_of_the_same_length_the_command_line_decides(
    now: dict[str, tuple[str, ...]], before: dict[str, tuple[str, ...]], names: list[str]
) -> None:
    assert asked(Selection(**{"select": (), **now}, before=Selection(**before))) == ["bad-window", *names]


@pytest.mark.parametrize("field", ["select", "extend", "ignore", "never"])
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("wasted-bas", "did you mean `wasted-bias`?"),
        ("CNN3011", "did you mean `CNN301`?"),
        ("CNN41I", "did you mean `CNN411`?"),
        ("zzz", "`cnncli rule --all` lists them"),
        ("x" * 1_000, "`cnncli rule --all` lists them"),
    ],
)
def test_an_unknown_word_is_answered_with_the_nearest(field: str, word: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no rule is called '{word[:60]}', and no code begins so") as caught:
        Selection(**{field: (word,)}).check(KNOWN)
    assert caught.value.hint == hint


@pytest.mark.parametrize("field", ["ignore", "never"])
@pytest.mark.parametrize("word", ["CNN101", "CNN1", "cnn1", "bad-window"])
def test_what_no_network_can_be_built_with_cannot_be_ignored(field: str, word: str) -> None:
    with pytest.raises(UsageError, match=f"{word} cannot be ignored") as caught:
        Selection(**{field: (word,)}).check(KNOWN)
    assert "no network can be built with it" in caught.value.hint
    Selection(ignore=("CNN", "ALL"), never=("CNN",), select=(word,)).check(KNOWN)


def test_a_selection_does_what_it_says_of_all_rules() -> None:
    for rule in rules():
        assert (rule in BY_DEFAULT) == (rule.by_default or not rule.can_be_silenced)
        assert rule in Selection((rule.code,)) and rule in Selection((rule.name,), ignore=("ALL",))
        assert (rule in Selection(ignore=(rule.name,))) == (not rule.can_be_silenced)
