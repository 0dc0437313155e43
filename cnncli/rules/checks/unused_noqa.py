"""A `# noqa` comment that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Edit, Fault, Fix
from cnncli.rules import checking_rules, rules
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.silence import Silencer, names
from cnncli.rules.subject import Subject
from cnncli.spec.edits import replace
from cnncli.spec.nodes import Span
from cnncli.spec.problem import nearest
from cnncli.spec.source import Source

_MOST_NAMED = 5


def _check(subject: Subject) -> Iterator[Finding]:
    for silencer in subject.silencers:
        useless = [word for word in silencer.words or ("",) if word not in silencer.used]
        # A code that is not asked for now may be of use where it is.
        useless = [word for word in useless if _is_asked(word, subject)]
        if useless:
            # A word that is no rule's may be misspelt: what it was to silence is not to be mended either.
            unknown = next((word for word in useless if not any(names(word, rule.fault) for rule in rules())), None)
            fix = None if unknown else Fix("take it out", (_without(silencer, useless, subject.spec.source),))
            yield Finding(silencer.span, _message(useless), hints=(_way_out(unknown),), fix=fix)


def _way_out(unknown: str | None) -> str:
    close = nearest(unknown, tuple(text for rule in rules() for text in (rule.name, rule.code))) if unknown else None
    return f"did you mean `{close}`?" if close else "take it out"


def _is_asked(word: str, subject: Subject) -> bool:
    """Whether all that the word, or a comment without words, could silence is asked for."""
    meant = [rule for rule in checking_rules() if names(word, rule.fault) and not rule.about_silence]
    usual = [rule for rule in meant if rule.by_default]
    return all(rule in subject.asked for rule in usual or meant)


def _message(words: list[str]) -> str:
    words = [word[:60] for word in words[:_MOST_NAMED]]
    if words == [""]:
        return "`# noqa` silences nothing here"
    known = [word for word in words if any(names(word, rule.fault) for rule in rules())]
    if not known:
        return f"`# noqa` names no rule: {', '.join(words)}"
    firm = [word for word in known if not any(names(word, rule.fault) and rule.can_be_silenced for rule in rules())]
    if firm:
        return f"{', '.join(firm)} cannot be silenced: no network can be built with it"
    return f"{', '.join(words)} silences nothing here"


def _without(silencer: Silencer, useless: list[str], source: Source) -> Edit:
    """The comment without these words; nothing of it is left where it says nothing else."""
    kept = [word for word in silencer.words if word not in useless]
    span = silencer.span
    if kept:
        return replace(span, f"# noqa: {', '.join(kept)}")
    line = source.lines[span.line - 1]
    before, after = line[: span.column - 1].rstrip(), line[span.end_column - 1 :]
    if after.strip():
        return replace(span, "#")
    if not before and span.line < len(source.lines):
        return replace(Span(span.line, 1, span.line + 1, 1), "")
    return replace(Span(span.line, len(before) + 1, span.line, len(line) + 1), "")


RULE = Rule(
    fault=Fault("CNN901", "unused-noqa", "warning"),
    what="A `# noqa` comment silences nothing.",
    why="What it once excused has been mended, or the comment never named the right rule. Left where it is, it would "
    "hide the next finding on its line. A comment counts for the line that a finding points at. Errors that no network "
    "can be built with cannot be silenced at all.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}  # noqa: CNN301
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}  # noqa
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}  # noqa: bias-befor-norm, CNN101
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}  # noqa: CNN301 (as published)
  - {type: batchnorm}
""",
        """input: [1, 28, 28]
name: "a text # noqa"
layers:
  - {type: flatten}
  - {type: dense, units: 10}
""",
    ),
    fix="takes the comment out, or those of its codes that silence nothing.",
    check=_check,
    about_silence=True,
)
