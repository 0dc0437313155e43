"""All norms: idle lanes, large means, long runs, threads, signals and flat inputs, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli import kernels
from cnncli.errors import BAD_VALUE, CHANNELS_NOT_DIVISIBLE, SHAPE_NOT_ACCEPTED
from cnncli.kernels.vector import LANES
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from tests.layers import harness
from tests.layers.norms import SEVERAL_CHUNKS, close, graph_of, normal
from tests.specs import only_fault, text_of

NORMS = [
    "{type: batchnorm}",
    "{type: groupnorm, groups: 2}",
    "{type: instancenorm, affine: true}",
    "{type: layernorm}",
    "{type: layernorm, over: channels}",
]
EVERY_KIND = [*NORMS, "{type: batchnorm, activation: relu}", "{type: lrn, alpha: 2}"]


@pytest.mark.parametrize("text", NORMS)
@pytest.mark.parametrize("mean", [100.0, -1000.0, 1e6])
def test_large_means_cost_no_digits(text: str, mean: float) -> None:
    x = normal(3, LANES + 3, *SEVERAL_CHUNKS, mean=mean)
    dy = normal(4, *x.shape) + (x - mean)  # a dy that goes with x tries every term of dx
    graph = graph_of(text, SEVERAL_CHUNKS)
    result = harness.run(graph, len(x), x=x, dy=dy)
    close(result.y, harness.reference(graph, result.weights, x))
    at_zero = harness.run(graph, len(x), x=x - mean, dy=dy)  # exact in float32, and the same gradients
    pairs = zip(result.gradients.values(), at_zero.gradients.values(), strict=True)
    for found, wanted in ((result.dx, at_zero.dx), *pairs):
        close(found, wanted, 4e-6)


def test_rounding_never_leaves_a_variance_below_0() -> None:
    """The sums over many equal, large numbers cancel to a little more or less than 0, beyond what epsilon covers."""
    x = np.broadcast_to(normal(7, LANES, 1, 1, 8) * 1e6, (LANES, 2048, 1, 8))
    result = harness.run(graph_of("{type: layernorm, over: channels}", (2048, 1, 8)), LANES, x=x)
    assert np.isfinite(result.y).all() and np.isfinite(result.dx).all()


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("{type: layernorm, affine: false}", (1, 400, 400)),
        ("{type: groupnorm, groups: 1, affine: false}", (64, 50, 50)),
    ],
)
def test_long_runs_cost_no_digits(text: str, shape: tuple[int, ...]) -> None:
    """Sums of 160,000 numbers of one sign."""
    x = normal(8, 1, *shape)
    dy = (np.abs(normal(9, *x.shape)) + x).astype(np.float32).astype(np.float64)
    result = harness.run(graph_of(text, shape), 1, x=x, dy=dy)
    inverse = 1 / np.sqrt(x.var() + 1e-5)
    normalised = (x - x.mean()) * inverse
    close(result.y, normalised, 4e-7)
    close(result.dx, inverse * (dy - dy.mean() - normalised * (dy * normalised).mean()), 4e-7)


@pytest.mark.parametrize("text", NORMS)
def test_a_start_unlike_the_rest_costs_no_digits(text: str) -> None:
    """The first chunk of each image is one number, far from all that follow."""
    x = normal(4, LANES, *SEVERAL_CHUNKS, mean=100)
    x.reshape(LANES, -1)[:, :256] = -50
    result = harness.run(graph_of(text, SEVERAL_CHUNKS), LANES, x=x)
    close(result.y, harness.reference(result.graph, result.weights, x), 3e-6)


@pytest.mark.parametrize("text", NORMS)
@pytest.mark.parametrize("value", [0.0, 1.1, 1e6])
def test_equal_numbers_become_the_bias(text: str, value: float) -> None:
    result = harness.run(graph_of(text, SEVERAL_CHUNKS), 3, x=np.full((3, *SEVERAL_CHUNKS), value))
    bias = next(value for name, value in result.weights.items() if name.endswith(".bias"))
    close(result.y, np.broadcast_to(bias if bias.ndim == 3 else bias[:, None, None], result.y.shape))


def gradients_of(text: str, garbage: float, input_gradient: bool = True) -> list[np.ndarray]:
    """The parameters' gradients, then dx with its idle lanes, of 3 images beside idle lanes that hold `garbage`."""
    graph = graph_of(text, SEVERAL_CHUNKS)
    parameters = Parameters(graph)
    parameters.initialize(0)
    network = Network(graph, parameters, LANES, input_gradient=input_gradient)
    network.images[...] = kernels.batches.to_lanes(normal(1, 3, *SEVERAL_CHUNKS))
    network.images[..., 3:] = garbage
    network.forward(3)
    network.output_gradient[...] = kernels.batches.to_lanes(normal(2, 3, *SEVERAL_CHUNKS))  # idle lanes: 0
    network.backward(3)
    gradients = [parameters.gradients]
    return [*gradients, network.images_gradient] if input_gradient else gradients


