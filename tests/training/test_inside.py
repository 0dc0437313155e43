"""What is shown of a network's inside is what it computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.errors import TrainingError
from cnncli.graph import read_architecture
from cnncli.network import plan
from cnncli.spec.source import find
from cnncli.training.inside import MOST_LAYERS, examples, feature_maps, first_filters, layers_with_maps, spread
from cnncli.training.run import read_run
from tests.report.pages import animals, make_run


def test_maps_are_the_layers_outputs(tmp_path: Path) -> None:
    data = animals()
    run = read_run(make_run(tmp_path / "run", data))
    nodes = layers_with_maps(run.graph)
    assert [node.name for node in nodes] == ["conv1", "maxpool1"]
    convolved, pooled = feature_maps(run, data.test, [3, 0], nodes)
    weights = run.parameters.views["conv1"]
    x = data.test.images[[3, 0]] * 0.01 - 1.0
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    expected = np.einsum("nchwij,kcij->nkhw", windows, weights["weight"].astype(np.float64))
    expected = np.maximum(expected + weights["bias"][:, np.newaxis, np.newaxis], 0)
    np.testing.assert_allclose(convolved.planes, expected, atol=1e-5)
    np.testing.assert_array_equal(pooled.planes, convolved.planes.reshape(2, 4, 3, 2, 3, 2).max(axis=(3, 5)))


def test_too_little_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = animals()
    run = read_run(make_run(tmp_path / "run", data))
    monkeypatch.setattr(plan, "_physical_memory", lambda: 10_000)
    with pytest.raises(TrainingError, match="the network needs"):
        feature_maps(run, data.test, [0], layers_with_maps(run.graph))


def test_filters_are_the_first_layers_weights(tmp_path: Path) -> None:
    data = animals(channels=3)
    run = read_run(make_run(tmp_path / "run", data))
    found = first_filters(run)
    assert found is not None and found.count == 4 and found.node.name == "conv1"
    np.testing.assert_array_equal(found.weights, run.parameters.views["conv1"]["weight"])


def test_a_layer_that_sees_no_image_has_none(tmp_path: Path) -> None:
    spec = "input: [1, 8, 8]\nlayers:\n  - {type: batchnorm}\n  - {type: flatten}\n  - {type: dense, units: 3}\n"
    assert first_filters(read_run(make_run(tmp_path / "run", animals(), spec))) is None


def test_layers_are_those_with_planes_at_equal_distances() -> None:
    graph = read_architecture(find("resnet20")).graph
    found = layers_with_maps(graph)
    assert [node.name for node in found[:2]] == ["conv1", "conv2.1.body.conv1"]
    assert {node.layer.kind for node in found} == {"conv", "maxpool"}
    shown = spread(found)
    assert len(shown) == MOST_LAYERS and shown[0] is found[0] and shown[-1] is found[-1]
    assert len({node.index for node in shown}) == MOST_LAYERS and spread(found, 100) == found


def test_examples_are_of_different_classes() -> None:
    assert examples(np.array([2, 2, 0, 5, 0, 1]), 3) == [2, 5, 0]
