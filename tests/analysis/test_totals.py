"""Totals, by arithmetic written in the test."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnncli.analysis.costs import totals
from tests.specs import chain, read, text_of


def test_totals_of_one_convolution() -> None:
    """8 filters of 3x5x5 on 10x10: 6x6 positions."""
    sums = totals(chain([3, 10, 10], "type: conv, filters: 8, kernel: 5"))
    assert sums.parameters == 8 * (3 * 5 * 5 + 1)
    assert sums.macs == 8 * 6 * 6 * 3 * 5 * 5
    assert sums.weight_bytes == 4 * sums.parameters
    assert sums.activation_bytes == 4 * (3 * 10 * 10 + 8 * 6 * 6)


def test_groups_divide_weights_and_macs() -> None:
    whole, split = (
        totals(chain([8, 6, 6], f"type: conv, filters: 8, kernel: 3, bias: false, groups: {groups}"))
        for groups in (1, 4)
    )
    assert (whole.parameters, whole.macs) == (4 * split.parameters, 4 * split.macs)


def test_pools_activations_and_dropout_cost_no_macs_and_hold_nothing() -> None:
    sums = totals(chain([2, 8, 8], "type: maxpool, kernel: 2", "type: relu", "type: dropout, p: 0.1", "type: flatten"))
    assert (sums.parameters, sums.buffers, sums.macs) == (0, 0, 0)


@given(st.lists(st.integers(1, 10**30), min_size=2, max_size=8))
def test_dense_layers_of_any_size(units: list[int]) -> None:
    first, *rest = units
    sums = totals(chain([first], *(f"type: dense, units: {count}" for count in rest)))
    pairs = list(zip(units, rest, strict=False))
    assert sums.macs == sum(inputs * outputs for inputs, outputs in pairs)
    assert sums.parameters == sums.macs + sum(rest)


def test_a_graph_that_ends_at_a_fault_is_summed_as_far_as_it_goes() -> None:
    spec = read(text_of([1, 7, 7], "type: conv, filters: 2, kernel: 3", "type: maxpool, kernel: 2"))
    assert totals(spec.graph).parameters == 20
