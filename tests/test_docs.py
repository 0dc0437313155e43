"""What `make docs` writes is there and up to date: a page for each kind, none without a kind; the schema of specs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli import layers
from cnncli.report.schema import FILE_NAME, modeline, schema_text
from cnncli.spec.source import bundled_names, find
from docs import reference

PAGES = reference.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_there_and_up_to_date(name: str) -> None:
    path = reference.FOLDER / name
    assert path.is_file(), f"docs/layers/{name} is missing: `make docs` writes it"
    assert path.read_text(encoding="utf-8") == PAGES[name], f"docs/layers/{name} is stale: run `make docs`"


def test_the_zoos_page_is_up_to_date() -> None:
    assert reference.ZOO.read_text(encoding="utf-8") == reference.zoo_page(), "docs/zoo.md is stale: run `make docs`"


def test_the_schema_is_up_to_date() -> None:
    text = reference.SCHEMA.read_text(encoding="utf-8")
    assert text == schema_text(), f"architectures/{FILE_NAME} is stale: run `make docs`"


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_spec_begins_with_the_line_that_names_the_schema_beside_it(name: str) -> None:
    assert find(name).lines[0] == modeline(FILE_NAME)


def test_no_page_is_without_a_kind() -> None:
    assert {path.name for path in reference.FOLDER.iterdir()} == PAGES.keys(), "run `make docs`"


def test_every_kind_has_a_page_and_a_line_in_the_list() -> None:
    for kind in (*layers.names(), "parallel", "head", "use"):
        assert PAGES[f"{kind}.md"].startswith(f"# {kind}\n")
        assert f"| [{kind}]({kind}.md) | " in PAGES["README.md"]


def test_pages_are_written_and_those_of_no_kind_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.md").touch()
    (tmp_path / "conv.md").write_text("stale")
    reference.write(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == PAGES
