"""`cnncli rule` as a process: its list, its pages, its formats, its exit codes."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from cnncli.report.rules import all_as_json, as_json
from cnncli.report.rules_markdown import list_markdown, page_markdown
from cnncli.rules import find, rules
from tests.command import run

BIAS = find("bias-before-norm")


def test_the_list_names_every_rule_at_80_columns() -> None:
    result = run("rule", "--all", COLUMNS="80")
    assert (result.code, result.stderr) == (0, "")
    assert [line[:6] for line in result.stdout.splitlines() if line.startswith("CNN")] == [
        rule.code for rule in rules()
    ]
    assert max(map(cell_len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("word", ["CNN301", "cnn301", "bias-before-norm", "Bias-Before-Norm"])
def test_a_rule_is_called_by_its_code_or_its_name(word: str) -> None:
    result = run("rule", word)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("bias-before-norm (CNN301)   layers\n")
    assert "net.yaml:3:6: warning[CNN301]: the bias of `conv` is wasted" in result.stdout
    assert "{type: conv, filters: 16, kernel: 3, padding: 1, bias: false}" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("CNN301", "--format", "markdown"), page_markdown(BIAS)),
        (("CNN301", "--format", "json"), as_json(BIAS)),
        (("--all", "-f", "markdown"), list_markdown()),
        (("--all", "-f", "json"), all_as_json()),
    ],
)
def test_the_other_formats(arguments: tuple[str, ...], text: str) -> None:
    result = run("rule", *arguments)
    assert (result.code, result.stdout, result.stderr) == (0, text + "\n", "")


def test_the_list_as_data_has_a_record_for_each_rule() -> None:
    records = json.loads(run("rule", "--all", "--format", "json").stdout)
    assert {record["name"]: record["code"] for record in records} == {rule.name: rule.code for rule in rules()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bias-befor-norm",), "error: there is no rule 'bias-befor-norm'\n  try: did you mean `bias-before-norm`?\n"),
        (("CNN3O1",), "did you mean `CNN301`?"),
        (("xyz",), "`cnncli rule --all` lists them"),
        (("\x1b[31m",), "there is no rule '\\x1b[31m'"),
        ((), "error: no rule is named\n  try: `cnncli rule CNN301`, or `cnncli rule --all` for a list\n"),
        (("CNN301", "--all"), "error: --all lists every rule, whichever is named\n"),
        (("CNN301", "--format", "csv"), "'csv'"),
        (("CNN301", "CNN901"), "CNN901"),
    ],
)
def test_what_is_not_there_is_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    result = run("rule", *arguments)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr and "\x1b" not in result.stderr
