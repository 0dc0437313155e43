"""For any text at all: no exception but the two that are meant, and every finding points into the text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cnncli.errors import Diagnostic, SpecError
from cnncli.report.diagnostics import diagnostic_text
from cnncli.spec.source import Source, find
from tests.specs import read

GOOD = find("lenet5").text
WORDS = (
    st.sampled_from(
        [
            "conv",
            "- {type: flatten}",
            "{",
            "}",
            "[",
            "]",
            ": ",
            ":",
            "\n",
            "  ",
            "&a ",
            "*a",
            "!!",
            "|",
            "'",
            '"',
            "---\n",
        ]
    )
    | st.sampled_from(
        [
            "\t",
            "\r",
            "\x85",
            "\u2028",
            "\ufeff",
            "\x1b",
            "#",
            "?",
            "<<",
            "%",
            "~",
            ",",
            "1e-3",
            "012",
            "9" * 70,
            "層🎉",
            "\\e",
        ]
    )
    | st.sampled_from(
        [
            "-1",
            "0",
            "0.5",
            "1k",
            "1:30",
            "yes",
            "same",
            "type",
            "name",
            "null",
            "kernel: [2, 3, 4]",
            "activation: {a: b}",
        ]
    )
)


def assert_points_into(text: str, diagnostic: Diagnostic) -> None:
    """Line, column and width are those of the text, whose line is shown; the excerpt can be drawn."""
    lines = Source("", text).lines
    place = diagnostic.location
    assert 1 <= place.line <= len(lines)
    assert diagnostic.source == lines[place.line - 1]
    assert 1 <= place.column <= len(diagnostic.source) + 1
    assert 1 <= place.width <= max(1, len(diagnostic.source) + 1 - place.column)
    drawn = diagnostic_text(diagnostic).plain
    assert drawn.replace("\n", "").isprintable()


def check(text: str) -> None:
    spec = read(text)
    for diagnostic in spec.diagnostics:
        assert_points_into(text, diagnostic)
    assert spec.diagnostics or len(spec.graph.nodes) == spec.layer_count


@given(st.text())
@example("\ufeffa: \ufeff[")
@example("a: 'x\u2028y' b\n")
@example("a: |\n  x\n\x85 y: [\n")
def test_any_text(text: str) -> None:
    check(text)


@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_words_of_yaml(text: str) -> None:
    check(text)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    try:
        read(data)
    except SpecError as error:
        assert error.diagnostics


@given(st.data())
def test_a_good_spec_with_something_else_in_it(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(WORDS | st.text(max_size=3)) + text[start + length :]
    check(text)


@given(st.data())
def test_a_good_spec_with_its_lines_shuffled(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines)))
    check("".join(picked))


@given(st.data())
def test_a_good_spec_with_a_value_changed(data: st.DataObject) -> None:
    """Every number of the file, one at a time, turned into something else."""
    words = GOOD.replace(",", " ,").replace("}", " }").replace("]", " ]").replace("[", "[ ").split(" ")
    numbers = [index for index, word in enumerate(words) if word.isdigit()]
    words[data.draw(st.sampled_from(numbers))] = data.draw(WORDS | st.integers().map(str) | st.floats().map(repr))
    check(" ".join(words))