@pytest.mark.parametrize("text", EVERY_KIND)
def test_idle_lanes_get_and_give_no_gradient(text: str) -> None:
    clean, beside_garbage = gradients_of(text, 0), gradients_of(text, 1e6)
    for one, other in zip(clean, beside_garbage, strict=True):
        np.testing.assert_array_equal(one, other)
    assert clean[1][..., :3].any() and not clean[1][..., 3:].any()


@pytest.mark.parametrize("text", NORMS)
def test_parameters_learn_where_nobody_needs_dx(text: str) -> None:
    (alone,) = gradients_of(text, 0, input_gradient=False)
    assert alone.any()
    np.testing.assert_array_equal(alone, gradients_of(text, 0)[0])


@pytest.mark.parametrize("text", EVERY_KIND)
def test_any_number_of_threads_gives_the_same_bits(text: str) -> None:
    graph, before = graph_of(text, SEVERAL_CHUNKS), kernels.compile.threads()
    try:
        results = []
        for threads in (1, 2):
            kernels.compile.set_threads(threads)
            results.append(harness.run(graph, 2 * LANES + 3))
    finally:
        kernels.compile.set_threads(before)
    one, two = results
    arrays = [[each.y, each.dx, *each.gradients.values(), *each.weights.values()] for each in (one, two)]
    for mine, other in zip(*arrays, strict=True):
        np.testing.assert_array_equal(mine, other)


SIGNALS = [(text, shape) for text in EVERY_KIND for shape in [(6, 9), (2, 300)]]
SINGLE_PLACES = [(text, shape) for text in EVERY_KIND if "instance" not in text for shape in [(4, 1), (8,)]]


@pytest.mark.parametrize(
    ("text", "shape"), [case for case in SIGNALS + SINGLE_PLACES if case != (EVERY_KIND[-1], (8,))]
)
def test_signals_and_flat_inputs(text: str, shape: tuple[int, ...]) -> None:
    for count in (3, LANES + 3):
        result = harness.run(graph_of(text, shape), count)
        harness.assert_close(result.y, harness.reference(result.graph, result.weights, result.x), "y")
    harness.check_gradients(harness.run(graph_of(text, shape), 3))


@pytest.mark.parametrize("text", [*NORMS[1:], EVERY_KIND[-1]])
def test_an_image_s_nan_stays_its_own(text: str) -> None:
    x = normal(5, LANES, 4, 3, 3)
    x[1, 0, 0, 0] = np.nan
    result = harness.run(graph_of(text, (4, 3, 3)), LANES, x=x)
    others = np.arange(LANES) != 1
    reached = 1 if "instancenorm" in text else 2
    assert np.isnan(result.y[1, :reached, 0, 0]).all() and np.isfinite(result.y[others]).all()


def test_channels_that_groups_do_not_divide() -> None:
    fault = only_fault(text_of([6, 3, 3], "type: groupnorm, groups: 4"))
    assert fault.fault is CHANNELS_NOT_DIVISIBLE
    assert fault.message == "6 channels cannot be split into 4 groups"
    assert fault.hints == ("groups that divide them: 1, 2, 3, 6",)


@pytest.mark.parametrize(
    ("shape", "layer", "wanted"),
    [
        ([6, 1, 1], "type: groupnorm, groups: 6", BAD_VALUE),
        ([1, 4, 4], "type: layernorm, over: channels", BAD_VALUE),
        ([1, 1, 1], "type: layernorm", SHAPE_NOT_ACCEPTED),
        ([6, 1, 1], "type: instancenorm", SHAPE_NOT_ACCEPTED),
        ([6], "type: instancenorm", SHAPE_NOT_ACCEPTED),
        ([6], "type: lrn", SHAPE_NOT_ACCEPTED),
        ([6, 2, 2], "type: lrn, k: 0", BAD_VALUE),
        ([6, 2, 2], "type: batchnorm, epsilon: 0", BAD_VALUE),
    ],
)
def test_what_would_make_every_number_0_or_none(shape: list[int], layer: str, wanted: object) -> None:
    assert only_fault(text_of(shape, layer)).fault is wanted
