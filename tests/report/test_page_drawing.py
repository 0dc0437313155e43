"""The drawing of a graph: boxes that do not overlap, edges from top to bottom, and blocks where layers are many."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.graph import Graph, read_architecture
from cnncli.report.page.drawing import MOST_BOXES, drawing
from cnncli.report.page.layout import lay_out
from cnncli.spec.source import Source, bundled_names, find
from tests.report.pages import Page, coordinates


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """Inputs of each box, all earlier; the first has none."""
    count = draw(st.integers(1, 25))
    return [[], *(draw(st.lists(st.integers(0, box - 1), max_size=4)) for box in range(1, count))]


@given(graphs())
def test_boxes_stand_apart_and_edges_lead_down(inputs: list[list[int]]) -> None:
    layout = lay_out(inputs)
    assert layout is not None and len(layout.middles) == len(layout.rows) == len(inputs)
    for one, other in combinations(range(len(inputs)), 2):
        if layout.rows[one] == layout.rows[other]:
            assert abs(layout.middles[one] - layout.middles[other]) > 1
    for middle in layout.middles:
        assert middle - 0.5 >= -1e-9 and middle + 0.5 <= layout.width + 1e-9
    assert len(layout.edges) == sum(len({*sources}) for sources in inputs)
    boxes = {place: box for box, place in enumerate(zip(layout.middles, layout.rows, strict=True))}
    found = []
    for edge in layout.edges:
        assert [row for _, row in edge] == list(range(edge[0][1], edge[-1][1] + 1)), "a place in every row"
        found.append((boxes[edge[-1]], boxes[edge[0]]))
        for x, row in edge[1:-1]:
            assert all(abs(x - layout.middles[box]) > 0.5 for box in range(len(inputs)) if layout.rows[box] == row)
    assert sorted(found) == sorted((box, source) for box, sources in enumerate(inputs) for source in {*sources})


def test_a_chain_is_straight_and_branches_stand_side_by_side() -> None:
    chain = lay_out([[], [0], [1], [2]])
    assert chain is not None and len({*chain.middles}) == 1 and chain.rows == (0, 1, 2, 3) and chain.width == 1
    diamond = lay_out([[], [0], [0], [1, 2]])
    assert diamond is not None
    top, left, right, bottom = diamond.middles
    assert diamond.rows == (0, 1, 1, 2) and top == pytest.approx(bottom) == pytest.approx((left + right) / 2)


def test_what_nobody_could_follow_is_not_laid_out() -> None:
    count = 200
    assert lay_out([list(range(box)) for box in range(count)]) is None


def graph_of(text: str) -> Graph:
    return read_architecture(Source("net.yaml", text)).graph


@pytest.mark.parametrize("name", bundled_names())
def test_every_bundled_network_can_be_drawn(name: str) -> None:
    graph = read_architecture(find(name)).graph
    found = drawing(graph)
    assert found.svg is not None
    Page(found.svg)
    assert len(coordinates(found.svg)) > len(re.findall("<rect", found.svg)) > 1
    boxes = found.svg.count("<rect")
    assert boxes <= MOST_BOXES and (found.said is None) == (boxes == len(graph.nodes) + 1)


def test_a_box_says_what_it_is() -> None:
    found = drawing(read_architecture(find("lenet5")).graph)
    text = Page(found.svg or "").text
    assert "conv 6 of 5x5, padding 2, relu" in text and "16x10x10" in text and found.is_chain
    assert not drawing(read_architecture(find("resnet20")).graph).is_chain


def test_blocks_are_boxes_of_their_own() -> None:
    found = drawing(read_architecture(find("resnet152")).graph)
    text = Page(found.svg or "").text
    assert found.said and "364 layers" in found.said and "conv2.1" in text and "9 layers" in text


def test_too_many_layers_without_blocks_are_not_drawn() -> None:
    found = drawing(graph_of("input: [4]\nlayers:\n" + "  - {type: relu}\n" * 200))
    assert found.svg is None and found.said and "200 layers" in found.said
