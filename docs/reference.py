"""Writes a page for each layer kind and a list of them into `docs/layers`, the zoo's page beside it, and the schema.

    python -m docs.reference
"""

from __future__ import annotations

from pathlib import Path

from cnncli.report.bundled import as_markdown, bundled
from cnncli.report.kinds import entries, page
from cnncli.report.kinds_markdown import list_markdown, page_markdown
from cnncli.report.schema import FILE_NAME, schema_text
from cnncli.spec.source import bundled_folder

FOLDER = Path(__file__).resolve().parent / "layers"
ZOO = Path(__file__).resolve().parent / "zoo.md"
SCHEMA = bundled_folder() / FILE_NAME
_INTRODUCTION = """# Layer kinds

What a list of `layers:` may hold. `cnncli layers KIND` shows the same pages; `make docs` writes them from the code.
"""
_ABOUT_THE_ZOO = """# The bundled architectures

`cnncli list` shows the same; `make docs` writes this page from the specs in [architectures](../architectures). Totals
are for the input given, one image. Their sources are in the specs' `reference:`.
"""


def zoo_page() -> str:
    """The bundled architectures and their totals."""
    return f"{_ABOUT_THE_ZOO}\n{as_markdown(bundled())}\n"


def pages() -> dict[str, str]:
    """File name -> text."""
    kinds = entries()
    found = {f"{entry.kind}.md": page_markdown(page(entry.kind)) + "\n" for entry in kinds}
    return found | {"README.md": f"{_INTRODUCTION}\n{list_markdown(kinds, linked=True)}\n"}


def write(folder: Path) -> None:
    """Writes every page, and removes those of kinds that are gone."""
    folder.mkdir(exist_ok=True)
    texts = pages()
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
    ZOO.write_text(zoo_page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
