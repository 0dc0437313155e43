"""Prose in Markdown is shown as it was written."""

from __future__ import annotations

import pytest

from cnncli.report.markdown import prose, table


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("y[k] = b[k] + 2 x", "y[k] = b[k] + 2 x"),
        ("F_eff = D (F - 1) + 1", "F_eff = D (F - 1) + 1"),
        ("alpha/n * sum", r"alpha/n \* sum"),
        ("0 < y < 1", r"0 \< y \< 1"),
        ("w[u](x)", r"w[u\](x)"),
        ("_x_ and x_", r"\_x\_ and x\_"),
        ("a\\b", r"a\\b"),
        ("`$width * 4` and `a_` * b", r"`$width * 4` and `a_` \* b"),
        ("one ` alone *", r"one ` alone \*"),
        ("\x1b[31m", "?[31m"),
    ],
)
def test_prose(text: str, markdown: str) -> None:
    assert prose(text) == markdown


def test_a_table_keeps_its_columns() -> None:
    assert table(("what", "count"), ("count",), [("`|x|`", "3")]) == [
        "| what | count |",
        "|:--|--:|",
        r"| `\|x\|` | 3 |",
    ]
