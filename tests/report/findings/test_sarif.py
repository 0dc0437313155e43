"""`sarif`: valid by the published schema, and read back as what was found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given

from cnncli import __version__
from cnncli.errors import UNREADABLE_FILE, Diagnostic, Location
from cnncli.report.findings import sarif
from cnncli.report.findings._exchange import fingerprints, in_repository, sound
from cnncli.report.rules import example_text
from cnncli.rules import Rule, rules
from cnncli.rules.verdict import Verdict, judged
from cnncli.spec.edits import apply
from cnncli.spec.source import Source
from tests.report.findings.made import WASTED_BIAS, findings, make_repository, one, real, rendered, verdicts

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
URI = re.compile(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})*")
UNREAD = Rule(fault=UNREADABLE_FILE, what="It cannot be read.", why="It is not there.", invalid=(), valid=())


def run_of(found: list[Verdict]) -> dict[str, Any]:
    document = json.loads(rendered("sarif", found))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return dict(run)


def verdict_of(text: str) -> Verdict:
    return Verdict("net.yaml", judged("net.yaml", text.encode()))


def message(finding: Diagnostic) -> dict[str, str]:
    return {"text": sound("\n".join((finding.message, *finding.arithmetic, *finding.hints)))}


def check_location(record: dict[str, Any], location: Location) -> None:
    place = record["physicalLocation"]
    check_file(place["artifactLocation"], location.file)
    assert place["region"] == {
        "startLine": location.line,
        "startColumn": location.column,
        "endColumn": location.column + location.width,
    }


def check_file(record: dict[str, str], file: str) -> None:
    path, uri = in_repository(file), record["uri"]
    assert URI.fullmatch(uri)
    assert (uri.startswith("file:///"), record.get("uriBaseId")) in ((True, None), (False, "%SRCROOT%"))
    assert unquote(uri.removeprefix("file://")) == path


def check_fix(record: dict[str, Any], finding: Diagnostic) -> None:
    fix = finding.fix
    assert fix and record["description"] == {"text": sound(fix.what)}
    (change,) = record["artifactChanges"]
    check_file(change["artifactLocation"], finding.location.file)
    for replacement, edit in zip(change["replacements"], fix.edits, strict=True):
        assert replacement["insertedContent"] == {"text": sound(edit.text)}
        assert list(replacement["deletedRegion"].values()) == [edit.line, edit.column, edit.end_line, edit.end_column]


def check(run: dict[str, Any], found: list[Verdict]) -> None:
    """All facts of all findings are in the run."""
    results = [finding for finding in findings(found) if finding.fault != UNREADABLE_FILE]
    unread = [finding for finding in findings(found) if finding.fault == UNREADABLE_FILE]
    names = fingerprints(results)
    for result, finding, name in zip(run["results"], results, names, strict=True):
        assert (result["ruleId"], result["level"]) == (finding.fault.code, finding.severity)
        assert result["message"] == message(finding)
        assert result["partialFingerprints"] == {"cnncliLine/v1": name}
        check_location(result["locations"][0], finding.location)
        for record, other in zip(result["relatedLocations"], finding.related, strict=True):
            assert record["message"] == {"text": sound(other.label)}
            check_location(record, other.location)
        assert ("fixes" in result) == (finding.fix is not None)
        for record in result.get("fixes", ()):
            check_fix(record, finding)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is not bool(unread)
    for notification, finding in zip(invocation["toolExecutionNotifications"], unread, strict=True):
        assert notification["descriptor"] == {"id": "CNN000"}
        assert (notification["level"], notification["message"]) == (finding.severity, message(finding))
        check_location(notification["locations"][0], finding.location)


@given(verdicts())
def test_any_findings_are_valid_and_read_back(found: list[Verdict]) -> None:
    document = json.loads(rendered("sarif", found))
    del document["runs"][0]["tool"]["driver"]["rules"]  # the same each time, and looked at below
    VALIDATOR.validate(document)
    check(document["runs"][0], found)


@pytest.mark.parametrize("found", [real(), [], [Verdict("net.yaml")]], ids=["real", "no files", "no findings"])
def test_real_findings_are_valid_with_all_rules(found: list[Verdict]) -> None:
    VALIDATOR.validate(json.loads(rendered("sarif", found)))
    check(run_of(found), found)


def test_the_schema_refuses_what_is_not_sarif() -> None:
    document = json.loads(rendered("sarif", real()))
    document["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)


def test_all_rules_are_told() -> None:
    driver = run_of([])["tool"]["driver"]
    known = [rule for rule in rules() if rule.fault != UNREADABLE_FILE]
    assert (driver["name"], driver["version"]) == ("cnncli", __version__)
    assert [record["id"] for record in driver["rules"]] == [rule.code for rule in known]
    for record, rule in zip(driver["rules"], known, strict=True):
        assert record["shortDescription"] == {"text": rule.what}
        assert record["fullDescription"] == {"text": rule.why}
        assert record["defaultConfiguration"] == {"enabled": rule.by_default, "level": rule.fault.severity}
        assert re.fullmatch("([A-Z][a-z0-9]*)+", record["name"])
        assert record["name"].lower() == rule.name.replace("-", "")
        for form in record["help"].values():
            assert example_text(rule.invalid[0]) in form and example_text(rule.valid[0]) in form
        assert "```" in record["help"]["markdown"] and "```" not in record["help"]["text"]


def test_a_result_points_at_its_rule() -> None:
    run = run_of(real())
    numbers = {result["ruleId"]: result["ruleIndex"] for result in run["results"]}
    assert run["tool"]["driver"]["rules"][numbers["CNN301"]]["id"] == "CNN301"


def test_a_rule_without_examples_is_what_notifications_are_about(monkeypatch: pytest.MonkeyPatch) -> None:
    others = tuple(rule for rule in rules() if rule.fault != UNREADABLE_FILE)
    monkeypatch.setattr(sarif, "rules", lambda: (UNREAD, *others))
    document = json.loads(rendered("sarif", real()))
    VALIDATOR.validate(document)
    driver = document["runs"][0]["tool"]["driver"]
    (record,) = driver["notifications"]
    assert (record["id"], record["name"]) == ("CNN000", "UnreadableFile")
    assert record["help"] == {"text": "It is not there.", "markdown": "It is not there."}
    assert "CNN000" not in [rule["id"] for rule in driver["rules"]]


@pytest.mark.parametrize(
    ("file", "record"),
    [
        ("a b/ü#1.yaml", {"uri": "a%20b/%C3%BC%231.yaml", "uriBaseId": "%SRCROOT%"}),
        ("c:d?.yaml", {"uri": "c%3Ad%3F.yaml", "uriBaseId": "%SRCROOT%"}),
        ("100%.yaml", {"uri": "100%25.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/else where/x.yaml", {"uri": "file:///else%20where/x.yaml"}),
    ],
)
def test_a_file_is_a_uri(file: str, record: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    (result,) = run_of(one(file=file))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == record


def test_columns_count_characters() -> None:
    text = 'input: [8]\nname: "🎉🎉"\nlayers: [{name: x, type: 🎉}]\n'
    run = run_of([verdict_of(text)])
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert text.splitlines()[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1] == "🎉"


def test_a_fix_can_be_made_from_the_report() -> None:
    (result,) = run_of([verdict_of(WASTED_BIAS)])["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    region, lines = replacement["deletedRegion"], WASTED_BIAS.splitlines(keepends=True)
    assert region["startLine"] == region["endLine"] and region["startColumn"] == region["endColumn"]
    line, column = lines[region["startLine"] - 1], region["startColumn"] - 1
    lines[region["startLine"] - 1] = line[:column] + replacement["insertedContent"]["text"] + line[column:]
    (finding,) = verdict_of(WASTED_BIAS).diagnostics
    assert finding.fix
    assert "".join(lines) == apply(Source("net.yaml", WASTED_BIAS), finding.fix.edits)
    assert verdict_of("".join(lines)).diagnostics == ()
