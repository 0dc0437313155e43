"""Blocks, repetitions, branches and named inputs: what a spec unfolds to."""

from __future__ import annotations

import pytest

from cnncli.graph import Graph, read_architecture
from cnncli.spec.source import Source
from tests.specs import only_fault, read


def graph_of(text: str) -> Graph:
    return read("version: 1\n" + text).require_sound()


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def sources(graph: Graph) -> dict[str, list[str]]:
    """Node -> the names of its inputs."""
    return {
        node.name: ["input" if source < 0 else graph.nodes[source].name for source in node.inputs]
        for node in graph.nodes
    }


def test_a_block_is_used_with_its_parameters_and_defaults() -> None:
    graph = graph_of("""
input: [3, 8, 8]
blocks:
  unit:
    params: {width: , stride: 1, hidden: $width * 2}
    layers:
      - {type: conv, filters: $hidden, kernel: 1}
      - {type: conv, filters: $width, kernel: 2, stride: $stride}
layers:
  - {use: unit, width: 4, stride: 2}
  - {use: unit, name: last, width: 5, hidden: 7}
""")
    assert names(graph) == ["unit1.conv1", "unit1.conv2", "last.conv1", "last.conv2"]
    assert [node.output_shape for node in graph.nodes] == [(8, 8, 8), (4, 4, 4), (7, 4, 4), (5, 3, 3)]


def test_repetitions_are_numbered_and_the_first_may_differ() -> None:
    graph = graph_of("""
input: [4, 8, 8]
blocks:
  unit:
    params: {stride: 1}
    layers: [{type: conv, filters: 4, kernel: 2, stride: $stride, padding: same}]
layers:
  - {use: unit, name: stage, repeat: 3, first: {stride: 2}}
  - {type: relu, repeat: 2}
  - {type: relu, repeat: 0}
  - {type: tanh, name: end, from: stage.1}
  - {type: add, from: [stage, end]}
""")
    assert names(graph) == [
        *("stage.1", "stage.2", "stage.3"),
        *("relu1.1", "relu1.2", "end", "add1"),
    ]
    assert [node.output_shape[1] for node in graph.nodes[:3]] == [4, 4, 4]
    assert sources(graph)["end"] == ["stage.1"]
    assert sources(graph)["add1"] == ["stage.3", "end"], "a repeated name is that of the last repetition"


def test_branches_start_from_one_input_and_end_in_a_merge() -> None:
    graph = graph_of("""
input: [3, 8, 8]
layers:
  - {type: conv, name: stem, filters: 4, kernel: 1}
  - type: parallel
    merge: concat
    activation: relu
    name: mixed
    branches:
      - - {type: conv, filters: 2, kernel: 1}
        - {type: conv, filters: 3, kernel: 3, padding: 1}
      - [{type: maxpool, kernel: 3, stride: 1, padding: 1}]
      - []
  - {type: relu}
""")
    assert names(graph) == ["stem", "mixed.1.conv1", "mixed.1.conv2", "mixed.2", "mixed", "relu1"]
    assert sources(graph)["mixed"] == ["mixed.1.conv2", "mixed.2", "stem"]
    assert sources(graph)["mixed.2"] == ["stem"]
    assert graph.nodes[4].output_shape == (11, 8, 8)
    assert graph.nodes[4].settings == "relu"


def test_branches_may_have_names_and_begin_elsewhere() -> None:
    graph = graph_of("""
input: [3, 8, 8]
layers:
  - {type: conv, name: stem, filters: 4, kernel: 1}
  - {type: relu}
  - type: parallel
    merge: add
    from: stem
    branches: {main: [{type: relu}], shortcut: []}
""")
    assert sources(graph)["add1"] == ["add1.main", "stem"]
    assert sources(graph)["add1.main"] == ["stem"]


