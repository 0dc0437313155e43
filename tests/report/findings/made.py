"""Findings for the tests of output formats: any that Hypothesis can think of, and real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from io import StringIO
from pathlib import Path

from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from cnncli import errors
from cnncli.errors import Diagnostic, Edit, Fault, Fix, Location, Related
from cnncli.report.findings import render
from cnncli.rules.verdict import Verdict, judged, unreadable

SEVERITIES = ("error", "warning", "note")
FAULTS = [fault for fault in vars(errors).values() if isinstance(fault, Fault)]
RELATED = """input: [1, 7, 7]
blocks:
  stage:
    params: {width: }
    layers:
      - {type: conv, filters: $width, kernel: 1}
      - {type: maxpool, kernel: 2}
layers:
  - {use: stage, name: last, width: 16}
"""
WASTED_BIAS = """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: batchnorm, activation: relu}
"""
SOUND = "input: [8]\nlayers: [{type: dense, units: 2}]\n"


def _joined(text: str) -> str:
    """Two halves of a surrogate pair that stand together are one character for every reader of JSON."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


# Control characters and lone surrogates too, which YAML's escapes and names of files can bring in. A text with all of
# these in its alphabet would hardly ever have one.
_AWKWARD = st.sampled_from("\0\t\n\r\x1b\x85\u2028\ud800\udfff\ufffe%:,;=/<&\"'`[]{}層🎉")
_PART = _AWKWARD | st.text(st.characters(), max_size=8)
TEXT = st.lists(_PART, max_size=4).map("".join).map(_joined)
FILE = st.lists(_PART, min_size=1, max_size=3).map("".join).map(_joined).filter(bool)
_NUMBER = st.integers(1, 10**6)
_TEXTS = st.lists(TEXT, max_size=1).map(tuple)
_EDITS = st.lists(st.builds(Edit, _NUMBER, _NUMBER, _NUMBER, _NUMBER, TEXT), min_size=1, max_size=2).map(tuple)


@st.composite
def verdicts(draw: st.DrawFn) -> list[Verdict]:
    """Some files with some findings each; the severity is any, whatever the fault."""
    found = []
    for file in draw(st.lists(FILE, max_size=2, unique=True)):
        place = st.builds(Location, st.just(file), _NUMBER, _NUMBER, _NUMBER)
        finding = st.builds(
            Diagnostic,
            st.sampled_from(FAULTS),
            place,
            TEXT,
            _TEXTS,
            _TEXTS,
            TEXT,
            st.sampled_from(SEVERITIES),
            st.lists(st.builds(Related, place, TEXT, TEXT), max_size=1).map(tuple),
            st.none() | st.builds(Fix, TEXT, _EDITS),
        )
        found.append(Verdict(file, tuple(draw(st.lists(finding, max_size=2))), draw(st.booleans())))
    return found


def real() -> list[Verdict]:
    """A sound file, a finding with a fix, one with a related place, and a file that is not there."""
    texts = {"sound.yaml": SOUND, "bias.yaml": WASTED_BIAS, "deep/block.yaml": RELATED}
    found = [Verdict(file, judged(file, text.encode())) for file, text in texts.items()]
    return [*found, Verdict("gone.yaml", (unreadable("gone.yaml", "No such file or directory"),))]


def one(**changes: object) -> list[Verdict]:
    """A file with one finding, in line 3, columns 5 to 8."""
    place = Location(str(changes.pop("file", "net.yaml")), 3, 5, 4)
    given = {"fault": errors.BAD_VALUE, "location": place, "message": "this is wrong", "source": "  - {a: bcd}"}
    assert changes.keys() <= {field.name for field in fields(Diagnostic)}
    return [Verdict(place.file, (Diagnostic(**{**given, **changes}),))]  # type: ignore[arg-type]


def findings(found: Sequence[Verdict]) -> list[Diagnostic]:
    return [finding for verdict in found for finding in verdict.diagnostics]


def rendered(format: str, found: Sequence[Verdict], width: int = 80) -> str:
    """The report as text, without style."""
    text = render(format, found, width)
    return text.plain if isinstance(text, Text) else text


def printed(format: str, found: Sequence[Verdict], width: int) -> str:
    """As a terminal of this width shows it."""
    console = Console(file=StringIO(), width=width, highlight=False, emoji=False, markup=False)
    console.print(render(format, found, width))
    return console.file.getvalue()  # type: ignore[attr-defined]


def make_repository(folder: Path) -> Path:
    """A folder that looks like the root of one."""
    (folder / ".git").mkdir(parents=True)
    return folder
