"""A spec with every kind of item in it, and faults: they are found together as they are alone."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.spec.test_properties import assert_points_into
from tests.specs import errors_in, read

SPEC = """version: 1
params: {size: 16, classes: 10, width: 8}
input: [3, $size, $size]
defaults: {initializer: he_normal}
blocks:
  unit:
    params: {width: , stride: 1, hidden: $width / 2, shortcut: []}
    layers:
      - type: parallel
        merge: add
        activation: relu
        branches:
          body:
            - {type: conv, name: squeeze, filters: $hidden, kernel: 1, bias: false}
            - {type: conv, filters: $hidden, kernel: 3, stride: $stride, padding: same}
            - {type: conv, filters: $width, kernel: 1, from: previous}
          shortcut: $shortcut
  up:
    params: {skip: , factor: 2}
    layers:
      - {type: upsample, scale: $factor}
      - {type: concat, name: both, from: [$skip, previous]}
      - {use: tail, channels: $width * 2}
  tail:
    params: {channels: }
    layers: [{type: conv, filters: $channels, kernel: 1, activation: {type: leaky_relu, slope: 0.2}}, {type: relu}]
layers:
  - {type: conv, name: stem, filters: $width, kernel: 3, padding: 1, activation: relu}
  - {use: unit, name: stage1, width: $width, repeat: 2}
  - use: unit
    name: stage2
    width: $width * 2
    stride: 2
    shortcut: [{type: conv, filters: $width * 2, kernel: 1, stride: 2, rounding: floor}]
  - {type: head, name: aux, weight: 0.3, layers: [{type: flatten}, {type: dense, units: $classes}]}
  - {use: up, name: u1, skip: stem}
  - {type: relu, from: u1.both, name: later}
  - {type: add, from: [later, u1.both], repeat: 1}
  - {type: relu, from: stage1.1}
  - {type: maxpool, name: pool, kernel: 2, repeat: 0}
  - {type: flatten}
  - {type: dense, units: $classes, activation: softmax}
training: {epochs: 3, learning_rate: 1e-3}
limits: {parameters: 10M}
"""
WORDS = [match.span() for match in re.finditer(r"[$\w./]+", SPEC)]
OTHERS = ["bogus", "-1", "$nope", "", "[]", "[1]", "{a: 1}", "'x y'", "012", "[$nope, {type: cnv}]", "$width / 3"]


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(OTHERS)), min_size=1, max_size=3))
def test_any_edit_ends_in_findings_or_in_a_network(edits: list[tuple[tuple[int, int], str]]) -> None:
    text = SPEC
    for (start, end), other in sorted(dict(edits).items(), reverse=True):
        text = text[:start] + other + text[end:]
    spec = read(text)
    for finding in spec.diagnostics:
        assert_points_into(text, finding)
    assert spec.diagnostics or len(spec.graph.nodes) == spec.layer_count


FAULTS = {
    "kernel: 1, bias": "kernel: 0, bias",
    "merge: add": "merge: sum",
    "scale: $factor": "scale: x",
    "slope: 0.2": "slope: x",
    "from: previous": "from: perviuos",
    "kernel: 3, padding: 1": "kernel: 3, padding: x",
    "name: stage1": "name: stage1, strid: 2",
    "rounding: floor": "rounding: flor",
    "weight: 0.3": "weight: 3",
    "units: $classes}]": "units: $clases}]",
    "name: later": "name: later, repeat: x",
    "from: stage1.1": "from: stage.1",
    "activation: softmax": "activation: sotfmax",
    "epochs: 3": "epochs: x",
    "parameters: 10M": "parameters: x",
    "he_normal": "he-normal",
    "hidden: $width / 2": "hidden: $width / $two",
    "version: 1": "version: x",
}


def of_faults(names: list[str]) -> set[tuple[int, str]]:
    text = SPEC
    for name in names:
        assert text.count(name) == 1, name
        text = text.replace(name, FAULTS[name])
    return {(finding.location.line, finding.message) for finding in errors_in(text)}


def test_faults_are_found_together_as_they_are_alone() -> None:
    """All at once, each of them once."""
    alone = [of_faults([name]) for name in FAULTS]
    assert [len(findings) for findings in alone] == [1] * len(FAULTS)
    assert of_faults(list(FAULTS)) == set().union(*alone)
