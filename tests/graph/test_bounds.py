"""A small file may ask for much: each such question is refused, or answered once, without the work it asks for."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from cnncli.graph import unfold
from cnncli.spec import arguments
from cnncli.spec.problem import nearest
from tests.specs import errors_in, only_fault, read

INPUT = "version: 1\ninput: [4, 8, 8]\n"


def messages(text: str) -> list[str]:
    return [finding.message for finding in errors_in(INPUT + text)]


def uses(count: int, item: str) -> str:
    """Uses of a block whose argument `x` differs."""
    return "layers:\n" + "".join(f"- {{{item}, x: {number}}}\n" for number in range(count))


# Depth


def test_an_argument_that_each_block_wraps_has_an_end() -> None:
    chain = "".join(f"  b{n}: {{params: {{x: }}, layers: [{{use: b{n + 1}, x: [[[[[$x]]]]]}}]}}\n" for n in range(60))
    last = "  b60: {params: {x: }, layers: [{type: conv, filters: 1, kernel: $x}]}\n"
    assert messages(f"blocks:\n{chain}{last}layers: [{{use: b0, x: 1}}]\n") == [
        "one number or [vertical, horizontal] is wanted here, not 1 number"
    ]


def test_aliases_that_nest_have_an_end() -> None:
    lists = "".join(f"  a{n}: &a{n} {'[' * 50}*a{n - 1}{']' * 50}\n" for n in range(1, 100))
    assert messages(f"params:\n  a0: &a0 1\n{lists}layers: [{{type: relu}}]\n") == [
        "this nests more than 64 deep, aliases included"
    ]


def test_aliases_of_branches_in_branches_have_an_end() -> None:
    """In the deepest of them a list and an expression that nest as deep as they may."""
    deep = f"&a0 {{type: conv, filters: {'(' * 30}$x{')' * 30}, kernel: {'[' * 55}$x{']' * 55}}}"
    items = [f"&a{n} {{type: parallel, merge: add, branches: [[*a{n - 1}], []]}}" for n in range(1, 70)]
    text = f"params: {{x: 1}}\nblocks: [{', '.join([deep, *items])}]\nlayers: [LAST]\n"
    assert "is wanted here, not 1 number" in messages(text.replace("LAST", "*a64"))[1]
    assert "nested more than 64 deep" in messages(text.replace("LAST", "*a69"))[1]


@pytest.mark.parametrize("text", [f"{'(' * 99}$a{')' * 99}", "(" * 190 + "$a"])
def test_parentheses_that_nest_have_an_end(text: str) -> None:
    fault = only_fault(f"{INPUT}params: {{a: 1}}\nlayers: [{{type: conv, filters: {text}, kernel: 1}}]\n")
    assert fault.message == "parentheses nest more than 30 deep"


# Repetition


@pytest.mark.parametrize(
    "blocks",
    [
        f"{{params: {{x: }}, layers: [{{use: c, y: [{'$x, ' * 100}]}}]}}",
        f"{{params: {{x: , {', '.join(f'a{n}: 1' for n in range(100))}}}, layers: [{{type: relu}}]}}",
        f"{{params: {{x: }}, layers: [{{use: d, {', '.join(f'a{n}: 1' for n in range(100))}}}]}}",
    ],
    ids=["lists", "defaults", "arguments"],
)
def test_values_that_each_use_of_a_block_repeats_are_counted(blocks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is too much it is said once; what is in the file alone is never too much."""
    others = (
        "  c: {params: {y: }, layers: [{type: relu}]}\n"
        f"  d: {{params: {{{', '.join(f'a{n}: 1' for n in range(100))}}}, layers: [{{type: relu}}]}}\n"
    )
    text = f"blocks:\n  b: {blocks}\n{others}{uses(300, 'use: b')}"
    assert messages(text) == []
    monkeypatch.setattr(arguments, "_MOST_WORK", 5_000)
    assert messages(text) == ["blocks and parameters repeat more than 5,000 values"]
    monkeypatch.setattr(arguments, "_MOST_WORK", 0)
    assert messages(f"layers: [{{type: add, from: [{'input, ' * 900}]}}]\n") == []


