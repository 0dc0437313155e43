"""The spec to start from: it holds, what it says is so, and a copy differs in its name and its schema's place alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.report.starter import starting_spec
from cnncli.spec.source import Source, bundled_names, find
from tests.specs import read


def severities(text: str) -> set[str]:
    """Of what is found: a small network for digits may have features that see less than all of them."""
    return {found.severity for found in read(text).diagnostics}


def test_the_starting_spec_holds_and_its_comments_are_true() -> None:
    text = starting_spec("my_net")
    spec = read(text)
    assert severities(text) == {"note"} and spec.graph.name == "my_net"
    assert spec.graph.input_shape == (1, 28, 28), "as the digits of mnist-5k are"
    comments = [line.partition("# ")[2] for line in text.splitlines() if line.startswith("  - ")]
    for comment, node in zip(comments, spec.graph.nodes, strict=True):
        channels, *sizes = node.output_shape
        if "x" in comment:
            assert comment.split()[0] == str(channels) and comment.endswith(f" of {sizes[0]}x{sizes[1]}")
        elif comment.startswith("a list"):
            assert comment == f"a list of {channels} numbers"
    assert max(map(len, text.splitlines())) <= 104


def test_what_is_commented_out_holds_too() -> None:
    text = starting_spec("my_net")
    assert text.count("# limits: ") == 1
    assert severities(text.replace("# limits: ", "limits: ")) == {"note"}


@pytest.mark.parametrize("name", bundled_names())
def test_a_copy_differs_in_its_name_alone(name: str) -> None:
    modeline, _, before = find(name).text.partition("\n")
    assert "$schema=" in modeline
    after = starting_spec("other", find(name))
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert [new for _, new in changed] == ["name: other"]
    assert read(after).graph.name == "other"


REST = "input: [8]\nlayers: [{type: relu}]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: Old   # why\n", "name: new   # why\n"),
        ("name:   'it''s # old'\r\n", "name:   new\r\n"),
        ('description: "a\\nname: no"\nname: "Old"\n', 'description: "a\\nname: no"\nname: new\n'),
        ("# one\u2028# two\u2028name: Old\n", "# one\u2028# two\u2028name: new\n"),
        ("# no name\n", "# no name\n"),
        ("name: >\n  Old\n", "name: >\n  Old\n"),
        ("name:\n", "name:\n"),
        ("description: &a Old\nname: *a\n", "description: &a Old\nname: *a\n"),
    ],
)
def test_only_the_name_of_one_line_is_replaced(before: str, after: str) -> None:
    assert starting_spec("new", Source("old.yaml", before + REST)) == after + REST


MODELINE = "# yaml-language-server: $schema="


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{MODELINE}cnncli.schema.json\n# why\n", "# why\n"),
        ("# why\r\n#\tyaml-language-server : $schema: ../a.json \r\nversion: 1\r\n", "# why\r\nversion: 1\r\n"),
        (f"{MODELINE}/nowhere/cnncli.schema.json\rversion: 1\r", "version: 1\r"),
        (f"{MODELINE}one.json\n{MODELINE}two.json\n", f"{MODELINE}two.json\n"),
        (f"{MODELINE}https://example.org/cnncli.schema.json\n", None),
        (f"{MODELINE}none\n", None),
        ("# yaml-language-server: other\n", None),
        (f"description: 'not a comment {MODELINE}x'\n", None),
    ],
)  # fmt: skip
def test_a_schema_that_would_not_be_found_is_not_named(before: str, after: str | None) -> None:
    wanted = before if after is None else after
    assert starting_spec("new", Source("old.yaml", before + REST)) == wanted + REST


def test_a_schema_that_is_beside_the_copy_stays(tmp_path: Path) -> None:
    text = f"{MODELINE}../cnncli.schema.json\n{REST}"
    (tmp_path / "nets").mkdir()
    assert starting_spec("new", Source("old.yaml", text), tmp_path / "nets") == REST
    (tmp_path / "cnncli.schema.json").touch()
    assert starting_spec("new", Source("old.yaml", text), tmp_path / "nets") == text
    assert starting_spec("new", Source("old.yaml", text), tmp_path) == REST


def test_a_file_that_is_no_spec_is_copied_as_it_is() -> None:
    assert starting_spec("new", Source("old.yaml", "name: [")) == "name: ["
    assert starting_spec("new", Source("old.yaml", "- name: x")) == "- name: x"


@pytest.mark.parametrize(
    "name", ["my_net", "my net", "a: b", "a #b", "null", "true", "12", "[x]", "it's", 'a"b\\', "層", "- x", "$x"]
)
def test_any_name_is_read_back(name: str) -> None:
    assert read(starting_spec(name)).graph.name == name


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "\udcff"])
def test_what_cannot_be_printed_is_no_part_of_a_name(name: str) -> None:
    text = starting_spec(name)
    assert severities(text) == {"note"}
    assert text.encode().isascii() and "\x1b" not in text