def test_a_name_is_looked_up_in_the_scope_and_then_around_it() -> None:
    graph = graph_of("""
input: [4, 8, 8]
blocks:
  join:
    params: {skip: }
    layers:
      - {type: conv, name: first, filters: 4, kernel: 1}
      - {type: relu}
      - {type: add, name: own, from: [first, previous]}
      - {type: add, name: outer, from: [$skip, previous]}
      - {type: add, name: given, from: [input, previous]}
layers:
  - {type: conv, name: first, filters: 4, kernel: 1}
  - {type: relu, name: second}
  - {use: join, name: a, skip: second}
  - {type: add, name: end, from: [a.own, a, first, input]}
""")
    found = sources(graph)
    assert found["a.own"] == ["a.first", "a.relu1"]
    assert found["a.outer"] == ["second", "a.own"]
    assert found["a.given"] == ["second", "a.outer"], "in a block `input` is what the block is given"
    assert found["end"] == ["a.own", "a.given", "first", "input"]


def test_blocks_use_blocks_and_take_lists() -> None:
    graph = graph_of("""
input: [3, 8, 8]
blocks:
  residual:
    params: {body: }
    layers:
      - type: parallel
        merge: add
        branches: [$body, []]
  unit:
    params: {filters: 3, kernel: , padding: }
    layers:
      - {type: conv, filters: $filters, kernel: $kernel, padding: $padding}
  pair:
    params: {kernel: }
    layers:
      - use: residual
        body: [{use: unit, kernel: $kernel, padding: same}, {type: relu}]
layers:
  - {use: pair, kernel: [3, 1]}
""")
    assert names(graph) == ["pair1.1.unit1", "pair1.1.relu1", "pair1"], "what stands alone takes its block's name"
    assert graph.nodes[0].layer.settings().startswith("3 of 3x1")


def test_an_activation_that_cannot_work_in_place_is_a_node_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncli.layers.tanh import Tanh

    monkeypatch.setattr(Tanh, "in_place", False)
    graph = graph_of("""
input: [3, 8, 8]
layers:
  - {type: conv, name: stem, filters: 3, kernel: 1, activation: tanh}
  - {type: add, from: [stem, input]}
""")
    assert names(graph) == ["stem", "stem.tanh", "add1"]
    assert sources(graph)["add1"] == ["stem.tanh", "input"]


def test_two_layers_never_have_one_name() -> None:
    fault = only_fault("""version: 1
input: [4, 8, 8]
layers:
  - {type: relu, name: a.1}
  - type: parallel
    name: a
    merge: add
    branches: [[{type: relu}], []]
""")
    assert fault.message == "two layers would be called `a.1`"


PARAMETRIC = """
version: 1
params: {size: 8, classes: 10, wide: 0}
input: [3, $size, $size]
layers:
  - {type: conv, filters: 4, kernel: 1}
  - {type: conv, filters: 9, kernel: 1, repeat: $wide}
  - {type: flatten}
  - {type: dense, units: $classes}
expect: {output: [10]}
limits: {parameters: 100 k}
"""


