"""`--fix`: what is mended, what is left as it is, and that nothing else of the text changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cnncli.errors import Diagnostic, Edit, Fault, Fix
from cnncli.rules import Rule
from cnncli.rules.judge import Policy
from cnncli.rules.mend import mend
from cnncli.rules.rule import Finding
from cnncli.rules.selection import Selection
from cnncli.rules.subject import Subject
from cnncli.rules.verdict import judged_text
from cnncli.spec.edits import apply, overlap
from cnncli.spec.nodes import Span
from cnncli.spec.source import Source

CONV, NORM = "  - {type: conv, filters: 4, kernel: 3}\n", "  - {type: batchnorm}\n"
MENDED = "  - {type: conv, filters: 4, kernel: 3, bias: false}\n"
START = "input: [3, 64, 64]\nlayers:\n"
BIAS = Policy(Selection(("bias-before-norm", "CNN2")))


def mended(text: str, policy: Policy = BIAS) -> tuple[str, list[str], int]:
    """The text, the codes of what is left to be found, and how much is mended."""
    done = mend(Source("net.yaml", text), policy)
    assert done.remaining == judged_text(done.source, policy)
    return done.source.text, [finding.fault.code for finding in done.remaining], done.count


def test_what_is_sound_stays_as_it_is() -> None:
    text = f"# a net\r\n{START}{MENDED}{NORM}"
    assert mended(text) == (text, [], 0)


def test_all_is_mended_at_once() -> None:
    assert mended(START + (CONV + NORM) * 3) == (START + (MENDED + NORM) * 3, [], 3)


@pytest.mark.parametrize("count", [100, 101, 250])
def test_more_is_mended_than_is_kept_of_findings(count: int) -> None:
    assert mended(START.replace("64", "999") + (CONV + NORM) * count) == (
        START.replace("64", "999") + (MENDED + NORM) * count, [], count
    )  # fmt: skip


def test_what_more_findings_have_hidden_is_left() -> None:
    """The rules after the one that has found a hundred are not asked until those are mended."""
    text = START.replace("64", "999") + (CONV + NORM) * 120 + "  - {type: relu}  # noqa: CNN202, CNN201\n"
    policy = Policy(Selection(("bias-before-norm", "CNN2", "CNN9")))
    assert mended(text, policy) == (text.replace(CONV, MENDED).replace("  # noqa: CNN202, CNN201", ""), [], 121)
    text = text.replace("\n", "  # as published\n")
    assert mended(text, policy)[1:] == ([], 121)


def test_a_fix_that_breaks_a_promise_is_not_made() -> None:
    text = f"{START}{CONV}{NORM}expect: {{parameters: 120}}\n"
    assert mended(text) == (text, ["CNN301"], 0)
    assert mended(text.replace("parameters: 120", "buffers: 8"))[1:] == ([], 1)


def test_a_fix_may_be_what_a_promise_wants() -> None:
    text = f"{START}{CONV}{NORM}expect: {{parameters: 116}}\n"
    assert mended(text) == (text.replace(CONV, MENDED), [], 1)
    assert mended(text.replace("116", "115"))[1:] == (["CNN201"], 1)


@pytest.mark.parametrize("bad", [1, 2, 7, 8])
def test_of_several_fixes_those_are_made_that_can_be(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of eight brings another finding: the other seven are mended, in few steps."""
    judgements: list[str] = []
    word, trouble = rule_of("CNN391", words("old", "new")), rule_of("CNN392", words(f"new{bad}", None))
    with_rules(monkeypatch, word, trouble, seen=judgements)
    text, codes, count = mended(START + "".join(f"  - {{type: relu, name: old{n}}}\n" for n in range(1, 9)), Policy())
    assert (codes, count) == (["CNN391"], 7)
    assert [n for n in range(1, 9) if f"old{n}" in text] == [bad]
    assert len(judgements) < 15


