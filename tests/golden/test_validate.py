"""What each output format makes of the same small folder of specs, and that they all tell the same."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cnncli.report.findings import formats, render
from cnncli.rules.judge import Policy
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import Verdict, judged, unreadable
from tests.golden.golden import compare

HERE = Path(__file__).parent / "validate"
ENDINGS = {"gitlab": "json", "json": "json", "json-lines": "jsonl", "junit": "xml", "sarif": "json"}
POLICY = Policy(Selection(select=("CNN201", "CNN202", "CNN301", "CNN901")))
HEADLINE = re.compile(r"^\S.*:\d+:\d+: (?:error|warning|note)\[CNN\d{3}\]: ", re.MULTILINE)


@pytest.fixture(autouse=True)
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Verdict]:
    """The findings in the specs, which stand in a repository of their own, and a file that is not there."""
    shutil.copytree(HERE / "specs", tmp_path / "specs")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    files = sorted(Path("specs").rglob("*.yaml"))
    verdicts = [Verdict(str(file), judged(str(file), file.read_bytes(), POLICY)) for file in files]
    gone = unreadable("specs/gone.yaml", "cannot read 'specs/gone.yaml': No such file or directory")
    return [*verdicts, Verdict("specs/gone.yaml", (gone,))]


def golden_file(format: str) -> Path:
    return HERE / f"{format}.{ENDINGS.get(format, 'txt')}"


def text_of(format: str, found: list[Verdict]) -> str:
    text = str(render(format, found, 80))
    return without_rules(text) if format == "sarif" else text


def without_rules(text: str) -> str:
    """SARIF without what changes with every new rule and every version; one rule stands for all."""
    document = json.loads(text)
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    del driver["version"], driver["notifications"]
    driver["rules"] = [rule for rule in driver["rules"] if rule["id"] == "CNN301"]
    for result in run["results"]:
        del result["ruleIndex"]
    return json.dumps(document, indent=2)


@pytest.mark.parametrize("format", formats())
def test_output(format: str, found: list[Verdict], request: pytest.FixtureRequest) -> None:
    compare(text_of(format, found), golden_file(format), request)


def sarif_codes(text: str) -> list[str]:
    (run,) = json.loads(text)["runs"]
    (invocation,) = run["invocations"]
    unread = [notification["descriptor"]["id"] for notification in invocation["toolExecutionNotifications"]]
    return [result["ruleId"] for result in run["results"]] + unread


def junit_codes(text: str) -> list[str]:
    texts = (element.text or "" for element in ElementTree.fromstring(text).iter())
    return [code for text in texts for code in bracketed(text)]


def bracketed(text: str) -> list[str]:
    return [head[-9:-3] for head in HEADLINE.findall(text)]


def field_of(key: str, records: list[dict[str, Any]]) -> list[str]:
    return [record[key].partition(" ")[0] for record in records]


CODES: dict[str, Callable[[str], list[str]]] = {
    "concise": bracketed,
    "full": bracketed,
    "github": lambda text: re.findall(r"^::.*?,title=cnncli (CNN\d{3}) ", text, re.MULTILINE),
    "gitlab": lambda text: field_of("check_name", json.loads(text)),
    "json": lambda text: field_of("code", json.loads(text)["diagnostics"]),
    "json-lines": lambda text: field_of("code", [json.loads(line) for line in text.splitlines()]),
    "junit": junit_codes,
    "sarif": sarif_codes,
}


def test_all_formats_tell_the_same_findings(found: list[Verdict]) -> None:
    expected = sorted(finding.fault.code for verdict in found for finding in verdict.diagnostics)
    assert expected == ["CNN000", "CNN007", "CNN101", "CNN201", "CNN202", "CNN301", "CNN301", "CNN901"]
    for format in formats():
        assert sorted(CODES[format](text_of(format, found))) == expected, format


def test_every_golden_file_is_of_a_format() -> None:
    assert {path.name for path in HERE.iterdir()} == {golden_file(format).name for format in formats()} | {"specs"}
