"""Whole branched networks against PyTorch: the zoo's specs and independent definitions, from the same weights.

How far two right answers may lie apart depends on the network, as rounding grows from layer to layer. So PyTorch in
float64 counts as exact, and the engine may be a few times as far from it as PyTorch in float32 is.
"""

from __future__ import annotations

import copy
import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import kernels
from cnncli.data.dataset import Split
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.training.loop import Trainer
from cnncli.training.normalization import Normalization
from cnncli.training.recipe import Recipe
from tests import zoo
from tests.oracle import pieces

pytestmark = pytest.mark.oracle

IMAGES = 6
"""Some lanes are idle: this fills no block, and no two."""
FACTOR = 4.0
FLOORS = {"direct": 4e-6, "auto": 2e-5}
"""For direct sums some 30 roundings: where a sum is short in another order, PyTorch may have next to none. A Winograd
form's results are up to 3e-6 off by themselves (`algorithm.FORMS`), in every layer that takes one."""

NETWORKS: list[tuple[str, dict[str, int], dict[str, Any]]] = [  # name, the spec's settings, the definition's
    ("resnet18", {"size": 64}, {}),
    ("resnet50", {"size": 64}, {}),
    ("resnet20", {}, {}),
    ("googlenet", {"size": 64}, {}),
    ("googlenet", {"size": 80, "auxiliary": 1}, {"size": 80, "auxiliary": True}),
    ("googlenet_torchvision", {"size": 64}, {}),
    ("mobilenet_v2", {"size": 64}, {}),
    ("densenet121", {"size": 64}, {}),
    ("squeezenet1_1", {"size": 64}, {}),
    ("alexnet", {"size": 67}, {"size": 67}),
]


@pytest.fixture
def definitions(torch):
    from tests.oracle import torch_networks

    return torch_networks


# First, that the definitions are what they say.


def anchors(table: str) -> Iterator[dict[str, str]]:
    with (Path(__file__).parent.parent / "anchors" / table).open(newline="") as file:
        yield from csv.DictReader(file)


def counted(torch, build, size: int, **settings: Any) -> tuple[int, int, int]:
    """(parameters, buffers, MACs for one image) of a definition, built without memory."""
    with torch.device("meta"):
        model = build(**settings).eval()
    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        macs += output.numel() * math.prod(module.weight.shape[1:])

    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(count)
    model(torch.zeros(1, 3, size, size, device="meta"))
    sums = [sum(tensor.numel() for tensor in tensors) for tensors in (model.parameters(), model.buffers())]
    return *sums, macs


@pytest.mark.parametrize(
    ("table", "row", "name"),
    [
        ("torchvision_models.csv", "resnet18", "resnet18"),
        ("torchvision_models.csv", "resnet50", "resnet50"),
        ("torchvision_models.csv", "googlenet", "googlenet_torchvision"),
        ("torchvision_models.csv", "mobilenet_v2", "mobilenet_v2"),
        ("torchvision_models.csv", "densenet121", "densenet121"),
        ("torchvision_models.csv", "squeezenet1_1", "squeezenet1_1"),
        ("caffe_models.csv", "bvlc_googlenet", "googlenet"),
        ("caffe_models.csv", "bvlc_alexnet", "alexnet"),
    ],
)
def test_a_definition_has_the_published_totals(torch, definitions, table: str, row: str, name: str) -> None:
    wanted = next(line for line in anchors(table) if line["model"] == row)
    found = counted(torch, getattr(definitions, name), int(wanted["input"].split("x")[-1]), classes=1000)
    assert found == (int(wanted["params"]), int(wanted.get("buffer_elems", 0)), int(wanted["macs"]))


def test_definitions_that_no_table_has(torch, definitions) -> None:
    """The figures are those of `tests/test_anchors.py`."""
    assert counted(torch, definitions.googlenet, 224, classes=1000, auxiliary=True)[0] == 13_378_280
    assert counted(torch, definitions.resnet20, 32, classes=10)[::2] == (269_722, 40_551_040)


# Then, that the engine's networks do the same.


@dataclass(frozen=True)
class Outcome:
    """What a step made of the batch, and what the network says with the statistics it then has."""

    logits: Any
    loss: Any
    gradients: list[Any]
    statistics: list[Any]
    evaluated: Any

    def results(self, graph: Graph) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """By name: what the forward passes gave, and what follows from the logits."""
        forward = {"logits": self.logits, "logits outside training": self.evaluated}
        forward |= zip(names(graph, "buffers"), self.statistics, strict=True)
        backward = {"the loss": self.loss}
        backward |= {f"d{name}": value for name, value in zip(names(graph, "parameters"), self.gradients, strict=True)}
        return tuple(
            {name: np.asarray(value, np.float64) for name, value in results.items()} for results in (forward, backward)
        )


def names(graph: Graph, what: str) -> list[str]:
    return [f"{node.name}.{tensor.name}" for node in graph.nodes for tensor in getattr(node, what)]


def in_order(views: dict[str, dict[str, np.ndarray]]) -> list[np.ndarray]:
    return [view for own in views.values() for view in own.values()]


def statistics_of(model) -> list:
    return [buffer for buffer in model.buffers() if buffer.ndim]  # the one without an axis counts the batches


