"""What is found in one file, be it a spec or not."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from cnncli.errors import UNREADABLE_FILE, Diagnostic, Location, SpecError
from cnncli.rules.judge import DEFAULT, Policy, judge
from cnncli.spec.source import Source, decode


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings in a file, in its order. `is_strict`: warnings count as errors do."""

    file: str
    diagnostics: tuple[Diagnostic, ...] = ()
    is_strict: bool = False

    @property
    def is_unreadable(self) -> bool:
        return any(finding.fault is UNREADABLE_FILE for finding in self.diagnostics)

    @property
    def fixes(self) -> int:
        """How many findings can be mended."""
        return sum(finding.fix is not None for finding in self.diagnostics)

    def with_refusal(self, refusal: Diagnostic) -> Verdict:
        """With a finding about the file itself, before what is found in it."""
        return replace(self, diagnostics=(refusal, *self.diagnostics))

    @property
    def fails(self) -> bool:
        counted = ("error", "warning") if self.is_strict else ("error",)
        return any(finding.severity in counted for finding in self.diagnostics)


def judged(file: str, data: bytes, policy: Policy = DEFAULT) -> tuple[Diagnostic, ...]:
    """The findings in a file's bytes. Never raises: a fault of ours in one file is no reason not to look at others."""
    try:
        return judged_text(decode(file, data), policy)
    except SpecError as error:  # these bytes are no text
        return error.diagnostics


def judged_text(source: Source, policy: Policy) -> tuple[Diagnostic, ...]:
    """The findings in a text."""
    try:
        return tuple(judge(source, policy).diagnostics)
    except Exception as error:
        if os.environ.get("CNNCLI_TRACEBACK"):
            raise
        hint = "this is a fault of cnncli; CNNCLI_TRACEBACK=1 shows where"
        return (unreadable(source.name, f"internal error: {type(error).__name__}: {error}"[:300], hint),)


def unreadable(file: str, message: str, hint: str = "") -> Diagnostic:
    """A file that cannot be judged, as a finding about it."""
    return Diagnostic(UNREADABLE_FILE, Location(file, 1, 1), message, hints=(hint,) if hint else ())
