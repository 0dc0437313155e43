"""Which rules are asked: `--select`, `--ignore`, `--extend-select`, by code, by how codes begin, or by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnncli.errors import UsageError
from cnncli.rules.rule import Rule
from cnncli.rules.silence import names
from cnncli.spec.problem import nearest

EVERYTHING = "ALL"
_DEFAULT = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """`select` in place of the rules that are on by default, `extend` beside them, `ignore` without these.

    Where one rule is meant by several words, the longest decides; of the same length, what `before` does not say, and
    then `ignore`. A name is as long as a code. What `never` means is not asked for at all. What no network can be
    built with is reported whatever is selected.
    """

    select: tuple[str, ...] = (_DEFAULT,)
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    before: Selection | None = None

    def __contains__(self, rule: Rule) -> bool:
        if not rule.can_be_silenced:
            return True
        weight, _, is_ignored = max(self._said_of(rule), default=(-1, 0, True))
        return weight >= 0 and not is_ignored and all(_weight(word, rule) < 0 for word in self.never)

    def _said_of(self, rule: Rule, age: int = 0) -> Iterator[tuple[int, int, bool]]:
        """For each word how exactly it means the rule, how late it is said, and whether it ignores."""
        yield from ((_weight(word, rule), -age, False) for word in (*self.select, *self.extend))
        yield from ((_weight(word, rule), -age, True) for word in self.ignore)
        if self.before is not None:
            yield from self.before._said_of(rule, age + 1)

    def check(self, rules: tuple[Rule, ...]) -> None:
        """Raises `UsageError` for a word that means no rule, or one that cannot be ignored."""
        for word in (*self.select, *self.extend, *self.ignore, *self.never):
            meant = [rule for rule in rules if _weight(word, rule) >= 0 or word == _DEFAULT]
            if not meant:
                known = tuple(text for rule in rules for text in (rule.name, rule.code))
                close = nearest(word, known)
                hint = f"did you mean `{close}`?" if close else "`cnncli rule --all` lists them"
                raise UsageError(f"no rule is called {word[:60]!r}, and no code begins so", hint)
            if word in (*self.ignore, *self.never) and not any(rule.can_be_silenced for rule in meant):
                hint = "no network can be built with it: mend the spec"
                raise UsageError(f"{word} cannot be ignored", hint)


BY_DEFAULT = Selection()


def _weight(word: str, rule: Rule) -> int:
    """How exactly a word means a rule; -1 where it does not."""
    if word == _DEFAULT:
        return 0 if rule.by_default else -1
    if word.upper() == EVERYTHING:
        return 0
    if not names(word, rule.fault):
        return -1
    return len(rule.code) if word.lower() == rule.name else len(word)
