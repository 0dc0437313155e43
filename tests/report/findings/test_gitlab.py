"""`gitlab`: a Code Quality report, with the keys that GitLab's documentation asks for."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from cnncli.errors import UNREADABLE_FILE
from cnncli.report.findings._exchange import in_repository, sound
from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, make_repository, one, real, rendered, verdicts

PLACE = {
    "type": "object",
    "required": ["line", "column"],
    "additionalProperties": False,
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
}
POSITIONS = {
    "type": "object",
    "required": ["begin", "end"],
    "additionalProperties": False,
    "properties": {"begin": PLACE, "end": PLACE},
}
ISSUE = {
    "type": "object",
    "required": ["description", "check_name", "fingerprint", "severity", "location"],
    "additionalProperties": False,
    "properties": {
        "description": {"type": "string"},
        "check_name": {"type": "string", "pattern": "^CNN[0-9]{3} [a-z-]+$"},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {
            "type": "object",
            "required": ["path", "positions"],
            "additionalProperties": False,
            "properties": {"path": {"type": "string", "minLength": 1}, "positions": POSITIONS},
        },
    },
}


@given(verdicts())
def test_it_has_the_form_and_reads_back_as_what_was_found(found: list[Verdict]) -> None:
    issues = json.loads(rendered("gitlab", found))
    jsonschema.validate(issues, {"type": "array", "items": ISSUE})
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue, finding in zip(issues, findings(found), strict=True):
        place = finding.location
        assert issue["description"] == sound(finding.message)
        assert issue["check_name"] == f"{finding.fault.code} {finding.fault.name}"
        assert issue["location"]["path"] == in_repository(place.file)
        assert issue["location"]["positions"] == {
            "begin": {"line": place.line, "column": place.column},
            "end": {"line": place.line, "column": place.column + place.width},
        }


def test_without_findings_it_is_a_list_all_the_same() -> None:
    assert rendered("gitlab", []) == rendered("gitlab", [Verdict("net.yaml")]) == "[]"


@pytest.mark.parametrize(
    ("changes", "severity"),
    [({"severity": "error"}, "major"), ({"severity": "warning"}, "minor"), ({"severity": "note"}, "info"),
     ({"fault": UNREADABLE_FILE}, "critical")],
)  # fmt: skip
def test_how_grave_it_is(changes: dict[str, object], severity: str) -> None:
    (issue,) = json.loads(rendered("gitlab", one(**changes)))
    assert issue["severity"] == severity


def test_an_issue_is_a_line() -> None:
    first, *issues, last = rendered("gitlab", real()).splitlines()
    assert (first, last, len(issues)) == ("[", "]", len(findings(real())))
    assert json.loads(issues[0].rstrip(","))["check_name"] == "CNN301 bias-before-norm"


def test_paths_are_those_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    paths = [issue["location"]["path"] for issue in json.loads(rendered("gitlab", real()))]
    assert paths == ["bias.yaml", "deep/block.yaml", "gone.yaml"]