def test_a_fix_may_bring_another_to_light(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = rule_of("CNN391", words("one", "two")), rule_of("CNN392", words("two", "three"))
    with_rules(monkeypatch, first, second)
    text = f"{START}  - {{type: relu, name: one}}\n  - {{type: relu, name: two2}}\n"
    left = text.replace("one", "three").replace("two2", "three2")
    assert mended(text, Policy()) == (left, [], 3)


def test_a_fix_may_make_it_better_only_with_what_it_brings_to_light(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fix alone would bring a finding of another kind."""
    first, second = rule_of("CNN391", words("one", "two")), rule_of("CNN392", words("two", "three"))
    with_rules(monkeypatch, first, second)
    text = f"{START}  - {{type: relu, name: one}}\n"
    assert mended(text, Policy()) == (text.replace("one", "three"), [], 2)
    with_rules(monkeypatch, first, rule_of("CNN392", words("two", None)))
    assert mended(text, Policy()) == (text, ["CNN391"], 0)


def test_fixes_that_undo_one_another_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(monkeypatch, rule_of("CNN391", words("one", "two")), rule_of("CNN392", words("two", "one")))
    text = f"{START}  - {{type: relu, name: one}}\n"
    assert mended(text, Policy()) == (text, ["CNN391"], 0)


def test_fixes_that_reach_into_one_another_are_made_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(subject: Subject) -> Iterator[Finding]:
        for number, line in enumerate(subject.spec.source.lines, 1):
            if "LONG" in line:
                span = Span(number, 1, number, len(line) + 1)
                edits = (
                    Edit(number, 1, number, len(line) + 1, line.replace("LONG", "short")),
                    Edit(1, 1, 1, 1, "# x\n"),
                )
                yield Finding(span, "long", fix=Fix("shorten", edits))

    with_rules(monkeypatch, rule_of("CNN391", words("old", "new")), rule_of("CNN392", whole))
    text, codes, count = mended(f"{START}  - {{type: relu, name: old}}  # LONG\n", Policy())
    assert text == f"# x\n{START}  - {{type: relu, name: new}}  # short\n"
    assert (codes, count) == ([], 2)


def test_a_fix_that_changes_nothing_is_not_made_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(monkeypatch, rule_of("CNN391", words("old", "old")))
    text = START + "".join(f"  - {{type: relu, name: old{n}}}\n" for n in range(150))
    assert mended(text, Policy()) == (text, ["CNN391"] * 100 + ["CNN002"], 0)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Edit(1, 1, 1, 3, "a"), Edit(1, 3, 1, 5, "b"), False),
        (Edit(1, 1, 1, 4, "a"), Edit(1, 3, 1, 5, "b"), True),
        (Edit(1, 1, 1, 4, "a"), Edit(1, 1, 1, 4, "a"), False),
        (Edit(1, 1, 1, 4, "a"), Edit(1, 1, 1, 4, "b"), True),
        (Edit(1, 3, 1, 3, "a"), Edit(1, 1, 1, 5, "b"), True),
        (Edit(1, 3, 1, 3, "a"), Edit(1, 3, 1, 3, "b"), False),
        (Edit(1, 9, 2, 2, "a"), Edit(2, 1, 2, 5, "b"), True),
        (Edit(1, 9, 2, 1, "a"), Edit(2, 1, 2, 5, "b"), False),
    ],
)
def test_edits_meet_where_they_change_the_same_text(one: Edit, other: Edit, meet: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is meet


def test_edits_are_made_in_any_order_and_once() -> None:
    source = Source("net.yaml", "one two\r\nthree\r\n")
    edits = [Edit(2, 1, 2, 6, "3"), Edit(1, 5, 1, 8, "2"), Edit(1, 5, 1, 8, "2"), Edit(1, 8, 1, 8, "!")]
    assert apply(source, edits) == "one 2!\r\n3\r\n"
    assert apply(source, reversed(edits)) == "one 2!\r\n3\r\n"
    assert apply(source, []) == source.text


Check = Callable[[Subject], Iterator[Finding]]


def words(old: str, new: str | None) -> Check:
    """Finds layers whose name begins so, and offers to call them otherwise."""

    def check(subject: Subject) -> Iterator[Finding]:
        for number, line in enumerate(subject.spec.source.lines, 1):
            if f"name: {old}" in line:
                column = line.index(old) + 1
                span = Span(number, column, number, column + len(old))
                edit = Edit(number, column, number, column + len(old), new or "")
                yield Finding(span, f"{old} is no name", fix=Fix("rename it", (edit,)) if new is not None else None)

    return check


def rule_of(code: str, check: Check) -> Rule:
    fault = Fault(code, f"rule-{code[-3:]}", "warning")
    return Rule(fault=fault, what="w.", why="y.", invalid=("",), valid=("",), check=check)


def with_rules(monkeypatch: pytest.MonkeyPatch, *given: Rule, seen: list[str] | None = None) -> None:
    """These rules only are asked; `seen` takes the texts that they are asked of."""

    def noted(subject: Subject) -> Iterator[Finding]:
        if seen is not None:
            seen.append(subject.spec.source.text)
        return iter(())

    listener = rule_of("CNN390", noted)
    monkeypatch.setattr("cnncli.rules.judge.checking_rules", lambda: (listener, *given))


def test_two_findings_may_want_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rule_of("CNN391", words("old", "new"))
    with_rules(monkeypatch, rule, replace(rule, fault=Fault("CNN392", "rule-392", "note")))
    text = f"{START}  - {{type: relu, name: old}}\n"
    assert mended(text, Policy()) == (text.replace("old", "new"), [], 2)


def test_findings_without_a_fix_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules(monkeypatch, rule_of("CNN391", words("old", None)))
    text = f"{START}  - {{type: relu, name: old}}\n"
    assert mended(text, Policy()) == (text, ["CNN391"], 0)
    findings: tuple[Diagnostic, ...] = judged_text(Source("net.yaml", text), Policy())
    assert [finding.fix for finding in findings] == [None]


@pytest.mark.parametrize(
    "text",
    [
        # The last value is an alias, and what stands at its anchor is not to be changed.
        "params: {w: &f 16}\ninput: [3, 64, 64]\nlayers:\n  - {type: conv, kernel: 3, filters: *f}\n"
        "  - {type: batchnorm}\n  - {type: conv, kernel: 1, filters: $w}\n",
        # Not all uses of the block are known, for a fault is in the way.
        "input: [3, 64, 64]\nblocks:\n  u: {layers: [{type: conv, filters: 8, kernel: 3}]}\nlayers:\n  - {use: u}\n"
        "  - {type: batchnorm}\n  - {type: conw}\n  - {use: u}\n  - {type: relu}\n",
    ],
)
def test_a_bias_that_may_be_needed_is_left(text: str) -> None:
    assert mend(Source("net.yaml", text)).source.text == text


def test_json_stays_json() -> None:
    text = '{"input":[3,64,64],"layers":[{"type":"conv","filters":8,"kernel":3},{"type":"batchnorm"}]}\n'
    mended = mend(Source("net.yaml", text)).source.text
    assert json.loads(mended)["layers"][0]["bias"] is False