def test_the_specs_own_parameters_are_set_from_outside() -> None:
    text = PARAMETRIC.replace("100 k", "100k")
    usual = read_architecture(Source("net.yaml", text)).require_sound()
    assert (usual.input_shape, usual.output_shape) == ((3, 8, 8), (10,))
    other = read_architecture(Source("net.yaml", text), {"size": "4", "classes": "3", "wide": "1"}).require_sound()
    assert [node.output_shape for node in other.nodes] == [(4, 4, 4), (9, 4, 4), (144,), (3,)]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("- {use: unit, width: 0}", "a number from 1 up is wanted here, not 0"),
        ("- {use: unit, width: two}", "a whole number is wanted here, not 'two'"),
        ("- {use: unit, width: 4, widht: 5}", "block `unit` has no key `widht`"),
        ("- {use: unit, width: 4, first: {deep: 2}}", "block `unit` has no parameter `deep`"),
        ("- {use: unit, width: 4, repeat: -1}", "a number from 0 up is wanted here, not -1"),
        ("- {use: unit}", "block `unit` needs `width:`"),
        ("- {type: conv, filters: 4, kernel: 1, name: input}", "`input` has a meaning of its own"),
        ("- {type: parallel, merge: add, branches: [[]]}", "`branches` has 1; two at least are merged"),
        ("- {type: parallel, merge: sum, branches: [[], []]}", "there is no merge `sum`"),
        ("- {type: parallel, branches: [[], []]}", "`parallel` lacks `merge:`"),
        ("- {type: parallel, merge: add, branches: [{type: relu}, []]}", "a branch is a list of layers, not a mapping"),
        ("- {type: relu, from: []}", "`from` names nothing"),
        ("- {type: relu, from: {a: b}}", "a text is wanted here, not a mapping"),
        ("- {type: head, layers: [{type: relu}]}", "`head` lacks `weight:`"),
        ("- {type: relu, repeat: 0}", "no layer lies between the input and the output"),
        ("- {type: relu, name: $oops}", "there is no parameter `$oops` here"),
    ],
)
def test_what_does_not_hold(layers: str, words: str) -> None:
    text = f"""version: 1
input: [4, 8, 8]
blocks:
  unit:
    params: {{width: }}
    layers: [{{type: conv, filters: $width, kernel: 1}}]
layers:
  {layers}
"""
    assert words in only_fault(text).message


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ("{unit: 3}", "a block: a mapping with `layers:`"),
        ("{unit: {layers: []}}", "`layers` is empty"),
        ("{unit: {params: {}}}", "block `unit` lacks `layers:`"),
        ("{unit: {params: {use: 3}, layers: [{type: relu}]}}", "`use` has a meaning of its own where a block is used"),
        ("{a b: {layers: [{type: relu}]}}", "`a b` is no name for a block"),
        ("[unit]", "a mapping of names to blocks"),
    ],
)
def test_blocks_that_do_not_hold(blocks: str, words: str) -> None:
    text = f"version: 1\ninput: [4, 8, 8]\nblocks: {blocks}\nlayers: [{{type: relu}}]\n"
    assert words in only_fault(text).message


def test_a_fault_in_a_block_says_where_the_block_is_used() -> None:
    fault = only_fault("""version: 1
input: [4, 8, 8]
blocks:
  inner: {layers: [{type: conv, filters: 0, kernel: 1}]}
  outer: {layers: [{use: inner}]}
layers:
  - {type: relu}
  - {use: outer}
  - {use: outer}
""")
    assert (fault.location.line, fault.location.column) == (4, 42)
    assert [(other.location.line, other.label) for other in fault.related] == [
        (5, "block `inner` is used here"),
        (8, "block `outer` is used here"),
    ]


def test_only_what_takes_a_faulty_input_is_left_out() -> None:
    spec = read("""version: 1
input: [4, 8, 8]
layers:
  - type: parallel
    merge: concat
    branches:
      - - {type: conv, filters: 2, kernel: 9}
        - {type: relu}
      - - {type: conv, filters: 2, kernel: 1}
  - {type: relu}
""")
    assert len(spec.diagnostics) == 1
    assert names(spec.graph) == ["concat1.2"]
    assert spec.layer_count == 5


def test_depth_is_bounded() -> None:
    """64 levels of blocks and branches; the reader bounds the brackets of the file itself."""
    chain = "".join(f"  b{n}: {{layers: [{{use: b{n + 1}}}]}}\n" for n in range(99))
    spec = read(f"version: 1\ninput: [4]\nblocks:\n{chain}  b99: {{layers: [{{type: relu}}]}}\nlayers: [{{use: b0}}]\n")
    assert "nested more than 64 deep" in spec.diagnostics[0].message


def test_doubling_blocks_are_refused_in_bounded_time() -> None:
    chain = "".join(f"  b{n}: {{layers: [{{use: b{n + 1}}}, {{use: b{n + 1}}}]}}\n" for n in range(50))
    spec = read(f"version: 1\ninput: [4]\nblocks:\n{chain}  b50: {{layers: [{{type: relu}}]}}\nlayers: [{{use: b0}}]\n")
    assert "unfolds to more than 100,000 layers" in spec.diagnostics[0].message


