"""What `cnncli validate` looks for, one rule in a file: `checks/` look at a spec that has been read, `reading/` tell of
the faults that are found while reading. The folders are the list of rules.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from cnncli.errors import UsageError
from cnncli.rules.rule import Rule
from cnncli.spec.problem import nearest

__all__ = ["Rule", "checking_rules", "find", "rules"]


@cache
def checking_rules() -> tuple[Rule, ...]:
    """The rules that look at a spec once it is read, by code."""
    return _rules_in("checks")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by code."""
    return tuple(sorted((*checking_rules(), *_rules_in("reading")), key=lambda rule: rule.code))


def find(word: str) -> Rule:
    """The rule of a code or a name; `UsageError` where there is none."""
    for rule in rules():
        if word.upper() == rule.code or word.lower() == rule.name:
            return rule
    close = nearest(word, tuple(name for rule in rules() for name in (rule.name, rule.code)))
    hint = f"did you mean `{close}`?" if close else "`cnncli rule --all` lists them"
    raise UsageError(f"there is no rule {word[:60]!r}", hint)


def _rules_in(folder: str) -> tuple[Rule, ...]:
    names = sorted(path.stem for path in (Path(__file__).parent / folder).glob("[a-z]*.py"))
    found: list[Rule] = [import_module(f"{__name__}.{folder}.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.code))
