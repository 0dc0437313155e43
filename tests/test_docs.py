"""docs/ holds what `make docs` writes: a page for each kind and rule, none stale, none of what is gone; the schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli import layers
from cnncli.report.schema import FILE_NAME, modeline, schema_text
from cnncli.rules import rules
from cnncli.spec.source import bundled_names, find
from docs import reference

PAGES = {folder: pages() for folder, pages in reference.FOLDERS.items()}


@pytest.mark.parametrize(("folder", "name"), [(folder, name) for folder, pages in PAGES.items() for name in pages])
def test_a_page_is_there_and_up_to_date(folder: str, name: str) -> None:
    path = reference.FOLDER / folder / name
    assert path.is_file(), f"docs/{folder}/{name} is missing: `make docs` writes it"
    assert path.read_text(encoding="utf-8") == PAGES[folder][name], f"docs/{folder}/{name} is stale: run `make docs`"


def test_the_zoos_page_is_up_to_date() -> None:
    assert reference.ZOO.read_text(encoding="utf-8") == reference.zoo_page(), "docs/zoo.md is stale: run `make docs`"


def test_the_schema_is_up_to_date() -> None:
    text = reference.SCHEMA.read_text(encoding="utf-8")
    assert text == schema_text(), f"architectures/{FILE_NAME} is stale: run `make docs`"


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_spec_begins_with_the_line_that_names_the_schema_beside_it(name: str) -> None:
    assert find(name).lines[0] == modeline(FILE_NAME)


@pytest.mark.parametrize("folder", PAGES)
def test_no_page_is_of_what_is_gone(folder: str) -> None:
    assert {path.name for path in (reference.FOLDER / folder).iterdir()} == PAGES[folder].keys(), "run `make docs`"


def test_every_kind_has_a_page_and_a_line_in_the_list() -> None:
    pages = PAGES["layers"]
    for kind in (*layers.names(), "parallel", "head", "use"):
        assert pages[f"{kind}.md"].startswith(f"# {kind}\n")
        assert f"| [{kind}]({kind}.md) | " in pages["README.md"]


def test_every_rule_has_a_page_and_a_line_in_the_list() -> None:
    pages = PAGES["rules"]
    for rule in rules():
        assert pages[f"{rule.name}.md"].startswith(f"# {rule.name} ({rule.code})\n")
        assert f"| {rule.code} | [{rule.name}]({rule.name}.md) | " in pages["README.md"]


@pytest.mark.parametrize("folder", PAGES)
def test_pages_are_written_and_those_of_what_is_gone_removed(folder: str, tmp_path: Path) -> None:
    (tmp_path / "gone.md").touch()
    (tmp_path / "README.md").write_text("stale")
    reference.write(tmp_path, PAGES[folder])
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == PAGES[folder]
