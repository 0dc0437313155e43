"""What is said about the keys of a spec and of a block is what is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnncli
from cnncli.graph.sections import BLOCK_KEYS, SPEC_KEYS
from cnncli.graph.structure import Key
from tests.specs import read

FORMAT = Path(cnncli.__file__).resolve().parent.parent / "docs" / "format.md"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param("~~~~: 1", SPEC_KEYS, id="spec"),
        pytest.param("input: [1]\nlayers: [{type: relu}]\nblocks: {unit: {~~~~: 1}}", BLOCK_KEYS, id="block"),
    ],
)
def test_the_keys_are_those_that_are_read(text: str, keys: tuple[Key, ...]) -> None:
    findings = read(text).diagnostics
    (unknown,) = [finding for finding in findings if finding.fault.name == "unknown-key"]
    missing = {finding.hints[0] for finding in findings if finding.fault.name == "missing-key"}
    assert set(unknown.hints[0].removeprefix("known: ").split(", ")) == {key.name for key in keys}
    assert missing == {f"add `{key.name}:`" for key in keys if key.required}


def test_the_format_has_a_line_for_each_key_of_a_spec() -> None:
    table = FORMAT.read_text(encoding="utf-8").partition("| key | holds |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(cells)) == [key.name for key in SPEC_KEYS]