def give_weights(torch, model, parameters: Parameters) -> None:
    """One after the other: there are no names to go by."""
    for theirs, ours in (
        *zip(model.parameters(), in_order(parameters.views), strict=True),
        *zip(statistics_of(model), in_order(parameters.buffer_views), strict=True),
    ):
        assert tuple(theirs.shape) == ours.shape
        theirs.data = torch.tensor(ours)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def in_engine(graph: Graph, parameters: Parameters, images, labels) -> tuple[Outcome, list[pieces.Piece]]:
    """One step of training, at a learning rate of 0."""
    split, as_they_are = Split(images, labels), Normalization((1.0,) * 3, (0.0,) * 3)
    trainer = Trainer(graph, Recipe(batch_size=IMAGES), parameters, split, as_they_are, seed=0)
    trainer.batches.load(np.arange(IMAGES))
    kept, buffers = Network(graph, parameters, IMAGES, keep=True), parameters.buffers.copy()
    kept.images[...] = trainer.network.images
    kept.forward(IMAGES)
    parameters.buffers[...] = buffers
    loss, _ = trainer.step(IMAGES, learning_rate=0.0)
    outside = Network(graph, parameters, IMAGES, training=False)
    outside.images[...] = trainer.network.images
    outcome = Outcome(
        kernels.batches.from_lanes(trainer.network.output, IMAGES),
        loss / IMAGES,
        in_order(parameters.gradient_views),
        in_order(parameters.buffer_views),
        kernels.batches.from_lanes(outside.forward(IMAGES), IMAGES),
    )
    return outcome, pieces.pieces_of(graph, kept, IMAGES)


def in_pytorch(torch, model, dtype, images, labels, followed: list[pieces.Piece]) -> Outcome:
    """The same step, on the same pieces."""
    model = copy.deepcopy(model).to(dtype).train()
    kinds = {torch.nn.ReLU: "relu", torch.nn.ReLU6: "relu6", torch.nn.MaxPool2d: "maxpool"}
    remaining = iter(followed)

    def follow(module, inputs, output):
        kind, engines = next(remaining)
        assert kind == kinds[type(module)] and engines.shape == inputs[0].shape
        engines = torch.tensor(engines)
        if kind == "maxpool":
            window = module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode
            return pieces.pooled(inputs[0], engines, *window)
        return pieces.rectified(kind, inputs[0], engines.to(dtype))

    hooks = [module.register_forward_hook(follow) for module in model.modules() if type(module) in kinds]
    x, targets = torch.tensor(images, dtype=dtype), torch.tensor(labels)
    outputs = model(x)
    assert next(remaining, None) is None, "the engine has more rectifiers and pools"
    for hook in hooks:
        hook.remove()
    logits, *sides = outputs if isinstance(outputs, tuple) else (outputs,)
    loss, *side_losses = [torch.nn.functional.cross_entropy(output, targets) for output in (logits, *sides)]
    (loss + 0.3 * sum(side_losses)).backward()
    with torch.no_grad():
        evaluated = model.eval()(x)
    gradients = [parameter.grad for parameter in model.parameters()]
    return Outcome(logits.detach(), loss.detach(), gradients, statistics_of(model), evaluated)


@pytest.mark.parametrize(
    ("name", "settings", "definitions_own"),
    NETWORKS,
    ids=["-".join([name, *settings]) for name, settings, _ in NETWORKS],
)
@pytest.mark.parametrize("algorithm", FLOORS)
def test_a_step_is_that_of_pytorch(
    torch, definitions, monkeypatch, name: str, settings: dict, definitions_own: dict, algorithm: str
) -> None:
    monkeypatch.setattr(kernels.algorithm, "_wanted", [algorithm])
    floor = FLOORS[algorithm]
    graph = zoo.graph_of(name, classes=str(zoo.CLASSES), **{key: str(value) for key, value in settings.items()})
    model = getattr(definitions, name)(zoo.CLASSES, **definitions_own)
    parameters = zoo.drawn_parameters(graph, seed=0)
    give_weights(torch, model, parameters)
    rng = np.random.default_rng(1)
    images = rng.standard_normal((IMAGES, *graph.input_shape), np.float32)
    labels = rng.integers(0, zoo.CLASSES, IMAGES)

    outcome, followed = in_engine(graph, parameters, images, labels)
    (exact, exact_after), (theirs, theirs_after) = (
        in_pytorch(torch, model, dtype, images, labels, followed).results(graph)
        for dtype in (torch.float64, torch.float32)
    )
    ours, ours_after = outcome.results(graph)
    usual = {what: error(theirs[what], exact[what]) for what in exact}
    for what, found in ours.items():
        check(what, error(found, exact[what]), usual[what], floor)
    for what, found in ours_after.items():
        scale = layer_scale(exact_after, what)
        its_error = error(theirs_after[what], exact_after[what], scale)
        check(what, error(found, exact_after[what], scale), max(its_error, usual["logits"]), floor)


def error(found: np.ndarray, exact: np.ndarray, scale: float | None = None) -> float:
    """The largest difference, relative to the scale: the largest exact number, if none is given."""
    assert found.shape == exact.shape
    return float(np.abs(found - exact).max() / (scale or np.abs(exact).max()))


def layer_scale(gradients: dict[str, np.ndarray], what: str) -> float:
    """The largest number among the gradients of the same layer.

    A bias that a norm takes away again has a gradient of 0: what is found is rounding, and has no scale of its own.
    """
    layer = what.rpartition(".")[0]
    return max(np.abs(value).max() for name, value in gradients.items() if name.rpartition(".")[0] == layer)


def check(what: str, ours: float, usual: float, floor: float) -> None:
    assert ours <= FACTOR * usual + floor, f"{what} is off by {ours:.1e}, in PyTorch by {usual:.1e}"
