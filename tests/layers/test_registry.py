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
        assert sum(view.size for view in result.parameters.views.values()) == graph.nodes[0].parameter_count
        harness.assert_close(result.y, harness.reference(graph, result.weights, result.x), "y")


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
    node = graph.nodes[0]
    own = {name.removeprefix(f"{node.name}."): value for name, value in weights.items()}
    y = harness.kind_module(node.layer.kind).in_torch(node.layer, own, x)
    if node.activation is not None:
        y = harness.kind_module(node.activation.kind).in_torch(node.activation, {}, y)
    y.backward(torch.tensor(result.dy, dtype=torch.float32))
    harness.assert_close(result.y, y.detach().double().numpy(), "y")
    harness.assert_close(result.dx, x.grad.double().numpy(), "dx")
    for name, gradient in result.gradients.items():
        harness.assert_close(gradient, weights[name].grad.double().numpy(), f"d{name}", 5e-5)
