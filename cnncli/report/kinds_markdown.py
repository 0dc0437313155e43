"""Layer kinds as Markdown: the list, and the page of one, which is also its page in docs/layers."""

from __future__ import annotations

from itertools import groupby

from cnncli.report.kinds import Entry, Field, Page, default_text
from cnncli.report.markdown import prose, table
from cnncli.report.words import shape_text


def list_markdown(entries: list[Entry], linked: bool = False) -> str:
    """A table for each family; `linked` names lead to the pages beside the list."""
    lines: list[str] = []
    for family, members in groupby(entries, lambda entry: entry.family):
        rows = ((_name(entry, linked), prose(entry.summary)) for entry in members)
        lines += ["", f"## {family}", "", *table(("kind", "what it is"), (), rows)]
    return "\n".join(lines[1:])


def page_markdown(page: Page) -> str:
    """All about one kind."""
    lines = [f"# {page.kind}"]
    for paragraph in page.about:
        lines += ["", f"```\n{paragraph}\n```" if paragraph.startswith(" ") else prose(paragraph)]
    if page.also_called:
        lines += ["", f"Also called {', '.join(f'`{word}`' for word in page.also_called)}."]
    if page.fields:
        lines += ["", "## Fields", "", *_fields(page.fields)]
    lines += ["", "## Common keys", "", *_fields(page.common)]
    if page.formulas:
        lines += ["", "## Formulas", ""]
        lines += [f"- {prose(name)}: {prose(formula)}" for name, formula in page.formulas.items()]
    return "\n".join([*lines, "", "## Example", "", *_example(page)])


def _name(entry: Entry, linked: bool) -> str:
    return f"[{entry.kind}]({entry.kind}.md)" if linked else f"`{entry.kind}`"


def _fields(fields: tuple[Field, ...]) -> list[str]:
    rows = ((f"`{field.name}`", _default(field), prose(field.help)) for field in fields)
    return table(("key", "default", "what it is"), (), rows)


def _default(field: Field) -> str:
    text = default_text(field)
    return f"`{text}`" if text and not field.required else text


def _example(page: Page) -> list[str]:
    example = page.example
    shapes = (shape_text(example.input_shape), shape_text(example.output_shape))
    counts = (f"{count:,}" for count in (example.parameters, example.buffers, example.macs))
    headings = ("input", "output", "parameters", "buffers", "MACs")
    return ["```yaml", example.spec.rstrip("\n"), "```", "", *table(headings, headings[2:], [(*shapes, *counts)])]
