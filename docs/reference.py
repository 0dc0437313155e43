"""Writes a page for each layer kind and each rule, lists of them, the zoo's page, and the schema of specs.

python -m docs.reference
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cnncli.report.bundled import as_markdown, bundled
from cnncli.report.kinds import entries, page
from cnncli.report.kinds_markdown import list_markdown, page_markdown
from cnncli.report.rules_markdown import list_markdown as list_of_rules
from cnncli.report.rules_markdown import page_markdown as page_of_rule
from cnncli.report.schema import FILE_NAME, schema_text
from cnncli.rules import rules
from cnncli.spec.source import bundled_folder

FOLDER = Path(__file__).resolve().parent
ZOO = FOLDER / "zoo.md"
SCHEMA = bundled_folder() / FILE_NAME
_ABOUT_KINDS = """# Layer kinds

What a list of `layers:` may hold. `cnncli layers KIND` shows the same pages; `make docs` writes them from the code.
"""
_ABOUT_RULES = """# Rules

What `cnncli validate` finds, and `inspect` and `train` with it. `cnncli rule RULE` shows the same pages; `make docs`
writes them from the code. Rules are meant by their codes, by how these begin (`CNN3` are all about layers), or by their
names: on the command line, in `cnncli.toml`, and in `# noqa: CNN301` at the end of a line.
"""
_ABOUT_THE_ZOO = """# The bundled architectures

`cnncli list` shows the same; `make docs` writes this page from the specs in [architectures](../architectures). Totals
are for the input given, one image. Their sources are in the specs' `reference:`.
"""


def zoo_page() -> str:
    """The bundled architectures and their totals."""
    return f"{_ABOUT_THE_ZOO}\n{as_markdown(bundled())}\n"


def kind_pages() -> dict[str, str]:
    """File name -> text, of layer kinds."""
    kinds = entries()
    found = {f"{entry.kind}.md": page_markdown(page(entry.kind)) + "\n" for entry in kinds}
    return found | {"README.md": f"{_ABOUT_KINDS}\n{list_markdown(kinds, linked=True)}\n"}


def rule_pages() -> dict[str, str]:
    """File name -> text, of rules."""
    found = {f"{rule.name}.md": page_of_rule(rule) + "\n" for rule in rules()}
    return found | {"README.md": f"{_ABOUT_RULES}\n{list_of_rules(linked=True)}\n"}


FOLDERS: dict[str, Callable[[], dict[str, str]]] = {"layers": kind_pages, "rules": rule_pages}
"""The folders of pages, which hold nothing else."""


def write(folder: Path, texts: dict[str, str]) -> None:
    """Writes every page, and removes those of what is gone."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name, pages in FOLDERS.items():
        write(FOLDER / name, pages())
    ZOO.write_text(zoo_page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
