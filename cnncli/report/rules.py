"""What `cnncli rule` and the reference pages say of a rule, all of it from the rule's own file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from cnncli.errors import Diagnostic
from cnncli.report.diagnostics import diagnostic_text
from cnncli.report.words import printable
from cnncli.rules import Rule, rules
from cnncli.rules.judge import Policy
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import judged

PAGE_WIDTH = 100
"""Cells: of what is said about an example, where no terminal asks for another width."""
_FAMILIES = {
    "CNN0": "format",
    "CNN1": "shapes",
    "CNN2": "promises",
    "CNN3": "layers",
    "CNN4": "structure",
    "CNN5": "sizes",
    "CNN6": "training",
    "CNN9": "housekeeping",
}
_EXAMPLE = "net.yaml"


def family(rule: Rule) -> str:
    """What the rules have in common whose codes begin as this one's."""
    return _FAMILIES[rule.code[:4]]


def families() -> Iterable[tuple[str, list[Rule]]]:
    """All rules by family, each with its name and how its codes begin."""
    for beginning, members in groupby(rules(), lambda rule: rule.code[:4]):
        yield f"{_FAMILIES[beginning]} ({beginning})", list(members)


def example_text(spec: str) -> str:
    """An example as it stands, but for what could drive a terminal; a tab may be what is wrong with it."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in spec.rstrip("\n").split("\n"))


def findings(rule: Rule) -> tuple[Diagnostic, ...]:
    """What is found in the rule's first example; nothing where it has none."""
    policy = Policy(Selection(extend=(rule.code,)))
    return judged(_EXAMPLE, rule.invalid[0].encode(), policy) if rule.invalid else ()


def said(rule: Rule) -> str:
    """The same as it is printed."""
    return "\n\n".join(diagnostic_text(finding, PAGE_WIDTH).plain for finding in findings(rule))


def standing(rule: Rule) -> str:
    """How grave it is, whether it is asked, and how it is kept quiet; as prose with `code` in it."""
    kind = f"{'An' if rule.fault.severity == 'error' else 'A'} {rule.fault.severity}"
    if not rule.can_be_silenced:
        return f"{kind}, which cannot be silenced."
    asked = "on by default" if rule.by_default else f"off by default: `--extend-select {rule.code}` turns it on"
    places = [] if rule.about_silence else [f"`# noqa: {rule.code}` on one line"]
    return f"{kind}, {asked}. It is silenced by {', by '.join([*places, f'`--ignore {rule.code}` everywhere'])}."


def as_json(rule: Rule) -> str:
    """All about a rule as one JSON object."""
    return json.dumps(_record(rule), indent=2)


def all_as_json() -> str:
    """A list of all rules, each with all about it."""
    return json.dumps([_record(rule) for rule in rules()], indent=2)


def _record(rule: Rule) -> dict[str, Any]:
    """`output` is what is said of the first of the invalid examples."""
    return {
        "code": rule.code,
        "name": rule.name,
        "family": family(rule),
        "severity": rule.fault.severity,
        "by_default": rule.by_default,
        "can_be_silenced": rule.can_be_silenced,
        "what": rule.what,
        "why": rule.why,
        "invalid": list(rule.invalid),
        "output": said(rule),
        "valid": list(rule.valid),
        "fix": rule.fix or None,
    }
