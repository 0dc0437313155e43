"""Rules as Markdown: the list, and the page of one, which is also its page in docs/rules."""

from __future__ import annotations

from cnncli.report.markdown import prose, table
from cnncli.report.rules import example_text, families, said, standing
from cnncli.rules import Rule

_HEADINGS = ("code", "name", "severity", "what it finds", "fix")


def list_markdown(linked: bool = False) -> str:
    """A table for each family; `linked` names lead to the pages beside the list."""
    lines: list[str] = []
    for title, members in families():
        rows = [_row(rule, linked) for rule in members]
        lines += ["", f"## {title}", "", *table(_HEADINGS, (), rows)]
    return "\n".join(lines[1:])


def page_markdown(rule: Rule) -> str:
    """All about one rule."""
    sections = {
        "What it does": prose(rule.what),
        "Why": prose(rule.why),
        "Example": _fenced(rule.invalid[0], "yaml") if rule.invalid else "",
        "What `cnncli` says": _fenced(said(rule)) if rule.invalid else "",
        "Instead": _fenced(rule.valid[0], "yaml") if rule.valid else "",
        "Fix": prose(f"`--fix` {rule.fix}") if rule.fix else "",
    }
    lines = [f"# {rule.name} ({rule.code})", "", prose(standing(rule))]
    for heading, text in sections.items():
        lines += ["", f"## {heading}", "", text] if text else []
    return "\n".join(lines)


def _row(rule: Rule, linked: bool) -> tuple[str, ...]:
    name = f"[{rule.name}]({rule.name}.md)" if linked else f"`{rule.name}`"
    severity = rule.fault.severity if rule.by_default else f"{rule.fault.severity}, off"
    return rule.code, name, severity, prose(rule.what), "yes" if rule.fix else ""


def _fenced(text: str, language: str = "") -> str:
    return f"```{language}\n{example_text(text)}\n```"
