"""`json`: all of every finding in one object, a line for each."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from cnncli.errors import Diagnostic
from cnncli.rules.verdict import Verdict
from tests.report.findings.made import findings, real, rendered, verdicts


def facts(finding: Diagnostic) -> dict[str, Any]:
    """All that a program may want of a finding."""
    place, fix = finding.location, finding.fix
    return {
        "code": finding.fault.code,
        "name": finding.fault.name,
        "severity": finding.severity,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_column": place.column + place.width,
        "message": finding.message,
        "arithmetic": list(finding.arithmetic),
        "hints": list(finding.hints),
        "related": [
            {"line": at.line, "column": at.column, "end_column": at.column + at.width, "label": other.label}
            for other in finding.related
            for at in [other.location]
        ],
        "fix": fix
        and {
            "what": fix.what,
            "edits": [
                {
                    "line": edit.line,
                    "column": edit.column,
                    "end_line": edit.end_line,
                    "end_column": edit.end_column,
                    "text": edit.text,
                }
                for edit in fix.edits
            ],
        },
    }


@given(verdicts())
def test_it_reads_back_as_what_was_found_and_a_finding_is_a_line(found: list[Verdict]) -> None:
    text = rendered("json", found)
    document = json.loads(text)
    assert document["diagnostics"] == [facts(finding) for finding in findings(found)]
    assert document["files"] == len(found)
    severities = [finding.severity for finding in findings(found)]
    assert document["summary"] == {
        f"{severity}s": severities.count(severity) for severity in ("error", "warning", "note")
    }
    assert document.keys() == {"version", "files", "summary", "diagnostics"} and document["version"] == 1
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    assert [json.loads(line) for line in lines if line.startswith('{"code"')] == document["diagnostics"]


def test_without_findings_it_is_json_all_the_same() -> None:
    empty = {"version": 1, "files": 2, "summary": {"errors": 0, "warnings": 0, "notes": 0}, "diagnostics": []}
    assert json.loads(rendered("json", [Verdict("a.yaml"), Verdict("b.yaml")])) == empty


def test_a_fix_is_there_to_be_made() -> None:
    document = json.loads(rendered("json", real()))
    assert [record["fix"] is not None for record in document["diagnostics"]] == [True, False, False]
    edit = {"line": 3, "column": 52, "end_line": 3, "end_column": 52, "text": ", bias: false"}
    assert document["diagnostics"][0]["fix"] == {"what": "write `bias: false`", "edits": [edit]}
