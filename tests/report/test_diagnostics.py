"""A finding as text: the caret stands under what is meant, and a file cannot drive the terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cnncli.report.diagnostics import diagnostic_text
from tests.specs import only_fault, read, text_of


def drawn(text: str) -> list[str]:
    return diagnostic_text(only_fault(text)).plain.split("\n")


def under_the_caret(lines: list[str]) -> str:
    """The part of the excerpt that stands over the carets, cell by cell."""
    excerpt, carets = lines[2], lines[3]
    cells = "".join(character + "\0" * (cell_len(character) - 1) for character in excerpt)
    return cells[carets.index("^") : len(carets)].replace("\0", "")


@pytest.mark.parametrize("before", ["", "層層", "🎉é", "\t", "x" * 300, "層" * 300, "\u202e"])
def test_the_caret_is_under_the_word(before: str) -> None:
    lines = drawn(f"input: [8]\nlayers: [{{note: '{before}', type: bogus}}]\n")
    assert under_the_caret(lines) == "bogus"


def test_the_caret_spans_key_and_value_of_a_layer_that_does_not_fit() -> None:
    lines = drawn(text_of([1, 7, 7], "type: maxpool, kernel: 2, stride: 2"))
    assert under_the_caret(lines) == "stride: 2"


@pytest.mark.parametrize("after", ["", "x" * 5_000, "層" * 5_000])
@pytest.mark.parametrize("before", ["", "x" * 5_000])
def test_a_long_line_is_cropped_around_the_caret(before: str, after: str) -> None:
    lines = drawn(f"input: [8]\nlayers: [{{note: '{before}', type: bogus}}]  # {after}\n")
    assert len(lines[2]) < 130
    assert under_the_caret(lines) == "bogus"
    assert ("..." in lines[2][:10], lines[2].endswith("...")) == (bool(before), bool(after))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_excerpt_is_no_wider_than_the_terminal(width: int) -> None:
    text = f"input: [8]\nlayers: [{{name: {'x' * 60}, type: bogus}}]  # {'x' * 60}\n"
    lines = diagnostic_text(only_fault(text), width).plain.split("\n")
    assert max(map(len, lines[1:4])) <= width
    assert under_the_caret(lines) == "bogus"


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    lines = drawn("input: [8]\nlayers:\n  - {units: 3,\n     bias: true}\n")
    assert under_the_caret(lines) == "{units: 3,"


@pytest.mark.parametrize("escape", ["\\e[31m", "\\a", "\\r", "\\n", "\\x9b31m", "\\u202e", "\\0", "\\t"])
@pytest.mark.parametrize(
    "text",
    [
        'input: [8]\nlayers: [{{type: "{}"}}]',
        'input: [8]\nlayers: [{{type: linear, name: "{}"}}]',
        'input: [8]\nlayers: [{{type: linear, "{}": 1}}]',
        'input: [8]\nlayers: [{{type: linear}}]\n"{}": 1',
        '"a{0}": 1\n"a{0}": 2',
        'input: "{}"\nlayers: [{{type: linear}}]',
        'input: [8]\nlayers: [{{type: linear}}]\ntraining: {{schedule: "{}"}}',
    ],
)
def test_escapes_in_a_value_do_not_reach_the_terminal(text: str, escape: str) -> None:
    for diagnostic in read(text.format(escape)).diagnostics:
        assert diagnostic_text(diagnostic).plain.replace("\n", "").isprintable()


def test_escapes_in_a_files_name_do_not_reach_the_terminal() -> None:
    (diagnostic,) = read("", name="\x1b[31mx.yaml").diagnostics
    assert diagnostic_text(diagnostic).plain.startswith("?[31mx.yaml:1:1: error[CNN004]")


def test_markup_is_shown_as_it_is_written() -> None:
    lines = drawn("input: [8]\nlayers: [{type: '[bold red]x[/]'}]\n")
    assert "`[bold red]x[/]`" in lines[0]
    assert under_the_caret(lines) == "'[bold red]x[/]'"
