"""`json-lines`: an object for each finding, the same as in `json`."""

from __future__ import annotations

import json

from hypothesis import given

from cnncli.rules.verdict import Verdict
from tests.report.findings.made import rendered, verdicts


@given(verdicts())
def test_the_lines_are_the_findings_of_json(found: list[Verdict]) -> None:
    lines = rendered("json-lines", found).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", found))["diagnostics"]
