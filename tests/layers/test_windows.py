"""Windows drawn by Hypothesis through the whole layer: shapes, strides, paddings, dilations, groups, batch tails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncli import kernels
from cnncli.layers import Layer
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.spec.problem import Problem
from tests.layers import harness

SETTINGS = settings(
    deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much]
)
small = st.integers(1, 3)
pads = st.one_of(
    st.integers(0, 3), st.just("same"), st.lists(st.integers(0, 3), min_size=4, max_size=4)
)  # one number, Keras's rule, or four sides


@st.composite
def windows(draw: st.DrawFn, kind: str, extra: str = "") -> tuple[str, tuple[int, int, int]]:
    """A layer's YAML with a drawn window, and an input."""
    kernel = [draw(st.integers(1, 4)), draw(st.integers(1, 4))]
    stride = [draw(small), draw(small)]
    rounding = draw(st.sampled_from(["floor", "ceil"]))
    text = f"{{type: {kind}, kernel: {kernel}, stride: {stride}, padding: {draw(pads)}, rounding: {rounding}{extra}}}"
    return text, (draw(st.integers(1, 5)), draw(st.integers(1, 9)), draw(st.integers(1, 9)))


@st.composite
def signal_windows(draw: st.DrawFn, kind: str, extra: str = "") -> tuple[str, tuple[int, int]]:
    """As `windows`, along one axis."""
    rounding, stride = draw(st.sampled_from(["floor", "ceil"])), draw(small)
    padding = draw(st.one_of(st.integers(0, 3), st.just("same"), st.lists(st.integers(0, 3), min_size=2, max_size=2)))
    window = f"kernel: {draw(st.integers(1, 4))}, stride: {stride}, padding: {padding}"
    text = f"{{type: {kind}, {window}, rounding: {rounding}{extra}}}"
    return text, (draw(st.integers(1, 5)), draw(st.integers(1, 30)))


def checked(text: str, shape: tuple[int, ...], count: int) -> Layer | None:
    """Runs and compares; None where the drawn window holds no position and is a finding."""
    from cnncli.errors import SpecError

    try:
        graph = harness.graph_of([text], shape)
    except (SpecError, Problem):
        return None
    result = harness.run(graph, count)
    harness.assert_close(result.y, harness.reference(graph, result.weights, result.x), "y")
    harness.check_gradients(result, directions=2, coordinates=2)
    return graph.nodes[0].layer


@SETTINGS
@given(st.data(), st.integers(1, 18))
def test_convolutions(data: st.DataObject, count: int) -> None:
    groups = data.draw(small)
    dilation = [data.draw(small), data.draw(small)]
    activation = data.draw(st.sampled_from(["relu", "tanh", "linear"]))
    extra = f", filters: {groups * data.draw(st.integers(1, 7))}, groups: {groups}, dilation: {dilation}"
    extra += f", activation: {activation}, bias: {data.draw(st.sampled_from(['true', 'false']))}"
    text, (channels, height, width) = data.draw(windows("conv", extra))
    checked(text, (channels * groups, height, width), count)


@SETTINGS
@given(st.data(), st.integers(1, 18), st.sampled_from(["maxpool", "minpool", "avgpool", "l2pool"]))
def test_pools(data: st.DataObject, count: int, kind: str) -> None:
    extra = ", count_padding: false" if kind == "avgpool" and data.draw(st.booleans()) else ""
    text, shape = data.draw(windows(kind, extra))
    checked(text, shape, count)


@SETTINGS
@given(st.data(), st.integers(1, 18))
def test_depthwise_convolutions(data: st.DataObject, count: int) -> None:
    dilation = [data.draw(small), data.draw(small)]
    extra = f", multiplier: {data.draw(small)}, dilation: {dilation}, activation: relu"
    text, shape = data.draw(windows("depthwise_conv", extra))
    checked(text, shape, count)


