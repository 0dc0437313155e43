"""Every rule by its own examples: each invalid one has the rule's finding and no other, each valid one has none."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from cnncli import errors
from cnncli.errors import UNREADABLE_FILE, Diagnostic, Fault
from cnncli.rules import Rule, rules
from cnncli.rules.judge import DEFAULT, Policy
from cnncli.rules.mend import mend
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import judged, judged_text
from cnncli.spec.source import Source

INVALID = [(rule, text) for rule in rules() for text in rule.invalid]
VALID = [(rule, text) for rule in rules() for text in rule.valid]
NAMES = {"ids": lambda item: item.name if isinstance(item, Rule) else ""}
SEVERITIES = ("error", "warning", "note")


def policy_for(rule: Rule) -> Policy:
    """All rules that are on by default, and this one."""
    return replace(DEFAULT, selection=Selection(extend=(rule.code,)))


def found_in(text: str, rule: Rule) -> tuple[Diagnostic, ...]:
    return judged("net.yaml", text.encode("utf-8"), policy_for(rule))


@pytest.mark.parametrize(("rule", "text"), INVALID, **NAMES)
def test_an_invalid_example_has_this_finding_and_no_other(rule: Rule, text: str) -> None:
    found = found_in(text, rule)
    assert {finding.fault for finding in found} == {rule.fault}
    assert all(finding.severity == rule.fault.severity for finding in found)


@pytest.mark.parametrize(("rule", "text"), VALID, **NAMES)
def test_a_valid_example_has_none(rule: Rule, text: str) -> None:
    assert found_in(text, rule) == ()


@pytest.mark.parametrize("rule", rules(), **NAMES)
def test_a_rule_tells_all_about_itself(rule: Rule) -> None:
    assert rule.what.endswith(".") and rule.why.endswith(".")
    has_examples = rule.fault is not UNREADABLE_FILE  # which is not a text's fault
    assert bool(rule.invalid) is bool(rule.valid) is has_examples
    assert rule.fault.severity in SEVERITIES


@pytest.mark.parametrize("rule", [rule for rule in rules() if rule.fix], **NAMES)
def test_a_fix_mends_the_finding_and_brings_no_other(rule: Rule) -> None:
    """At least the first example; what it leaves is sound."""
    source = Source("net.yaml", rule.invalid[0])
    mended = mend(source, policy_for(rule))
    assert mended.source.text != source.text
    assert judged_text(mended.source, policy_for(rule)) == mended.remaining == ()


@pytest.mark.parametrize("rule", [rule for rule in rules() if not rule.fix], **NAMES)
def test_a_rule_without_a_fix_offers_none(rule: Rule) -> None:
    assert not [finding for text in rule.invalid for finding in found_in(text, rule) if finding.fix]


def test_codes_and_names_are_one_to_one() -> None:
    assert len({rule.code for rule in rules()}) == len({rule.name for rule in rules()}) == len(rules())


def test_a_file_is_called_as_its_rule() -> None:
    for folder, is_check in (("checks", True), ("reading", False)):
        package = importlib.import_module(f"cnncli.rules.{folder}")
        for rule in rules():
            if rule.can_be_silenced is is_check:
                module = importlib.import_module(f"{package.__name__}.{rule.name.replace('-', '_')}")
                assert module.RULE is rule


def test_every_fault_has_its_rule() -> None:
    faults = {fault for fault in vars(errors).values() if isinstance(fault, Fault)}
    assert faults <= {rule.fault for rule in rules()}
