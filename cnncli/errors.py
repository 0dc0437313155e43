"""What can be wrong, and how it is said: one shape for every finding and every failure.

A `Diagnostic` is a finding about a spec: a stable code, a place in the user's file, what was found, and
the way out. An error is an exception that the command line turns into one clear message and an exit code;
nothing else in the package prints or exits.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A span of one line of a file. `line` and `column` count from 1; `width` is in characters."""

    file: str
    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of finding. The code never changes its meaning; the name says it in words.

    `severity` is `error` (the spec does not hold), `warning` (it does, and is hardly meant), or `note` (worth knowing).
    """

    code: str
    name: str
    severity: str = "error"


UNREADABLE_FILE = Fault("CNN000", "unreadable-file")
YAML_SYNTAX = Fault("CNN001", "yaml-syntax")
YAML_LIMIT = Fault("CNN002", "yaml-limit")
DUPLICATE_KEY = Fault("CNN003", "duplicate-key")
WRONG_TYPE = Fault("CNN004", "wrong-type")
UNKNOWN_KEY = Fault("CNN005", "unknown-key")
MISSING_KEY = Fault("CNN006", "missing-key")
UNKNOWN_KIND = Fault("CNN007", "unknown-kind")
BAD_VALUE = Fault("CNN008", "bad-value")
DUPLICATE_NAME = Fault("CNN009", "duplicate-name")
UNSUPPORTED_VERSION = Fault("CNN010", "unsupported-version")
UNKNOWN_BLOCK = Fault("CNN011", "unknown-block")
UNKNOWN_PARAMETER = Fault("CNN012", "unknown-parameter")
BAD_EXPRESSION = Fault("CNN013", "bad-expression")
RECURSIVE_BLOCK = Fault("CNN014", "recursive-block")
TOO_MANY_LAYERS = Fault("CNN015", "too-many-layers")
UNKNOWN_INPUT = Fault("CNN016", "unknown-input")
INPUT_COMES_LATER = Fault("CNN017", "input-comes-later")
CYCLE = Fault("CNN018", "cycle")
NO_PATH = Fault("CNN019", "no-path")
WINDOW_DOES_NOT_FIT = Fault("CNN101", "window-does-not-fit")
WINDOW_TOO_LARGE = Fault("CNN102", "window-too-large")
PADDING_TOO_LARGE = Fault("CNN103", "padding-too-large")
CHANNELS_NOT_DIVISIBLE = Fault("CNN104", "channels-not-divisible")
SHAPE_NOT_ACCEPTED = Fault("CNN105", "shape-not-accepted")
INPUTS_NOT_ACCEPTED = Fault("CNN106", "inputs-not-accepted")
MERGE_MISMATCH = Fault("CNN107", "merge-mismatch")
EXPECTATION_NOT_MET = Fault("CNN201", "expectation-not-met")
LIMIT_EXCEEDED = Fault("CNN202", "limit-exceeded")


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding has to do with: where a block is used, where a branch begins."""

    location: Location
    label: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that takes the place of what stands from (line, column) up to, not including, (end_line, end_column).

    `old`, where it is given, is what has to stand there: a fix that finds something else is not offered.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    old: str | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding and change nothing else that the spec means. `what` says so as a command."""

    what: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a spec.

    `message` says what is wrong in a line; `arithmetic` are the lines that prove it; `hints` say what would
    be right. `source` is the text of the line the location points at, empty where there is none. `related` are
    other places, the nearest first. `fix` mends it, where that is safe.
    """

    fault: Fault
    location: Location
    message: str
    arithmetic: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    source: str = ""
    severity: str = "error"
    related: tuple[Related, ...] = ()
    fix: Fix | None = None


class CnncliError(Exception):
    """A failure the user can act on. `hint` says how; `exit_code` is what the process ends with."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CnncliError):
    """The command line, an option's value, or a name on it is wrong."""


class FileError(CnncliError):
    """A file that cannot be read or written, or whose contents are broken."""


class DataError(CnncliError):
    """A data set or an image that is missing, damaged, or does not fit the network."""


class TrainingError(CnncliError):
    """Training cannot start or cannot go on."""


class SpecError(CnncliError):
    """The spec does not hold; `diagnostics` says where and why. Exit code 1: findings, not a failure."""

    exit_code = 1

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message if diagnostics else "the spec does not hold")
        self.diagnostics = diagnostics


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. Not an `Exception`: nothing that handles failures may swallow it."""
