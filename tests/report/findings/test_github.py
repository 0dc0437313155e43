"""`github`: workflow commands, read back as the runner of GitHub Actions reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given

from cnncli.errors import Diagnostic, Location, Related
from cnncli.report.findings._exchange import in_repository
from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, make_repository, one, real, rendered, verdicts

COMMAND = re.compile(r"::(?P<kind>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")
ORDER = ["error", "warning", "note"]


def read(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does: properties end at the first `::`, are parted at commas, and unescaped one by one."""
    match = COMMAND.fullmatch(line)
    assert match, line
    pairs = (pair.split("=", 1) for pair in match["properties"].split(","))
    return match["kind"], {key: unescaped(value) for key, value in pairs}, unescaped(match["message"])


def unescaped(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def shown(text: str) -> str:
    """What is left of a text: all but what could drive a terminal."""
    kept = (
        character if character.isprintable() or character in "\r\n" else "?" for character in text.replace("\t", " ")
    )
    return "".join(kept)


def message(finding: Diagnostic) -> str:
    related = (f"line {other.location.line}: {other.label}" for other in finding.related)
    return "\n".join((finding.message, *finding.arithmetic, *finding.hints, *related))


@given(verdicts())
def test_the_runner_reads_what_was_found(found: list[Verdict]) -> None:
    expected = sorted(findings(found), key=lambda finding: ORDER.index(finding.severity))
    for line, finding in zip(rendered("github", found).splitlines(), expected, strict=True):
        place = finding.location
        kind, properties, said = read(line)
        assert kind == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
        assert said == shown(message(finding))
        assert properties == {
            "file": shown(in_repository(place.file)),
            "line": str(place.line),
            "endLine": str(place.line),
            "col": str(place.column),
            "endColumn": str(place.column + place.width),
            "title": f"cnncli {finding.fault.code} ({finding.fault.name})",
        }


def test_a_finding_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    place = Location("net.yaml", 9, 1)
    found = one(
        message="100% wrong: a, b", arithmetic=("2 + 2 = 4",), hints=("write 4",), related=(Related(place, "used"),)
    )
    assert rendered("github", found) == (
        "::error file=net.yaml,line=3,endLine=3,col=5,endColumn=9,title=cnncli CNN008 (bad-value)"
        "::100%25 wrong: a, b%0A2 + 2 = 4%0Awrite 4%0Aline 9: used"
    )


def test_a_name_cannot_end_its_property(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    line = rendered("github", one(file="a,line=1::b%\n.yaml"))
    assert line.startswith("::error file=a%2Cline=1%3A%3Ab%25%0A.yaml,line=3,")


@pytest.mark.parametrize("text", ["\n::set-output name=x::y", "\r::stop-commands::x", "\u2028::debug::x", "\x1b[31m"])
def test_a_message_is_no_command_of_its_own(text: str) -> None:
    lines = rendered("github", one(message=text, hints=(text,))).splitlines()
    assert len(lines) == 1 and lines[0].startswith("::error file=") and "\x1b" not in lines[0]


def test_errors_come_first_and_else_the_order_is_kept() -> None:
    kinds = [(kind, properties["file"]) for kind, properties, _ in map(read, rendered("github", real()).splitlines())]
    assert [kind for kind, _ in kinds] == ["error", "error", "warning"]
    assert [Path(file).name for _, file in kinds] == ["block.yaml", "gone.yaml", "bias.yaml"]


def test_paths_are_those_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (make_repository(tmp_path) / "specs").mkdir()
    monkeypatch.chdir(tmp_path / "specs")
    assert "file=specs/net.yaml," in rendered("github", one(file="./net.yaml"))
