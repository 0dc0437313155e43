"""The rules of a network's structure, where their examples do not say all."""

from __future__ import annotations

import pytest

from cnncli.rules.judge import Policy, judge
from cnncli.rules.selection import Selection
from cnncli.spec.source import Source
from tests.specs import read

CONV = "{type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}"


def found(text: str, *words: str) -> list[tuple[str, int]]:
    """(name, line) of each finding; `words` are rules that are asked beside the others."""
    spec = judge(Source("net.yaml", text), Policy(Selection(extend=words, ignore=("CNN5",))))
    return [(finding.fault.name, finding.location.line) for finding in spec.diagnostics]


def test_a_dead_end_of_several_layers_is_one_finding_at_its_last() -> None:
    text = f"""input: [3, 8, 8]
layers:
  - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1}}
  - {CONV}
  - {CONV}
  - {{type: conv, from: stem, filters: 8, kernel: 1}}
"""
    (finding,) = [one for one in read(text).diagnostics if one.fault.name == "dead-end"]
    assert finding.location.line == 5
    assert finding.message.endswith("nor does that of the layer it needs")


def test_what_a_head_needs_is_no_dead_end() -> None:
    text = f"""input: [3, 8, 8]
layers:
  - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1}}
  - {{type: head, weight: 0.3, layers: [{CONV}, {{type: flatten}}, {{type: dense, units: 10}}]}}
  - {{type: conv, from: stem, filters: 8, kernel: 1}}
"""
    assert found(text) == []


def test_a_block_that_only_an_unused_block_uses_is_unused() -> None:
    text = f"""input: [3, 8, 8]
blocks:
  inner: {{layers: [{CONV}]}}
  outer: {{layers: [{{use: inner}}]}}
layers: [{CONV}]
"""
    assert found(text) == [("unused-block", 3), ("unused-block", 4)]


def test_a_block_that_a_parameter_may_name_is_used() -> None:
    text = f"""input: [3, 8, 8]
blocks:
  left: {{layers: [{CONV}]}}
  right: {{layers: [{CONV}]}}
  either:
    params: {{which: }}
    layers: [{{use: $which}}]
layers: [{{use: either, which: left}}, {{use: either, which: right}}]
"""
    assert found(text) == []


def test_a_block_with_a_misspelt_use_is_not_called_unused() -> None:
    """The misspelling is the finding: mended, the block is used."""
    text = f"input: [3, 8, 8]\nblocks:\n  unit: {{layers: [{CONV}]}}\nlayers: [{{use: unti}}]\n"
    assert found(text) == [("unknown-block", 4)]


@pytest.mark.parametrize("where", ["input: [$n, 1, 1]", "limits: {parameters: $n}", "training: {epochs: $n}"])
def test_a_parameter_may_be_used_in_any_section(where: str) -> None:
    shape = "" if where.startswith("input") else "input: [3, 8, 8]\n"
    text = f"params: {{n: 10000}}\n{shape}{where}\nlayers: [{{type: flatten}}, {{type: dense, units: 10}}]\n"
    assert found(text) == []


def test_a_parameter_of_two_blocks_is_looked_for_in_each() -> None:
    text = """input: [3, 8, 8]
blocks:
  one:
    params: {width: 8}
    layers: [{type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}]
  two:
    params: {width: 8}
    layers: [{type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}]
layers: [{use: one}, {use: two, width: 16}]
"""
    assert found(text) == [("unused-parameter", 7)]


def test_a_name_in_a_block_hides_one_where_the_block_is_used() -> None:
    text = f"""input: [3, 8, 8]
blocks:
  unit:
    layers:
      - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
      - {CONV}
      - {{type: add, from: [stem, previous]}}
layers:
  - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
  - {{use: unit}}
  - {{type: add, from: [stem, previous]}}
"""
    assert found(text) == [("shadowed-name", 7)]


def test_names_are_asked_for_only_where_they_are_selected() -> None:
    text = "input: [8]\nlayers:\n  - {type: dense, name: last, units: 10}\n"
    assert found(text) == []
    assert found(text, "unused-name") == [("unused-name", 3)]


def test_a_name_that_is_given_to_a_block_is_used() -> None:
    text = f"""input: [3, 8, 8]
blocks:
  join:
    params: {{other: }}
    layers: [{CONV}, {{type: concat, from: [$other, previous]}}]
layers:
  - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
  - {{use: join, other: stem}}
"""
    assert found(text, "unused-name") == []


@pytest.mark.parametrize(
    ("defaults", "unused"),
    [("{rounding: floor}", False), ("{dilation: 1}", True), ("{slope: 0.1}", True), ("{bias: false}", False)],
)
def test_a_default_is_used_where_a_layer_leaves_it_to_it(defaults: str, unused: bool) -> None:
    text = f"""input: [3, 8, 8]
defaults: {defaults}
layers:
  - {{type: conv, filters: 8, kernel: 3, padding: 1, dilation: 1, activation: relu}}
"""
    assert found(text) == ([("unused-default", 2)] if unused else [])


def test_lists_that_aliases_repeat_are_walked_once() -> None:
    """Each list holds the one before it nine times: 9^7 lists, if they were walked one by one."""
    lists = ["a0: &a0 []"]
    lists += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 8)]
    assert ("yaml-limit" in {name for name, _ in found("\n".join([*lists, "input: [3]", "layers: *a7"]))}) is True


def test_a_block_in_a_parameters_default_is_used() -> None:
    text = f"""input: [3, 8, 8]
params: {{body: [{{use: inner}}]}}
blocks:
  inner: {{layers: [{CONV}]}}
layers: [{{type: conv, filters: 8, kernel: 1}}, {{type: parallel, merge: add, branches: [$body, []]}}]
"""
    assert found(text) == []


def test_a_square_is_no_merge_of_the_same() -> None:
    assert found(f"input: [3, 8, 8]\nlayers: [{CONV}, {{type: multiply, from: [previous, previous]}}]\n") == []


def test_a_name_that_comes_later_hides_nothing() -> None:
    text = f"""input: [3, 8, 8]
layers:
  - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
  - type: parallel
    merge: concat
    branches:
      - - {{type: conv, from: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
        - {{type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}}
      - [{CONV}]
"""
    assert found(text) == []


def test_blocks_that_use_one_another_without_end_are_walked_to_a_depth() -> None:
    blocks = "".join(f"  b{n}: {{layers: [{{use: b{n + 1}}}]}}\n" for n in range(3_000))
    text = f"input: [3, 8, 8]\nblocks:\n{blocks}  b3000: {{layers: [{CONV}]}}\nlayers: [{{use: b0}}]\n"
    assert {name for name, _ in found(text)} == {"too-many-layers"}


def test_a_default_may_be_an_activations() -> None:
    text = "input: [8]\ndefaults: {slope: 0.2}\nlayers: [{type: dense, units: 8, activation: leaky_relu}]\n"
    assert found(text) == []


def test_notes_do_not_take_the_place_of_warnings() -> None:
    """Only a hundred findings are kept."""
    idle = "  - {type: dropout, p: 0}\n" * 101
    text = (
        f"input: [8]\nlayers:\n{idle}  - {{type: dense, name: a, units: 4}}\n"
        + "  - {type: dense, from: a, units: 5}\n" * 2
    )
    assert ("dead-end", 105) in found(text)