@SETTINGS
@given(st.data(), st.integers(1, 18))
def test_convolutions_of_signals(data: st.DataObject, count: int) -> None:
    groups = data.draw(small)
    extra = f", filters: {groups * data.draw(small)}, groups: {groups}, dilation: {data.draw(small)}"
    text, (channels, width) = data.draw(signal_windows("conv1d", extra))
    checked(text, (channels * groups, width), count)


@SETTINGS
@given(st.data(), st.integers(1, 18), st.sampled_from(["maxpool1d", "avgpool1d"]))
def test_pools_of_signals(data: st.DataObject, count: int, kind: str) -> None:
    text, shape = data.draw(signal_windows(kind))
    checked(text, shape, count)


@SETTINGS
@given(st.data(), st.integers(1, 18))
def test_transposed_convolutions(data: st.DataObject, count: int) -> None:
    def pair(strategy: st.SearchStrategy[int]) -> list[int]:
        return [data.draw(strategy), data.draw(strategy)]

    groups, padding = data.draw(small), data.draw(pads)
    fields = {"filters": groups * data.draw(small), "groups": groups, "kernel": pair(st.integers(1, 4))}
    fields |= {"stride": pair(small), "dilation": pair(small), "padding": padding}
    if padding != "same":
        fields["output_padding"] = pair(st.integers(0, 1))
    text = ", ".join(f"{name}: {value}" for name, value in fields.items())
    shape = (groups * data.draw(small), *pair(st.integers(1, 5)))
    checked(f"{{type: transposed_conv, {text}, activation: relu}}", shape, count)


@SETTINGS
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 50), st.sampled_from(["relu", "sigmoid"]))
def test_dense(inputs: int, units: int, count: int, activation: str) -> None:
    graph = harness.graph_of([f"{{type: dense, units: {units}, activation: {activation}}}"], (inputs,))
    result = harness.run(graph, count)
    harness.assert_close(result.y, harness.reference(graph, result.weights, result.x), "y")
    harness.check_gradients(result, directions=2, coordinates=2)


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        # Two cells, one of padding after: [1 2] [2 3] [3 4] [4 _].
        ("type: maxpool, kernel: [1, 2], stride: 1", [2, 3, 4, 4]),
        ("type: avgpool, kernel: [1, 2], stride: 1", [1.5, 2.5, 3.5, 4]),
        ("type: avgpool, kernel: [1, 2], stride: 1, count_padding: true", [1.5, 2.5, 3.5, 2]),
        ("type: conv, filters: 1, kernel: [1, 2]", [21, 32, 43, 4]),
        # Three cells in steps of two: [1 2 3] [3 4 _].
        ("type: minpool, kernel: [1, 3], stride: [1, 2]", [1, 3]),
        ("type: maxpool, kernel: [1, 3], stride: [1, 2]", [3, 4]),
        ("type: conv, filters: 1, kernel: [1, 3], stride: [1, 2]", [321, 43]),
        # Four cells in steps of two, one of padding on either side: [_ 1 2 3] [2 3 4 _].
        ("type: conv, filters: 1, kernel: [1, 4], stride: [1, 2]", [3210, 432]),
    ],
)
def test_padding_same_by_hand(layer: str, wanted: list[float]) -> None:
    """The row 1 2 3 4; a convolution's weights are 1 10 100 ..., so its sums show where each cell fell."""
    graph = harness.graph_of([f"{{{layer}, padding: same}}"], (1, 1, 4))
    parameters = Parameters(graph)
    for name, view in parameters.tensors().items():
        view[...] = 10.0 ** np.arange(view.shape[-1]) if name.endswith("weight") else 0
    network = Network(graph, parameters, 1)
    network.images[...] = kernels.batches.to_lanes(np.array([[[[1, 2, 3, 4]]]], dtype=np.float32))
    np.testing.assert_array_equal(kernels.batches.from_lanes(network.forward(1), 1), [[[wanted]]])