def test_items_that_are_left_out_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfold, "MAX_LAYERS", 100)
    item = "{type: add, from: [input, input], repeat: 0}"
    text = f"blocks: {{b: {{params: {{x: }}, layers: [{', '.join([item] * 20)}, {{type: relu}}]}}}}\n"
    assert messages(text + uses(2, "use: b")) == []
    assert "more than 100 layers and connections" in messages(text + uses(3, "use: b"))[0]


def test_what_is_no_part_of_the_network_is_not_counted_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """But has a bound of its own."""
    monkeypatch.setattr(unfold, "MAX_LAYERS", 100)
    monkeypatch.setattr(unfold, "_MOST_ASIDE", 50)
    blocks = "".join(f"  b{n}: {{layers: [{{type: relu, repeat: 90}}, {{type: cnv{n}}}]}}\n" for n in range(90))
    found = messages(f"blocks:\n{blocks}layers: [{{type: relu, repeat: 99}}]\n")
    assert 20 < len(found) < 30
    assert all("there is no layer kind" in message for message in found)


def test_a_name_that_each_use_of_a_block_lacks_is_looked_for_once() -> None:
    text = "blocks: {b: {params: {x: }, layers: [{type: relu, from: stem}]}}\n"
    spec = read(INPUT + text + uses(200, "use: b"))
    assert (len(spec.diagnostics), spec.findings) == (1, 1)


# Words


class Comparisons:
    """Stands for difflib's search, and counts the pairs of letters it is asked to compare."""

    def __init__(self) -> None:
        self.pairs = 0
        self.search = difflib.get_close_matches

    def __call__(self, word: str, words: Any, **options: Any) -> list[str]:
        self.pairs += len(word) * sum(map(len, words))
        return self.search(word, words, **options)


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Comparisons:
    counter = Comparisons()
    monkeypatch.setattr(difflib, "get_close_matches", counter)
    nearest.cache_clear()
    return counter


MANY = 1_000


@pytest.mark.parametrize(
    "text",
    [
        "layers:\n"
        + "".join(f"- {{type: relu, name: layer{n}}}\n" for n in range(MANY))
        + "".join(f"- {{type: relu, from: layre{n}}}\n" for n in range(MANY)),
        "params:\n"
        + "".join(f"  width{n}: 1\n" for n in range(MANY))
        + "layers:\n"
        + "".join(f"- {{type: conv, filters: $widht{n}, kernel: 1}}\n" for n in range(MANY)),
        "blocks:\n"
        + "".join(f"  block{n}: {{layers: [{{type: relu}}]}}\n" for n in range(MANY))
        + "layers:\n"
        + "".join(f"- {{use: blcok{n}}}\n" for n in range(MANY)),
        f"params: {{{', '.join('a' * n + ': 1' for n in range(50, 250))}}}\nlayers:\n"
        + "".join(f"- {{type: conv, filters: ${'a' * n}, kernel: 1}}\n" for n in range(250, 500)),
    ],
    ids=["names", "parameters", "blocks", "long"],
)
def test_the_nearest_of_many_words_is_looked_for_among_the_likeliest(text: str, comparisons: Comparisons) -> None:
    hints = [hint for finding in errors_in(INPUT + text) for hint in finding.hints]
    assert len(hints) == 100
    assert sum("did you mean" in hint for hint in hints) > 90
    assert comparisons.pairs < 100 * 40_000


def test_the_nearest_of_many_words_is_found() -> None:
    names = tuple(f"layer{number}_conv" for number in range(3_000))
    assert nearest("layer1234_cnov", names) == "layer1234_conv"
    assert nearest("lyaer77_conv", names) == "layer77_conv"


def test_hints_name_no_more_words_than_one_reads() -> None:
    params = ", ".join(f"parameter{n}: 1" for n in range(1_000))
    fault = only_fault(f"{INPUT}params: {{{params}}}\nlayers: [{{type: conv, filters: $x, kernel: 1}}]\n")
    assert fault.hints[0].endswith("`$parameter39` and 960 more")


def test_a_long_cycle_is_shown_in_part() -> None:
    chain = "".join(f"- {{type: relu, name: n{n}}}\n" for n in range(1, 50))
    fault = only_fault(f"{INPUT}layers:\n- {{type: relu, name: n0, from: n49}}\n{chain}")
    assert fault.arithmetic == ("n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> n8 -> n9 -> (39 more) -> n49 -> n0",)
