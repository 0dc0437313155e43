"""The rules are found in whatever order they are asked for."""

from __future__ import annotations

import pytest

from tests.command import run


@pytest.mark.parametrize(
    "code",
    [
        "from cnncli.rules import checking_rules as first, rules; print(len(rules()) >= len(first()) > 0)",
        "import cnncli.rules.checks.unused_noqa; from cnncli.rules import rules; print(len(rules()) > 0)",
        "import cnncli.rules.judge, cnncli.rules as found; found.checking_rules(); print(len(found.rules()) > 0)",
    ],
)
def test_in_any_order(code: str) -> None:
    assert (run(code=code).stdout, run(code=code).stderr) == ("True\n", "")
