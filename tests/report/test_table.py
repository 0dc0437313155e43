"""The table at any width: numbers are whole, lines are not too long, and a file's text is only text."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from cnncli.graph import Architecture
from cnncli.report.inspection import as_csv, as_json, as_markdown
from cnncli.report.table import inspection_table
from cnncli.spec.source import bundled_names, find
from tests.specs import read, text_of


def drawn(spec: Architecture, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, emoji=False, markup=False)
    console.print(inspection_table(spec, width))
    return console.file.getvalue()


HUGE = read(text_of([3, 224, 224], "type: flatten", *["type: dense, units: 1000000000000, activation: relu"] * 2))


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 200])
@pytest.mark.parametrize(
    "spec", [*(read(find(name).text) for name in bundled_names()), HUGE], ids=lambda s: s.graph.name
)
def test_numbers_are_whole_and_lines_are_not_too_long(spec: Architecture, width: int) -> None:
    text = drawn(spec, width)
    words = text.split()
    for node in spec.graph.nodes:
        for number in (node.parameter_count, node.macs):
            assert f"{number:,}" in words
        assert "x".join(map(str, node.output_shape)) in words
    assert "…" not in text
    assert max(map(cell_len, text.splitlines())) <= width


def test_numbers_too_long_for_a_table_get_lines_of_their_own() -> None:
    assert "2  dense2  dense 1000000000000 units, relu\n   output " in drawn(HUGE, 80)
    assert "2  dense2  dense 1000000000000 units, relu\n   output " not in drawn(HUGE, 200)


def test_a_long_name_is_folded_not_cut() -> None:
    name = "abcdefghij" * 8
    text = drawn(read(text_of([8], f"type: dense, units: 5, name: {name}")), 80)
    column = [
        line.split()[1] if number == 0 else line.split()[0] for number, line in enumerate(text.splitlines()[4:-6])
    ]
    assert "".join(column) == name


@pytest.mark.parametrize("name", ["[bold red]x[/]", ":smile:", "[link=http://x]y[/link]", "a | b"])
def test_markup_in_a_name_is_shown_as_written(name: str) -> None:
    assert drawn(read(f"name: '{name}'\ninput: [8]\nlayers: [{{type: linear}}]"), 80).startswith(name)


@pytest.mark.parametrize("escape", ["\\e[31m", "\\a", "\\r", "\\n", "\\x9b31m", "\\u202e"])
def test_escapes_in_a_name_do_not_reach_the_terminal(escape: str) -> None:
    spec = read(f'name: "{escape}"\ninput: [8]\nlayers: [{{type: linear}}]')
    for text in (drawn(spec, 80), as_markdown(spec), as_csv(spec.graph), as_json(spec)):
        assert text.replace("\n", "").isprintable()
    assert len(drawn(spec, 80).splitlines()) == len(drawn(HUGE, 200).splitlines()) - 2


def test_markdown_escapes_what_markdown_would_read() -> None:
    spec = read("name: 'a|b*<i>`c`'\ninput: [8]\nlayers: [{type: linear}]")
    assert as_markdown(spec).startswith("**a\\|b\\*\\<i\\>\\`c\\`**, input 8\n")


def test_totals_up_to_a_fault_say_so() -> None:
    broken = read(text_of([1, 7, 7], "type: relu", "type: maxpool, kernel: 2", "type: relu"))
    for text in (drawn(broken, 80), as_markdown(broken)):
        assert "Up to the fault only: 1 of 3 layers." in text
    assert '"complete": false' in as_json(broken)
    assert '"complete": true' in as_json(HUGE)
    assert "Up to the fault" not in drawn(HUGE, 80) + as_markdown(HUGE)
