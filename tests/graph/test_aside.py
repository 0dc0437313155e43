"""What is read but is no part of the network, what its names stand for, and names that two layers would have."""

from __future__ import annotations

import pytest

from cnncli.graph import read_architecture
from cnncli.spec.source import Source
from tests.specs import errors_in, only_fault, read

INPUT = "version: 1\ninput: [4, 8, 8]\n"


def found(text: str) -> list[tuple[int, str]]:
    """Line and kind of each finding."""
    return [(finding.location.line, finding.fault.name) for finding in errors_in(INPUT + text)]


UNUSED = """blocks:
  b:
    params: {w: , v: 0, u: 9}
    layers:
      - {type: conv, name: first, filters: $w, kernel: $v}
      - {type: conv, filters: $w, kernel: $u, from: frist}
      - {type: conv, filters: $x, kernel: 1, from: [stem]}
      - {use: c, w: 2}
      - {type: cnv}
  c: {params: {w: }, layers: [{type: relu, from: later}, {type: relu, from: input, name: later}, {use: b, w: $w * 2}]}
"""


def test_a_block_that_nothing_uses_is_checked() -> None:
    """Its parameters are unknown where they have no default; the recursion is one finding."""
    spec = read(f"{INPUT}{UNUSED}layers: [{{type: relu, name: stem}}]\n")
    assert [(finding.location.line, finding.fault.name) for finding in spec.diagnostics] == [
        *((5, "bad-value"), (8, "unknown-input"), (9, "unknown-parameter"), (11, "unknown-kind")),
        *((12, "input-comes-later"), (12, "recursive-block")),
    ]
    assert [node.name for node in spec.graph.nodes] == ["stem"]
    assert (spec.layer_count, spec.graph.output_shape) == (1, (4, 8, 8))


@pytest.mark.parametrize("use", ["{use: bb}", "{use: b, w: 1, repeat: 0}", "{type: parallel, branches: x}"])
def test_so_is_a_block_whose_uses_do_not_hold(use: str) -> None:
    text = f"blocks: {{b: {{params: {{w: }}, layers: [{{type: cnv}}]}}}}\nlayers: [{{type: relu}}, {use}]\n"
    assert (3, "unknown-kind") in found(text)


def test_an_unused_block_that_holds_changes_nothing() -> None:
    head = "{type: head, weight: 1, layers: [{type: relu}]}"
    block = f"{{params: {{w: }}, layers: [{{type: conv, name: stem, filters: $w, kernel: $w}}, {head}]}}"
    spec = read(f"{INPUT}blocks: {{b: {block}, stem: {block}}}\nlayers: [{{type: relu, name: stem}}]\n")
    graph = spec.require_sound()
    assert [node.name for node in graph.nodes] == ["stem"]
    assert graph.side_outputs == ()


def test_each_unused_block_is_walked_once() -> None:
    """In whatever order they use one another: here each uses all that come before it."""
    blocks = "".join(
        f"  b{n}: {{layers: [{', '.join(f'{{use: b{m}}}' for m in range(n))}, {{type: cnv}}]}}\n" for n in range(1, 40)
    )
    text = f"blocks:\n  b0: {{layers: [{{type: relu}}]}}\n{blocks}layers: [{{type: relu}}]\n"
    assert found(text) == [(line, "unknown-kind") for line in range(5, 44)]


# Items that are left out


def test_the_name_of_an_item_that_is_left_out_stands_for_its_input() -> None:
    spec = read(f"""{INPUT}params: {{n: 0}}
layers:
  - {{type: conv, name: stem, filters: 4, kernel: 1}}
  - {{type: relu}}
  - {{type: conv, name: squeeze, filters: 2, kernel: 1, repeat: $n}}
  - {{type: conv, name: side, filters: 2, kernel: 1, from: stem, repeat: 0}}
  - {{type: add, name: sum, from: [side, squeeze], repeat: 0}}
  - {{type: tanh}}
  - {{type: add, from: [squeeze, side, sum, previous]}}
""")
    nodes = spec.require_sound().nodes
    assert [nodes[index].name for index in nodes[-1].inputs] == ["relu1", "stem", "relu1", "tanh1"]


def test_what_is_in_an_item_that_is_left_out_is_checked_and_dropped() -> None:
    item = "{type: parallel, name: p, merge: add, repeat: 0, branches: [[{type: cnv}, {type: relu, from: x}], []]}"
    spec = read(f"{INPUT}layers: [{{type: relu}}, {item}, {{type: tanh, from: p}}]\n")
    assert [finding.fault.name for finding in spec.diagnostics] == ["unknown-kind", "unknown-input"]
    assert [(node.name, node.inputs) for node in spec.graph.nodes] == [("relu1", (-1,)), ("tanh1", (0,))]


# Names


def test_a_head_alone_within_a_head_has_a_name_of_its_own() -> None:
    head = "{type: head, name: aux, weight: 1, layers: [BODY]}"
    block = "blocks: {b: {layers: [{type: head, weight: 0.5, layers: [{type: relu}, {type: tanh}]}]}}\n"
    for body in ("{use: b}", "{type: head, weight: 0.5, layers: [{type: relu}, {type: tanh}]}"):
        graph = read(f"{INPUT}{block}layers: [{head.replace('BODY', body)}, {{type: relu}}]\n").require_sound()
        assert [side.name for side in graph.side_outputs] == ["aux.head1", "aux"]
        assert [node.name for node in graph.nodes] == ["aux.head1.relu1", "aux.head1.tanh1", "relu1"]


@pytest.mark.parametrize("body", ["{type: relu}", "{type: relu}, {type: tanh}"])
def test_names_that_collide_are_one_finding(body: str) -> None:
    block = f"blocks: {{b: {{layers: [{body}]}}}}\n"
    repeated, dotted = "{use: b, name: a, repeat: 2}", "{use: b, name: a.1}"
    fault = only_fault(f"{INPUT}{block}layers: [{dotted}, {repeated}]\n")
    assert fault.message == "two layers would be called `a.1`"
    fault = only_fault(f"{INPUT}{block}layers: [{repeated}, {dotted}]\n")
    assert fault.message == "the name `a.1` is taken by another layer"
    heads = [item.replace("use: b", f"type: head, weight: 1, layers: [{body}]") for item in (dotted, repeated)]
    fault = only_fault(f"{INPUT}layers: [{', '.join(heads)}, {{type: relu}}]\n")
    assert fault.message == "two layers would be called `a.1`"


# Values from outside


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("filters: $width", "`--set width=x` says what `$width` is"),
        ("filters: $width * 2", "`--set width=x` says what `$width` is"),
        ("filters: $other", None),
    ],
)
def test_a_value_that_was_given_with_the_spec_is_named(layer: str, hint: str | None) -> None:
    text = f"{INPUT}params: {{width: 8, other: 0}}\nlayers: [{{type: conv, {layer}, kernel: 1}}]\n"
    (fault,) = read_architecture(Source("net.yaml", text), {"width": "x"}).diagnostics
    assert fault.hints == ((hint,) if hint else ())
    assert fault.location.line == (4 if hint else 3)
