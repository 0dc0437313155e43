"""Files, looked at one by one: which of them are specs, what is asked of each, what is found and mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.analysis.budget import Promise
from cnncli.errors import Diagnostic, FileError
from cnncli.rules.configuration import Configuration, find_configuration
from cnncli.rules.judge import DEFAULT, Policy
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import Verdict, judged, unreadable
from cnncli.spec.discovery import STDIN, Candidate, looks_like_spec
from cnncli.spec.source import bundled_names, decode, read_bytes

if TYPE_CHECKING:
    from cnncli.rules.mend import Mended

_BUNDLED = "this is the name of a bundled architecture; `validate` takes files: `cnncli inspect` takes the name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a command asks for, in place of what configurations say or beside it.

    `select` is None where nothing is selected. `configuration` stands for those that would be found. `only_specs`
    passes over files that are no specs, or excluded, also where they are named.
    """

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    limits: tuple[Promise, ...] = ()
    configuration: Configuration | None = None
    only_specs: bool = False
    stdin_name: str = "<stdin>"

    def configuration_of(self, file: str) -> Configuration:
        return self.configuration or find_configuration(file)

    def policy(self, file: str) -> Policy:
        """What is asked of this file."""
        policy = self.configuration_of(file).policy_for(file)
        before = policy.selection if self.select is None else replace(policy.selection, select=(), extend=())
        selection = Selection(self.select or (), self.extend, self.ignore, before.never, before)
        limits = {limit.key: limit for limit in (*policy.limits, *self.limits)}
        return Policy(selection, tuple(limits.values()))


@dataclass(frozen=True, slots=True)
class Specimen:
    """A file that is looked at. `refusal` says why it cannot be read.

    Nothing is asked of one that `is_passed_over`: standard input, whose text may be waited for all the same.
    """

    name: str
    data: bytes = b""
    policy: Policy = DEFAULT
    is_strict: bool = False
    is_stdin: bool = False
    is_passed_over: bool = False
    refusal: Diagnostic | None = None

    def verdict(self) -> Verdict:
        """What is found in it."""
        if self.refusal is not None:
            return Verdict(self.name, (self.refusal,), self.is_strict)
        found = () if self.is_passed_over else judged(self.name, self.data, self.policy)
        return Verdict(self.name, found, self.is_strict)

    def mended(self) -> tuple[Verdict, Mended | None]:
        """What is left to be found in it once what can be mended is; None where that is nothing.

        What is left cannot be mended, also where a finding offered it: it would bring another.
        """
        verdict = self.verdict()
        if not verdict.fixes:
            return verdict, None
        from cnncli.rules.mend import mend

        mended = mend(decode(self.name, self.data), self.policy)
        remaining = tuple(replace(finding, fix=None) for finding in mended.remaining)
        return replace(verdict, diagnostics=remaining), mended if mended.count else None


def take(candidate: Candidate, wishes: Wishes, read_stdin: Callable[[], bytes]) -> Specimen | None:
    """The file, read; None for one that is passed over."""
    is_stdin = candidate.name == STDIN
    name = wishes.stdin_name if is_stdin else candidate.name
    if candidate.refusal:
        return Specimen(name, refusal=unreadable(name, f"cannot look into this folder: {candidate.refusal}"))
    configuration = wishes.configuration_of(name)
    is_choosy = wishes.only_specs or not candidate.is_named
    is_excluded = is_choosy and configuration.excludes(name)
    if is_excluded and not is_stdin:
        return None
    try:
        data = read_stdin() if is_stdin else read_bytes(Path(name))
    except FileError as error:
        hint = error.hint or (_BUNDLED if name in bundled_names() else "")
        return Specimen(name, refusal=unreadable(name, error.message, hint))
    is_passed_over = is_excluded or (is_choosy and not looks_like_spec(data))
    if is_passed_over and not is_stdin:
        return None
    is_strict = wishes.strict or configuration.strict
    return Specimen(name, data, wishes.policy(name), is_strict, is_stdin, is_passed_over)
