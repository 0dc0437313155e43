"""How tensors start: the variances of the papers, orthogonal rows, and what a spec may say of it."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.layers import Parameter
from cnncli.network.parameters import Parameters, draw
from tests.layers.harness import graph_of
from tests.schemas import errors, load
from tests.specs import read

LAYER = "{{type: conv, filters: 40, kernel: 5, groups: 2, {}}}"


def started(field: str) -> dict[str, np.ndarray]:
    parameters = Parameters(graph_of([LAYER.format(field)], (30, 8, 8)))
    parameters.initialize(0)
    return {name: view.astype(np.float64) for name, view in parameters.views["conv1"].items()}


FAN_IN, FAN_OUT = 15 * 25, 20 * 25  # of a group


@pytest.mark.parametrize(
    ("written", "deviation", "largest"),
    [
        ("he_normal", np.sqrt(2 / FAN_IN), np.inf),
        ("he_uniform", np.sqrt(2 / FAN_IN), np.sqrt(6 / FAN_IN)),
        ("glorot_normal", np.sqrt(2 / (FAN_IN + FAN_OUT)), np.inf),
        ("glorot_uniform", np.sqrt(2 / (FAN_IN + FAN_OUT)), np.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("lecun_normal", np.sqrt(1 / FAN_IN), np.inf),
        ("{type: lecun_uniform}", np.sqrt(1 / FAN_IN), np.sqrt(3 / FAN_IN)),
        ("{type: normal, std: 0.01}", 0.01, np.inf),
        ("{type: uniform, limit: 0.3}", 0.3 / np.sqrt(3), 0.3),
        ("{type: constant, value: -2}", 0.0, 2.0),
        ("zeros", 0.0, 0.0),
    ],
)
def test_a_weight_starts_as_the_spec_says(written: str, deviation: float, largest: float) -> None:
    weight = started(f"initializer: {written}")["weight"]
    assert weight.shape == (40, 15, 5, 5)
    assert weight.std() == pytest.approx(deviation, rel=0.02)
    assert abs(weight.mean()) <= 4 * deviation / np.sqrt(weight.size) or deviation == 0
    assert np.abs(weight).max() <= largest * (1 + 1e-6)
    assert deviation == 0 or largest == np.inf or np.abs(weight).max() > 0.99 * largest


def test_left_out_it_is_glorots_and_the_bias_0() -> None:
    found, wanted = started("stride: 1"), started("initializer: glorot_uniform, bias_initializer: zeros")
    np.testing.assert_array_equal(found["weight"], wanted["weight"])
    assert not found["bias"].any()


def test_a_bias_starts_as_the_spec_says() -> None:
    assert (started("bias_initializer: {type: constant, value: 0.5}")["bias"] == 0.5).all()
    bias = started("bias_initializer: {type: uniform, limit: 2}")["bias"]
    assert 0.5 < np.abs(bias).max() <= 2


@pytest.mark.parametrize("shape", [(10, 40), (40, 10), (8, 2, 3, 3), (1, 7), (7, 1)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal_keeps_lengths(shape: tuple[int, ...], gain: float) -> None:
    values = draw(Parameter("weight", shape, "orthogonal", value=gain), np.random.default_rng(1))
    assert values.dtype == np.float32 and values.shape == shape and values.flags.c_contiguous
    matrix = values.reshape(shape[0], -1).astype(np.float64)
    few = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(few, gain**2 * np.eye(len(few)), atol=1e-6 * gain**2)


def test_orthogonal_matrices_are_evenly_distributed() -> None:
    """Without the signs of r, the first number of q would never be positive."""
    firsts = [
        draw(Parameter("w", (4, 4), "orthogonal", value=1), np.random.default_rng(seed))[0, 0] for seed in range(60)
    ]
    assert 15 < sum(first > 0 for first in firsts) < 45


def test_orthogonal_without_a_gain_has_1() -> None:
    np.testing.assert_array_equal(
        started("initializer: orthogonal")["weight"], started("initializer: {type: orthogonal, gain: 1}")["weight"]
    )


def test_defaults_may_say_it() -> None:
    text = "input: [4]\ndefaults: {bias_initializer: {type: constant, value: 1}}\nlayers: [{type: dense, units: 3}]\n"
    parameters = Parameters(read(text).require_sound())
    parameters.initialize(0)
    assert (parameters.views["dense1"]["bias"] == 1).all() and errors(load(text)) == []


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("initializer: he", "'he' is not one of he_normal"),
        ("initializer: normal", "`normal` lacks `std:`"),
        ("initializer: {type: normal}", "`normal` lacks `std:`"),
        ("initializer: {std: 1}", "an initializer lacks `type:`"),
        ("initializer: {type: normal, value: 1}", "`normal` has no key `value`"),
        ("initializer: {type: he_normal, std: 1}", "`he_normal` has no key `std`"),
        ("initializer: {type: normal, std: -1}", "a number from 0 up"),
        ("initializer: {type: uniform, limit: much}", "a number is wanted"),
        ("initializer: [zeros]", "a text is wanted"),
        ("bias_initializer: he_normal", "'he_normal' is not one of zeros, constant, normal, uniform"),
        ("bias_initializer: {type: orthogonal}", "'orthogonal' is not one of"),
    ],
)
def test_faults_are_findings(field: str, message: str) -> None:
    (finding,) = read(f"input: [4]\nlayers:\n  - {{type: dense, units: 3, {field}}}\n").diagnostics
    assert message in finding.message and finding.location.line == 3


def test_what_is_written_well_the_schema_takes_and_what_no_type_has_it_refuses() -> None:
    spec = "input: [4]\nparams: {{how: zeros, much: 0.1}}\nlayers:\n  - {{type: dense, units: 3, initializer: {}}}\n"
    for written in (
        "zeros", "orthogonal", "{type: normal, std: 0.1}", "$how", "{type: $how}", "{type: normal, std: $much}",
        "{type: orthogonal}",
    ):  # fmt: skip
        assert errors(load(spec.format(written))) == [], written
    for written in ("normal", "{std: 1}", "{type: normal, sdt: 1}", "{type: nromal}", "[zeros]", "1"):
        assert len(errors(load(spec.format(written)))) == 1, written
