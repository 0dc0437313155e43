"""For code scanning: SARIF 2.1.0, the OASIS standard, as GitHub, Azure DevOps and editors read it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from cnncli import __version__
from cnncli.errors import UNREADABLE_FILE, Diagnostic, Edit, Fix, Location
from cnncli.report.findings._exchange import fingerprints, in_repository, sound
from cnncli.report.markdown import prose
from cnncli.report.rules import example_text, family
from cnncli.rules import Rule, rules
from cnncli.rules.verdict import Verdict

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_REPOSITORY = "%SRCROOT%"
_UNKNOWN = -1


def render(verdicts: Sequence[Verdict], width: int) -> str:
    """One run. A file that cannot be read is no result of it: the run tells that it could not do its work."""
    findings = [finding for verdict in verdicts for finding in verdict.diagnostics]
    unread = [finding for finding in findings if finding.fault == UNREADABLE_FILE]
    results = [finding for finding in findings if finding.fault != UNREADABLE_FILE]
    known = [rule for rule in rules() if rule.fault != UNREADABLE_FILE]
    numbers = {rule.code: number for number, rule in enumerate(known)}
    notifications = [_descriptor(rule) for rule in rules() if rule.fault == UNREADABLE_FILE]
    driver = {"name": "cnncli", "version": __version__, "rules": list(map(_descriptor, known))}
    run = {
        "tool": {"driver": driver | {"notifications": notifications}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_REPOSITORY: {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {"executionSuccessful": not unread, "toolExecutionNotifications": list(map(_notification, unread))}
        ],
        "results": [
            _result(finding, numbers.get(finding.fault.code, _UNKNOWN), fingerprint)
            for finding, fingerprint in zip(results, fingerprints(results), strict=True)
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _descriptor(rule: Rule) -> dict[str, Any]:
    """What is to be known of a rule without its findings."""
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": _help(rule, rule.why, ""), "markdown": _help(rule, prose(rule.why), "```")},
        "defaultConfiguration": {"enabled": rule.by_default, "level": rule.fault.severity},
        "properties": {"tags": [family(rule)]},
    }


def _help(rule: Rule, why: str, fence: str) -> str:
    """Why, and what to write instead of what."""
    parts = [why]
    for heading, examples in (("For example", rule.invalid), ("Instead", rule.valid)):
        if examples:
            parts += [f"{heading}:", "\n".join(filter(None, (fence, example_text(examples[0]), fence)))]
    return "\n\n".join(parts)


def _result(finding: Diagnostic, number: int, fingerprint: str) -> dict[str, Any]:
    related = [
        {"id": number, **_location(other.location), "message": {"text": sound(other.label)}}
        for number, other in enumerate(finding.related)
    ]
    result = {
        "ruleId": finding.fault.code,
        "ruleIndex": number,
        "level": finding.severity,
        "message": _message(finding),
        "locations": [_location(finding.location)],
        "relatedLocations": related,
        "partialFingerprints": {"cnncliLine/v1": fingerprint},
    }
    return result | ({"fixes": [_fix(finding.fix, finding.location.file)]} if finding.fix else {})


def _notification(finding: Diagnostic) -> dict[str, Any]:
    return {
        "descriptor": {"id": finding.fault.code},
        "level": finding.severity,
        "message": _message(finding),
        "locations": [_location(finding.location)],
    }


def _message(finding: Diagnostic) -> dict[str, str]:
    return {"text": sound("\n".join((finding.message, *finding.arithmetic, *finding.hints)))}


def _location(location: Location) -> dict[str, Any]:
    region = {
        "startLine": location.line,
        "startColumn": location.column,
        "endColumn": location.column + location.width,
    }
    return {"physicalLocation": {"artifactLocation": _artifact(location.file), "region": region}}


def _artifact(file: str) -> dict[str, str]:
    path = in_repository(file)
    if os.path.isabs(path):  # noqa: PTH117 (a file's name may be none that a path can have)
        return {"uri": f"file:///{quote(path.lstrip('/'))}"}
    return {"uri": quote(path), "uriBaseId": _REPOSITORY}


def _fix(fix: Fix, file: str) -> dict[str, Any]:
    change = {"artifactLocation": _artifact(file), "replacements": list(map(_replacement, fix.edits))}
    return {"description": {"text": sound(fix.what)}, "artifactChanges": [change]}


def _replacement(edit: Edit) -> dict[str, Any]:
    region = {
        "startLine": edit.line,
        "startColumn": edit.column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }
    return {"deletedRegion": region, "insertedContent": {"text": sound(edit.text)}}