@pytest.mark.parametrize(
    "layers",
    [
        "[{use: broken, repeat: 90000}]",
        f"[{{type: add, from: [{'input, ' * 100}], repeat: 9000}}]",
        f"[{{type: parallel, merge: add, branches: [{'[], ' * 100}], repeat: 9000}}]",
    ],
)
def test_what_is_repeated_is_counted_whatever_it_is(layers: str) -> None:
    broken = "blocks: {broken: {layers: [x, x, x, x]}}"
    spec = read(f"version: 1\ninput: [4]\n{broken}\nlayers: {layers}\n")
    assert any("unfolds to more than 100,000 layers" in found.message for found in spec.diagnostics)
    assert not spec.graph.nodes


def test_doubling_arguments_are_refused() -> None:
    chain = "".join(f"  b{n}: {{params: {{a: }}, layers: [{{use: b{n + 1}, a: [$a, $a]}}]}}\n" for n in range(40))
    spec = read(
        f"version: 1\ninput: [4]\nblocks:\n{chain}  b40: {{params: {{a: }}, layers: [{{type: relu}}]}}\n"
        "layers: [{use: b0, a: [1, 2]}]\n"
    )
    assert "values, too many" in spec.diagnostics[0].message


def test_a_name_given_to_a_block_is_the_callers() -> None:
    """The block's own `conv1` does not get between."""
    graph = graph_of("""
input: [3, 8, 8]
blocks:
  up:
    params: {skip: }
    layers:
      - {type: conv, filters: 3, kernel: 1}
      - {type: add, from: [$skip, previous]}
layers:
  - {type: conv, filters: 3, kernel: 1}
  - {type: relu}
  - {use: up, skip: conv1}
""")
    assert sources(graph)["up1.add1"] == ["conv1", "up1.conv1"]


def test_a_head_is_called_by_its_output_and_is_passed_by() -> None:
    graph = graph_of("""
input: [3, 8, 8]
layers:
  - {type: head, name: aside, weight: 0.5, layers: [{type: conv, filters: 2, kernel: 1}]}
  - {type: relu}
  - {type: concat, from: [aside, previous]}
""")
    assert sources(graph) == {"aside": ["input"], "relu1": ["input"], "concat1": ["aside", "relu1"]}


def test_a_network_of_heads_alone_is_none() -> None:
    text = "version: 1\ninput: [4]\nlayers: [{type: head, weight: 1, layers: [{type: relu}]}]\n"
    assert only_fault(text).message == "no layer lies between the input and the output"


def test_a_block_that_does_not_hold_is_not_unknown_too() -> None:
    text = "version: 1\ninput: [4]\nblocks: {unit: [{type: relu}]}\nlayers: [{use: unit}]\n"
    assert "a block: a mapping with `layers:`" in only_fault(text).message


def test_sizes_beyond_meaning_are_refused() -> None:
    text = "version: 1\ninput: [3, 8, 8]\nlayers: [{type: upsample, scale: 1000000000, repeat: 250}]\n"
    assert "more than 10^60 numbers" in only_fault(text).message


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("type: conv, out_channels: 8, filters: 8, kernel: 3", "did you mean `filters`?"),
        ("type: conv, filters: 8, kernel: 3, kernel_size: 3", "did you mean `kernel`?"),
        ("type: conv, filters: 8, kernel: 3, in_channels: 4", "leave it out: it follows from the layer's input"),
        ("type: dropout, rate: 0.3", "did you mean `p`?"),
        ("type: conv, filters: width, kernel: 3", "did you mean `$width`?"),
        ("type: conv, filters: 8, kernel: 3, strid: 3", "did you mean `stride`?"),
    ],
)
def test_words_of_other_libraries_are_understood(layer: str, hint: str) -> None:
    text = f"version: 1\nparams: {{width: 3}}\ninput: [4, 8, 8]\nlayers:\n  - {{{layer}}}\n"
    assert hint in only_fault(text).hints


def test_a_default_may_be_a_parameter() -> None:
    graph = graph_of("params: {k: 3}\ninput: [4, 8, 8]\ndefaults: {kernel: $k}\nlayers: [{type: conv, filters: 2}]\n")
    assert graph.output_shape == (2, 6, 6)
