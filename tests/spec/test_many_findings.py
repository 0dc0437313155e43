"""A file with thousands of faults: the first hundred are said, and no time goes into the others."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from cnncli.spec.problem import nearest
from tests.specs import read, text_of

GOOD = text_of([1, 8, 8], "type: flatten")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"kernul{i}: 1\n" for i in range(20_000)),
        "name: x\n" * 20_000,
        "{" + "name: x, " * 20_000 + "}",
        "name: x\n" * 20_000 + "layers: [",
        "input: [8]\nlayers:\n" + "".join(f"- {{type: con{i}}}\n" for i in range(20_000)),
        "input: [8]\nlayers:\n- {type: conv, " + ", ".join(f"strid{i}: 1" for i in range(20_000)) + "}\n",
        "input: [8]\nlayers:\n" + "- {type: relu, name: a}\n" * 20_000,
        GOOD + "defaults:\n" + "".join(f"  strid{i}: 1\n" for i in range(20_000)),
        GOOD + "expect:\n" + "".join(f"  mac{i}: 1\n" for i in range(20_000)),
    ],
    ids=["keys", "duplicates", "in-a-line", "and-syntax", "kinds", "in-a-layer", "names", "defaults", "expect"],
)
def test_100_findings_are_enough(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is neither kept nor looked at: the search for a near word, which is what takes time, is not made."""
    searches: list[str] = []
    search = difflib.get_close_matches

    def counted(word: str, *arguments: Any, **options: Any) -> list[str]:
        searches.append(word)
        return search(word, *arguments, **options)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    nearest.cache_clear()
    *found, last = read(text).diagnostics
    assert len(found) == 100
    assert (last.message, last.severity, last.source) == ("and more: mend these 100 first", "note", "")
    assert len(searches) <= 105
    assert ("not YAML" in found[-1].message) == text.endswith("[")


def test_100_findings_are_all_there_is_to_say_of_100_faults() -> None:
    spec = read("input: [8]\nlayers:\n" + "".join(f"- {{type: con{i}}}\n" for i in range(100)))
    assert {d.severity for d in spec.diagnostics} == {"error"}
    assert len(spec.diagnostics) == 100


def test_the_same_word_is_looked_up_once() -> None:
    nearest.cache_clear()
    read(text_of([8], *["type: cnv"] * 50))
    assert (nearest.cache_info().misses, nearest.cache_info().hits) == (1, 49)
