"""One rule asked of a spec."""

from __future__ import annotations

from cnncli.errors import Diagnostic
from cnncli.rules.judge import Policy
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import judged_text
from cnncli.spec.source import Source


def ask(rule: str, text: str) -> tuple[Diagnostic, ...]:
    """The findings of a rule, by code or name. Errors, which are always told, are left out."""
    found = judged_text(Source("net.yaml", text), Policy(Selection(select=(rule,))))
    return tuple(finding for finding in found if finding.severity != "error")


def messages(rule: str, text: str) -> list[str]:
    return [finding.message for finding in ask(rule, text)]


def lines(rule: str, text: str) -> list[int]:
    """Where they stand."""
    return [finding.location.line for finding in ask(rule, text)]


def net(shape: str, *layers: str, training: str = "") -> str:
    """A chain, each layer the inside of a flow mapping; the first is on line 3."""
    text = f"input: {shape}\nlayers:\n" + "".join(f"  - {{{layer}}}\n" for layer in layers)
    return text + (f"training: {{{training}}}\n" if training else "")
