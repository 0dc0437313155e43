"""The zoo against published tables: totals, and layer by layer. The figures in `tests/anchors` are not ours."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cnncli.analysis.costs import totals
from cnncli.graph import Graph, Node, read_architecture
from cnncli.spec.source import bundled_names, find

ANCHORS = Path(__file__).parent / "anchors"
TORCHVISION = {"alexnet": "alexnet_torchvision", "googlenet": "googlenet_torchvision"}
CAFFE = {
    "lenet_caffe": "lenet_caffe",
    "bvlc_alexnet": "alexnet",
    "bvlc_googlenet": "googlenet",
    "vgg-16": "vgg16",
    "squeezenet_v1.0": "squeezenet",
    "squeezenet_v1.1": "squeezenet1_1",
    "nin": "nin",
    "resnet-50_v1": "resnet50_v1",
    "resnet-152_v1": "resnet152_v1",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def graph_of(name: str, **settings: str) -> Graph:
    return read_architecture(find(name), settings).require_sound()


@pytest.mark.parametrize("row", rows(ANCHORS / "torchvision_models.csv"), ids=lambda row: row["model"])
def test_torchvisions_totals(row: dict[str, str]) -> None:
    graph = graph_of(TORCHVISION.get(row["model"], row["model"]))
    sums = totals(graph)
    counters = sum(node.layer.kind == "batchnorm" for node in graph.nodes)  # PyTorch counts batches, we do not
    assert graph.input_shape == (3, int(row["input"]), int(row["input"]))
    assert (sums.parameters, sums.buffers + counters, sums.macs) == (
        int(row["params"]),
        int(row["buffer_elems"]),
        int(row["macs"]),
    )


@pytest.mark.parametrize("row", rows(ANCHORS / "caffe_models.csv"), ids=lambda row: row["model"])
def test_the_totals_of_the_authors_own_networks(row: dict[str, str]) -> None:
    shape = tuple(int(size) for size in row["input"].split("x"))
    name = CAFFE[row["model"]]
    graph = graph_of(name)
    if graph.input_shape != shape:
        graph = graph_of(name, size=str(shape[1]))
    sums = totals(graph)
    assert graph.input_shape == shape
    assert (sums.parameters, sums.macs) == (int(row["params"]), int(row["macs"]))


# Layer by layer: what computes or shrinks; activations and dropout are listed apart in torchvision, and cost nothing.

KINDS = {
    "Conv2d": ("conv", "depthwise_conv"),
    "BatchNorm2d": ("batchnorm",),
    "Linear": ("dense",),
    "MaxPool2d": ("maxpool",),
    "AvgPool2d": ("avgpool",),
    "AdaptiveAvgPool2d": ("adaptive_avgpool", "global_avgpool"),
}


def attributes(text: str) -> dict[str, tuple[int, ...]]:
    """`kernel_size=(3, 3);stride=2` as numbers; one number stands for both axes."""
    found = {}
    for part in filter(None, text.split(";")):
        key, _, value = part.partition("=")
        numbers = tuple(int(number) for number in re.findall(r"\d+", value))
        found[key] = numbers * 2 if len(numbers) == 1 and key != "groups" else numbers
    return found


def check_window(node: Node, wanted: dict[str, tuple[int, ...]]) -> None:
    layer = node.layer
    window = layer.window(node.x[1:])
    assert (window.kernel, window.stride) == (wanted["kernel_size"], wanted["stride"])
    assert window.before == window.after == wanted["padding"]
    if "groups" in wanted:
        groups = node.x[0] if layer.kind == "depthwise_conv" else layer.groups
        assert (groups,) == wanted["groups"]


@pytest.mark.parametrize("path", sorted((ANCHORS / "per_layer").glob("*.csv")), ids=lambda path: path.stem)
def test_torchvisions_layers(path: Path) -> None:
    graph = graph_of(TORCHVISION.get(path.stem, path.stem))
    known = {kind for kinds in KINDS.values() for kind in kinds}
    nodes = [node for node in graph.nodes if node.layer.kind in known]
    wanted = [row for row in rows(path) if row["type"] in KINDS]
    # The pool before VGG's classifier changes nothing at 224x224, and is not in the spec; MobileNet-V2's last pool is a
    # function in torchvision, and not in the table.
    if path.stem == "vgg16":
        wanted = [row for row in wanted if row["type"] != "AdaptiveAvgPool2d"]
    if path.stem == "mobilenet_v2":
        nodes = [node for node in nodes if node.layer.kind != "global_avgpool"]
    assert len(nodes) == len(wanted)
    for node, row in zip(nodes, wanted, strict=True):
        assert node.layer.kind in KINDS[row["type"]], row["name"]
        shape = tuple(int(size) for size in row["out"].split("x")[1:])
        assert node.output_shape == shape, row["name"]
        counts = node.parameter_count, node.buffer_count, node.macs
        assert counts == (int(row["params"]), int(row["buffers"]), int(row["macs"])), row["name"]
        if "kernel_size" in row["attrs"]:
            check_window(node, attributes(row["attrs"]))


# What no table here has, by hand


def test_googlenets_auxiliary_heads() -> None:
    """The authors' training network has 13,378,280 parameters, both heads included."""
    graph = graph_of("googlenet", auxiliary="1")
    assert totals(graph).parameters == 13_378_280
    assert [(side.name, graph.shape_of(side.index), side.weight) for side in graph.side_outputs] == [
        ("auxiliary1", (1000,), 0.3),
        ("auxiliary2", (1000,), 0.3),
    ]


def test_resnet20_has_as_many_parameters_as_the_paper_says() -> None:
    """0.27M in table 6: weights of 19 convolutions, 19 norms, and the classifier."""
    convolutions = 3 * 16 * 9 + 6 * 16 * 16 * 9 + 16 * 32 * 9 + 5 * 32 * 32 * 9 + 32 * 64 * 9 + 5 * 64 * 64 * 9
    norms = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    assert totals(graph_of("resnet20")).parameters == convolutions + norms + 64 * 10 + 10 == 269_722
    assert sum(node.layer.kind in ("conv", "dense") for node in graph_of("resnet20", depth="18").nodes) == 110


def test_the_zoo_is_written_in_short_files() -> None:
    """ResNet-152 reads like the paper's table, not like its 500 layers."""
    for name in bundled_names():
        source = find(name)
        assert len(source.lines) <= 75, name
        assert source.text.startswith("#"), f"{name} does not say what it is"
        assert "expect: {parameters: " in source.text, name
