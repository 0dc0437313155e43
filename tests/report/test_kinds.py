"""What is said about the layer kinds: all of it is in the code, and every form shows all of it."""

from __future__ import annotations

import dataclasses
import io
import json
import re

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from cnncli import layers
from cnncli.errors import UsageError
from cnncli.graph.structure import STRUCTURE
from cnncli.report import kinds
from cnncli.report.kinds_markdown import list_markdown, page_markdown
from cnncli.report.kinds_text import list_table, page_text

NAMES = [*layers.names(), *(item.name for item in STRUCTURE)]


def drawn(shown: RenderableType, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, emoji=False, markup=False)
    console.print(shown)
    return console.file.getvalue()


def words(text: str) -> str:
    """One space between words, wherever lines were broken."""
    return " ".join(text.split())


@pytest.mark.parametrize("kind", layers.names())
def test_a_kind_has_a_family_and_a_line_about_it(kind: str) -> None:
    (entry,) = [entry for entry in kinds.entries() if entry.kind == kind]
    assert entry.family, f"say what {kind} is listed under: family: ClassVar[str] = ..."
    assert entry.summary and "\n" not in entry.summary
    assert not re.search(r"\b(19|20)\d\d\b", entry.summary), "a paper is named in brackets, or in the next paragraph"


def test_the_list_is_every_kind_once_and_families_stand_together() -> None:
    entries = kinds.entries()
    assert sorted(entry.kind for entry in entries) == sorted(NAMES)
    families = [entry.family for entry in entries]
    changes = [family for number, family in enumerate(families) if number == 0 or families[number - 1] != family]
    assert len(changes) == len(set(families))
    assert changes[0] == "weights" and changes[-1] == "structure"


@pytest.mark.parametrize("width", [80, 200])
def test_the_list_fits_a_terminal(width: int) -> None:
    text = drawn(list_table(kinds.entries()), width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    for entry in kinds.entries():
        assert f"\n  {entry.kind} " in text
        assert width < 200 or entry.summary in text


@pytest.mark.parametrize("kind", NAMES)
def test_every_form_of_a_page_shows_all_of_it(kind: str) -> None:
    page = kinds.page(kind)
    assert json.loads(kinds.page_as_json(page)) == json.loads(json.dumps(dataclasses.asdict(page)))
    text, markdown = drawn(page_text(page), 200), page_markdown(page)
    rows = text[text.index("\nkey ") :].splitlines()
    for field in (*page.fields, *page.common):
        row = next(line for line in rows if line.split()[:1] == [field.name])
        assert kinds.default_text(field) in row
        assert f"| `{field.name}` | " in markdown
        assert field.help.split()[0] in row
    for name, formula in page.formulas.items():
        assert name in text and words(formula) in words(text)
        assert f"- {name}: " in markdown
    for line in page.example.spec.splitlines():
        assert f"  {line}\n" in text and f"{line}\n" in markdown
    for count in (page.example.parameters, page.example.buffers, page.example.macs):
        assert f"  {count:,}" in text and f" {count:,} |" in markdown


@pytest.mark.parametrize("kind", NAMES)
def test_a_page_fits_80_columns(kind: str) -> None:
    text = drawn(page_text(kinds.page(kind)), 80)
    assert max(map(cell_len, text.splitlines())) <= 80
    for line in kinds.page(kind).example.spec.splitlines():
        assert f"  {line}\n" in text, "an example's line is not broken"


def test_the_worked_example_is_worked_out() -> None:
    """8 filters of 3x3x3 with a bias each, on 8x8 places."""
    example = kinds.page("conv").example
    assert (example.input_shape, example.output_shape) == ((3, 8, 8), (8, 8, 8))
    assert (example.parameters, example.buffers, example.macs) == (8 * (27 + 1), 0, 8 * 8 * 8 * 27)


def test_fields_are_the_kinds_own_required_ones_first() -> None:
    fields = kinds.page("conv").fields
    assert [field.name for field in fields][:3] == ["filters", "kernel", "groups"]
    assert [field.required for field in fields] == [True] * 2 + [False] * (len(fields) - 2)
    assert {field.name for field in fields} == {item.name for item in dataclasses.fields(layers.find("conv"))}


def test_only_what_takes_an_activation_says_so() -> None:
    for kind in layers.names():
        common = [field.name for field in kinds.page(kind).common]
        assert common[:3] == ["name", "from", "repeat"]
        assert common[3:] == (["activation"] if layers.find(kind).takes_activation else [])


@pytest.mark.parametrize(
    ("default", "text"),
    [
        (True, "true"), ((1, 1), "1"), ((2, 1), "[2, 1]"), ((0, 0, 0, 0), "0"), ("same", "same"), (0.5, "0.5"),
        (1e-5, "1e-05"), (3, "3"), (None, ""),
    ],
)  # fmt: skip
def test_a_default_is_written_as_a_spec_has_it(default: object, text: str) -> None:
    assert kinds.default_text(kinds.Field("x", False, default, "")) == text
    assert kinds.default_text(kinds.Field("x", True, None, "")) == "required"


def test_the_paper_is_on_the_page_and_not_in_the_list() -> None:
    page = kinds.page("add")
    assert page.summary == "Addition of several inputs of one shape: the shortcut of a residual network."
    assert page.about[0].endswith("(He et al., 2015).")


@pytest.mark.parametrize(
    ("word", "hint"),
    [("cnv", "did you mean `conv`?"), ("fc", "did you mean `dense`?"), ("paralel", "did you mean `parallel`?"),
     ("x", "`cnncli layers` lists them")],
)  # fmt: skip
def test_an_unknown_kind_is_answered_with_the_nearest(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        kinds.page(word)
    assert caught.value.hint.startswith(hint)


def test_links_of_the_list_lead_to_pages_and_plain_names_are_code() -> None:
    entries = kinds.entries()
    assert "| [conv](conv.md) | Convolution: " in list_markdown(entries, linked=True)
    assert "| `conv` | Convolution: " in list_markdown(entries)
    assert list_markdown(entries).count("\n## ") + 1 == len({entry.family for entry in entries})
