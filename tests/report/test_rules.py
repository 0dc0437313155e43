"""What is said about the rules: all of it is in their own files, and every form shows all of it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from rich.cells import cell_len

from cnncli.errors import UNREADABLE_FILE, Fault
from cnncli.report import rules as pages
from cnncli.report.rules_markdown import list_markdown, page_markdown
from cnncli.report.rules_text import list_table, page_text
from cnncli.report.words import printable
from cnncli.rules import Rule, find, rules
from cnncli.rules.verdict import judged
from tests.report.test_kinds import drawn

FIELDS = (
    "code", "name", "family", "severity", "by_default", "can_be_silenced", "what", "why", "invalid", "output", "valid",
    "fix",
)  # fmt: skip
BIAS = find("CNN301")
BARE = Rule(fault=UNREADABLE_FILE, what="It cannot be read.", why="It is not there.", invalid=(), valid=())
NAMES = {"ids": lambda rule: rule.name}


def plain(text: str) -> str:
    """Letters alone, wherever lines were broken, and whatever Markdown escapes."""
    return "".join(text.replace("\\", "").split())


@pytest.mark.parametrize("rule", rules(), **NAMES)
def test_a_rule_is_of_a_family(rule: Rule) -> None:
    assert pages.family(rule)


def test_families_are_all_rules_once_in_the_order_of_their_codes() -> None:
    found = list(pages.families())
    assert [rule for _, members in found for rule in members] == list(rules())
    assert len({title for title, _ in found}) == len(found)
    assert ("layers (CNN3)", "CNN301") in [(title, members[0].code) for title, members in found]


@pytest.mark.parametrize("rule", rules(), **NAMES)
def test_what_is_said_of_the_example_is_the_rules_own_finding(rule: Rule) -> None:
    assert {finding.fault for finding in pages.findings(rule)} == ({rule.fault} if rule.invalid else set())
    assert pages.said(rule).count(f"{rule.fault.severity}[{rule.code}]: ") == len(pages.findings(rule))


@pytest.mark.parametrize("rule", rules(), **NAMES)
def test_every_form_of_a_page_shows_all_of_it(rule: Rule) -> None:
    text, markdown = drawn(page_text(rule, 200), 200), page_markdown(rule)
    assert markdown.startswith(f"# {rule.name} ({rule.code})\n")
    assert text.startswith(f"{rule.name} ({rule.code})   {pages.family(rule)}\n")
    said = [rule.what, rule.why, pages.standing(rule), rule.fix]
    said += [printable(finding.message) for finding in pages.findings(rule)]
    said += [pages.example_text(example) for example in (*rule.invalid[:1], *rule.valid[:1])]
    for part in said:
        assert plain(part) in plain(text) and plain(part) in plain(markdown)


@pytest.mark.parametrize("rule", rules(), **NAMES)
def test_a_page_fits_80_columns(rule: Rule) -> None:
    assert max(map(cell_len, drawn(page_text(rule, 80), 80).splitlines())) <= 80


@pytest.mark.parametrize("rule", [*rules(), BARE], **NAMES)
def test_the_record_is_the_rule(rule: Rule) -> None:
    record = json.loads(pages.as_json(rule))
    assert tuple(record) == FIELDS
    assert record["family"] == pages.family(rule) and record["output"] == pages.said(rule)
    for key in ("code", "name", "by_default", "can_be_silenced", "what", "why"):
        assert record[key] == getattr(rule, key)
    assert (record["severity"], record["fix"]) == (rule.fault.severity, rule.fix or None)
    assert (record["invalid"], record["valid"]) == (list(rule.invalid), list(rule.valid))


def test_the_list_as_data_is_all_records() -> None:
    assert json.loads(pages.all_as_json()) == [json.loads(pages.as_json(rule)) for rule in rules()]


@pytest.mark.parametrize("width", [80, 200])
def test_the_list_fits_a_terminal(width: int) -> None:
    text = drawn(list_table(), width)
    assert max(map(cell_len, text.splitlines())) <= width and "…" not in text
    for rule in rules():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{rule.code} ")]
        assert line.split()[1:3] == [rule.name, rule.fault.severity + ("" if rule.by_default else ",")]
        assert (" yes " in line) == bool(rule.fix)
        assert width < 200 or rule.what in line


def test_links_of_the_list_lead_to_pages_and_plain_names_are_code() -> None:
    cells = "warning | A layer adds a bias, and the batch norm right after it takes it away again. | yes |"
    assert f"| CNN301 | [bias-before-norm](bias-before-norm.md) | {cells}" in list_markdown(linked=True)
    assert f"| CNN301 | `bias-before-norm` | {cells}" in list_markdown()
    assert list_markdown().count("\n## ") + 1 == len(list(pages.families()))


def test_a_rule_without_examples_has_a_page() -> None:
    text, markdown = drawn(page_text(BARE, 80), 80), page_markdown(BARE)
    for form in (text, markdown):
        assert "It cannot be read." in form and "It is not there." in form and "xample" not in form
    assert [line for line in markdown.splitlines() if line.startswith("#")] == [
        "# unreadable-file (CNN000)", "## What it does", "## Why",
    ]  # fmt: skip


def test_the_sections_of_a_page() -> None:
    assert [line for line in page_markdown(BIAS).splitlines() if line.startswith("#")] == [
        "# bias-before-norm (CNN301)", "## What it does", "## Why", "## Example", "## What `cnncli` says", "## Instead",
        "## Fix",
    ]  # fmt: skip
    assert "\n3 |   - {type: conv, filters: 16, kernel: 3, padding: 1}\n  |      ^^^^^^^^^^\n" in page_markdown(BIAS)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            BIAS,
            "A warning, on by default. "
            "It is silenced by `# noqa: CNN301` on one line, by `--ignore CNN301` everywhere.",
        ),
        (BARE, "An error, which cannot be silenced."),
        (find("CNN901"), "A warning, on by default. It is silenced by `--ignore CNN901` everywhere."),
        (
            dataclasses.replace(BIAS, fault=Fault("CNN399", "x", "note"), by_default=False),
            "A note, off by default: `--extend-select CNN399` turns it on. "
            "It is silenced by `# noqa: CNN399` on one line, by `--ignore CNN399` everywhere.",
        ),
    ],
)
def test_how_grave_it_is_and_how_to_silence_it(rule: Rule, sentence: str) -> None:
    assert pages.standing(rule) == sentence


def test_a_rule_that_is_off_is_shown_as_off(monkeypatch: pytest.MonkeyPatch) -> None:
    off = dataclasses.replace(BIAS, by_default=False)
    monkeypatch.setattr(pages, "rules", lambda: (off,))
    assert "warning, off" in drawn(list_table(), 80)
    assert "| warning, off |" in list_markdown()
    assert "on by default" not in page_markdown(off)


@pytest.mark.parametrize(
    ("spec", "text"),
    [("a: 1\nb: 2\n", "a: 1\nb: 2"), ("\tx: 1\n", "\tx: 1"), ("a: \x1b[31m\0\n", "a: ?[31m?"), ("a\n\nb\n", "a\n\nb")],
)
def test_an_example_stands_as_it_is_but_drives_no_terminal(spec: str, text: str) -> None:
    assert pages.example_text(spec) == text


def test_the_example_can_be_copied_from_the_page() -> None:
    spec = page_markdown(BIAS).split("```yaml\n")[1].split("```")[0]
    assert spec == BIAS.invalid[0]
    assert judged("net.yaml", spec.encode()) == pages.findings(BIAS)
