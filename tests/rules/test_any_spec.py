"""No rule fails on a spec of any layers at all, sound or broken, with blocks, branches, heads and a recipe."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnncli import layers
from cnncli.graph import Architecture
from cnncli.rules.judge import Policy, judge
from cnncli.rules.selection import EVERYTHING, Selection
from cnncli.spec.source import Source
from tests.layers.test_registry import CASES
from tests.spec.test_properties import assert_points_into

ALL = Policy(Selection(select=(EVERYTHING,)))
EXAMPLES = [layers.find(kind).example[0] for kind in layers.names()]
WRITTEN = sorted({case.values[0] for case in CASES} | set(EXAMPLES))
USUAL = [
    "{type: conv, filters: 8, kernel: 3}",
    "{type: conv, filters: 8, kernel: 2, padding: same}",
    "{type: conv, filters: 8, kernel: 1, padding: 1, activation: relu}",
    "{type: conv, filters: 8, kernel: 2, stride: 3, rounding: floor}",
    "{type: maxpool, kernel: 2, rounding: floor}",
    "{type: batchnorm}",
    "{type: relu}",
    "{type: linear}",
    "{type: dropout}",
    "{type: upsample, scale: 2}",
    "{type: flatten}",
    "{type: dense, units: 10}",
    "{type: dense, units: 1, activation: softmax}",
    "{type: softmax}",
    "{type: global_avgpool}",
    "{use: part}",
    "{use: part, repeat: 2}",
    "{type: add, from: [input, previous]}",
    "{type: relu, from: input}",
]
LAYER = st.sampled_from(USUAL) | st.sampled_from(WRITTEN)


def listed(items: list[str]) -> str:
    return f"[{', '.join(items)}]"


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(inner, max_size=3).map(listed)
    merge = st.sampled_from(["add", "concat", "multiply"])
    branches = st.builds("{{type: parallel, merge: {}, branches: [{}, {}]}}".format, merge, items, items)
    return branches | st.builds("{{type: head, weight: 0.3, layers: {}}}".format, items)


ITEMS = st.lists(st.recursive(LAYER, wrapped, max_leaves=4), min_size=1, max_size=7)
INPUTS = st.sampled_from(["[1, 8, 8]", "[4, 9, 12]", "[8, 1, 1]", "[6, 12]", "[16]"])
TRAINING = st.sampled_from(
    ["", "training: {}", "training: {batch_size: 1, learning_rate: 0}", "training: {loss: mean_squared_error}"]
)


def text_of(shape: str, items: list[str], part: list[str], training: str) -> str:
    lines = "".join(f"  - {item}\n" for item in items)
    return f"input: {shape}\nblocks: {{part: {{layers: {listed(part)}}}}}\nlayers:\n{lines}{training}\n"


def check(text: str) -> Architecture:
    spec = judge(Source("net.yaml", text), ALL)
    for finding in spec.diagnostics:
        assert_points_into(text, finding)
    return spec


@given(INPUTS, ITEMS, st.lists(LAYER, min_size=1, max_size=3), TRAINING)
def test_any_layers(shape: str, items: list[str], part: list[str], training: str) -> None:
    """As they come, which mostly is broken; and those that fit, one after the other."""
    check(text_of(shape, items, part, training))
    fitting: list[str] = []
    for item in items:
        if not check(text_of(shape, [*fitting, item], part, training)).has_errors:
            fitting.append(item)
