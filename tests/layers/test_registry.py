"""Every layer kind there is, found by the registry, not listed here.

Inferred shape = computed shape; declared parameters = held ones; forward = plain float64 loops; gradients =
finite differences; and (in `make test-oracle`) all of it = PyTorch.
"""

from __future__ import annotations

import dataclasses

import pytest

from cnncli import layers
from cnncli.graph import read_architecture
from cnncli.kernels.vector import LANES
from cnncli.spec.source import Source
from tests.layers import harness


def _cases() -> list:
    found = []
    for kind in layers.names():
        module = harness.kind_module(kind)
        example = [] if getattr(module, "RANDOM", False) else [layers.find(kind).example]
        found += [pytest.param(text, shape, id=f"{text}-{shape}") for text, shape in (*example, *module.CASES)]
    return found


CASES = _cases()


@pytest.mark.parametrize("kind", layers.names())
def test_a_kind_describes_itself(kind: str) -> None:
    """Its file carries a docstring, its fields say what they are for, and its example is a spec that holds."""
    layer = layers.find(kind)
    text, shape = layer.example
    assert layer.__doc__
    spec = read_architecture(Source("example", f"version: 1\ninput: {list(shape)}\nlayers:\n  - {text}\n"))
    assert spec.diagnostics == []
    assert spec.graph.nodes[0].layer.kind == kind
    for field in dataclasses.fields(layer):
        assert field.metadata["help"], f"{kind}.{field.name} does not say what it is for"


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_shape_parameters_and_forward(text: str, shape: tuple[int, ...]) -> None:
    graph = harness.graph_of([text], shape)
    for count in (1, LANES + 3):
        result = harness.run(graph, count)
        assert result.y.shape == (count, *graph.output_shape)
        held = sum(view.size for view in result.parameters.tensors().values())
        assert held == graph.nodes[0].parameter_count + graph.nodes[0].buffer_count
        wanted = harness.reference(graph, result.weights, result.x)
        assert result.y.shape == wanted.shape
        harness.assert_close(result.y, wanted, "y")


@pytest.mark.parametrize(
    ("text", "shape", "count"),
    [
        ("{type: conv, filters: 6, kernel: 5}", (1, 9, 9), 156),
        ("{type: conv, filters: 7, kernel: 3, stride: 2}", (3, 9, 7), 196),
        ("{type: conv, filters: 4, kernel: [3, 2], bias: false}", (5, 6, 8), 120),
        ("{type: conv, filters: 6, kernel: 3, groups: 2, bias: false}", (4, 6, 6), 108),
        ("{type: conv, filters: 6, kernel: 3, groups: 6}", (6, 5, 5), 60),
        ("{type: dense, units: 7}", (13,), 98),
        ("{type: dense, units: 33, bias: false}", (65,), 2145),
        ("{type: avgpool, kernel: 3}", (3, 9, 9), 0),
    ],
)
def test_parameters_are_as_many_as_counted_by_hand(text: str, shape: tuple[int, ...], count: int) -> None:
    graph = harness.graph_of([text], shape)
    assert graph.nodes[0].parameter_count == count
    assert sum(view.size for view in harness.run(graph, 1).weights.values()) == count


@pytest.mark.parametrize(("text", "shape"), CASES)
def test_gradients(text: str, shape: tuple[int, ...]) -> None:
    harness.check_gradients(harness.run(harness.graph_of([text], shape), 3))


@pytest.mark.oracle
@pytest.mark.parametrize(("text", "shape"), CASES)
def test_equals_pytorch(text: str, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    graph = harness.graph_of([text], shape)
    result = harness.run(graph, LANES + 3)
    x = torch.tensor(result.x, dtype=torch.float32, requires_grad=True)
    weights = {
        name: torch.tensor(value, dtype=torch.float32, requires_grad=True) for name, value in result.weights.items()
    }
    y = harness.walk(graph, "in_torch", weights, x)[graph.output]
    y.backward(torch.tensor(result.dy, dtype=torch.float32))
    harness.assert_close(result.y, y.detach().double().numpy(), "y")
    harness.assert_close(result.dx, x.grad.double().numpy(), "dx")
    for name, gradient in result.gradients.items():
        harness.assert_close(gradient, weights[name].grad.double().numpy(), f"d{name}", 5e-5)
