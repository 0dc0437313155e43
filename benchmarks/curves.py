"""`python -m benchmarks.curves`: whether the loss goes down as in PyTorch, over the first steps of a training.

Both sides train a network by its spec's recipe (its learning rate, momentum and weight decay), from the same weights,
on the same batches in the same order; without dropout, whose random numbers are each side's own. PyTorch in float64
counts as exact, and every loss is compared with its.

Two right trainings do not keep to one curve. Where a number lies at a ReLU's kink, or two of a pool's window all but
tie, rounding decides on which side, and a gradient goes there or not: that jump is thousands of times larger than any
rounding, and grows from step to step. In whose training it comes first is chance. So the trainings in PyTorch are put
on the pieces that the engine is on: they rectify, and pick from a window, where the engine does. `moved` says how
little that changes, until float32 itself has led PyTorch elsewhere. What is left is rounding, which may still grow: by
step t the engine may be `FACTOR` times as far from the exact loss as the furthest of PyTorch's trainings in float32
(one for each memory layout: they round differently) was by then, and `FLOOR` more.

The curves as they are when each side goes its own way, jumps and all, are reported too, and decide nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from benchmarks.engine_side import SEED, Workload, plain
from benchmarks.surroundings import console, fail, machine, machine_line, positive_integer, require
from benchmarks.training import CASES
from cnncli import kernels
from cnncli.data import load
from cnncli.data.dataset import Split
from cnncli.errors import CnncliError
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.rules.judge import judge
from cnncli.spec.source import find
from cnncli.training.loop import Trainer
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import read_recipe

if TYPE_CHECKING:
    import torch

Array = np.ndarray[Any, np.dtype[Any]]

STEPS = 50
FACTOR, FLOOR = 4.0, 4e-6
"""The floor is some 30 roundings of a loss, which is of order 1."""
MOST_MOVED = 1e-2
"""Of a layer's output, its length. Trainings that have drifted apart disagree about more numbers, none far from 0."""
DRIFTED = 1e-3
"""Once PyTorch's own float32 is so far from the exact loss, the trainings are no longer on pieces near each other."""
_DIGITS = (1, 28, 28)
"""The images of `mnist-5k`, which is bundled."""
_IMAGES, _PATCH = 4096, 8


def main() -> None:
    """Reads the options, trains case by case, and prints one table or one JSON object."""
    options = _options()
    require("torch")
    kernels.algorithm.set_algorithm(options.algorithm)
    cases = []
    for name in options.cases:
        print(f"training {name}", file=sys.stderr)
        try:
            work = workload(name, options.batch_size)
        except CnncliError as error:
            fail(f"{name}: {error.message}")
        alone = compare(work, options.steps, follows=False)
        cases.append({"case": name, **compare(work, options.steps), "alone": alone})
    report = {
        "machine": machine("numpy", "numba", "torch"),
        "steps": options.steps,
        "algorithm": options.algorithm,
        "factor": FACTOR,
        "floor": FLOOR,
        "cases": cases,
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)
    strays = [case["case"] for case in cases if not is_right(case)]
    if strays:
        fail(f"further from the exact loss than rounding explains: {', '.join(strays)}", 1)


def compare(work: Workload, steps: int, follows: bool = True) -> dict[str, Any]:
    """What there is to report of all trainings of a network; `follows`: those in PyTorch are on the engine's pieces."""
    sides = sides_of(work)
    losses = side_by_side(EngineTraining(work), sides, batches_of(work, steps), follows)
    exact = losses["exact"]
    own, usual = distances(losses)
    return {
        "batch_size": work.batch_size,
        "learning_rate": work.recipe.learning_rate,
        "momentum": work.recipe.momentum,
        "first_loss": float(exact[0]),
        "last_loss": float(exact[-1]),
        "ours": float(own.max()),
        "torch": float(usual.max()),
        "ratio": float(own.max() / usual.max()),
        "share": share_of_allowed(own, usual),
        "moved": moved_before_drift(usual, [side.moved for side in sides.values()]),
        "losses": {name: found.tolist() for name, found in losses.items()},
    }


def is_right(case: Mapping[str, Any]) -> bool:
    """Whether the engine's losses are as near the exact ones as those of float32 are."""
    return bool(case["share"] <= 1 and case["moved"] <= MOST_MOVED)


def distances(losses: Mapping[str, Array]) -> tuple[Array, Array]:
    """At each step, how far the engine is from the exact loss, and the further of PyTorch's trainings in float32."""
    exact = losses["exact"]
    usual = [np.abs(found - exact) for name, found in losses.items() if name not in ("ours", "exact")]
    return np.abs(losses["ours"] - exact), np.max(usual, axis=0)


def moved_before_drift(usual: Array, moved: Sequence[Sequence[float]]) -> float:
    """The furthest that following has moved an output, of several trainings, in the steps that begin undrifted."""
    drift = np.concatenate([[0.0], np.maximum.accumulate(usual)[:-1]])
    return float(np.max(np.array(moved)[:, drift <= DRIFTED]))


def share_of_allowed(own: Array, usual: Array) -> float:
    """The largest part, over the steps, that a distance has of what it may be: at most 1, or it is too far.

    `usual`: how far float32 is from the exact loss. NaN where a loss is no number.
    """
    return float(np.max(own / (FACTOR * np.maximum.accumulate(usual) + FLOOR)))


def workload(name: str, batch_size: int | None) -> Workload:
    """A bundled network or a file without its dropout, the recipe, and images that there is something to learn from.

    `batch_size`: None for the recipe's.
    """
    spec = judge(find(name))
    recipe = plain(read_recipe(spec), batch_size)
    graph = spec.require_sound()
    if len(graph.input_shape) != 3 or len(graph.output_shape) != 1 or recipe.loss != "cross_entropy":
        fail(f"{name}: the benchmark trains classifiers of images [C, H, W] by their cross-entropy")
    split = _split_for(graph)
    if recipe.batch_size > len(split.labels):
        fail(f"{name}: a batch has at most {len(split.labels)} images, not {recipe.batch_size}")
    return Workload(graph, recipe, split, normalization_of(split)).without_dropout()


def _split_for(graph: Graph) -> Split:
    if graph.input_shape == _DIGITS and graph.output_shape == (10,):
        return load("mnist-5k").train
    return drawn_images(graph.input_shape, graph.output_shape[0])


def drawn_images(shape: tuple[int, ...], classes: int) -> Split:
    """Images [C, H, W] of patches of colour, each in part its class's and for the most its own, with noise on them."""
    stream = np.random.default_rng(SEED)
    channels, height, width = shape

    def patches(count: int) -> Array:
        values = stream.standard_normal((count, channels, -(-height // _PATCH), -(-width // _PATCH)), np.float32)
        return values.repeat(_PATCH, 2).repeat(_PATCH, 3)[:, :, :height, :width]

    means, labels = patches(classes), stream.integers(0, classes, _IMAGES)
    pixels = 20 * means[labels] + 40 * patches(_IMAGES) + 30 * stream.standard_normal((_IMAGES, *shape), np.float32)
    return Split(np.clip(np.rint(128 + pixels), 0, 255).astype(np.uint8), labels)


def batches_of(work: Workload, steps: int) -> list[Array]:
    """Which images each step sees: whole batches, each pass over the images in an order of its own."""
    stream, images, size = np.random.default_rng(SEED), len(work.split.labels), work.batch_size
    passes = -(-steps * size // images)
    order = np.concatenate([stream.permutation(images) for _ in range(passes)])
    return [order[start : start + size] for start in range(0, steps * size, size)]


def side_by_side(
    engine: EngineTraining, sides: Mapping[str, TorchTraining], batches: Sequence[Array], follows: bool = True
) -> dict[str, Array]:
    """The mean loss of each step: of the engine as `ours`, and of each other side by its name."""
    losses: dict[str, list[float]] = {"ours": [], **{name: [] for name in sides}}
    for chosen in batches:
        pieces = engine.pieces(chosen) if follows else None
        losses["ours"].append(engine.step(chosen))
        for name, side in sides.items():
            losses[name].append(side.step(chosen, pieces))
    return {name: np.array(found) for name, found in losses.items()}


def sides_of(work: Workload) -> dict[str, TorchTraining]:
    """PyTorch's trainings: the exact one, and one in float32 for each memory layout."""
    import torch

    from benchmarks.torch_side import LAYOUTS

    in_float32 = {layout: TorchTraining(work, torch.float32, layout) for layout in LAYOUTS}
    return {"exact": TorchTraining(work, torch.float64, "NCHW"), **in_float32}


class EngineTraining:
    """This engine's side, as `cnncli train` goes, but at the learning rate that the recipe begins with."""

    def __init__(self, work: Workload) -> None:
        self.recipe, self.parameters = work.recipe, work.parameters()
        self.trainer = Trainer(work.graph, work.recipe, self.parameters, work.split, work.normalization, SEED)
        # The trainer's network keeps no output for longer than it is read.
        self._kept = Network(self.trainer.network.graph, self.parameters, work.batch_size, keep=True)

    def step(self, chosen: Array) -> float:
        """Takes a step on these images; its mean loss."""
        count = self.trainer.batches.load(chosen)
        loss, _ = self.trainer.step(count, self.recipe.learning_rate)
        return loss / count

    def pieces(self, chosen: Array) -> list[Array]:
        """What decides in the next step, if it is on these images, in order: ReLUs' outputs, max pools' inputs."""
        count, graph = self.trainer.batches.load(chosen), self._kept.graph
        buffers = self.parameters.buffers.copy()
        self._kept.images[...] = self.trainer.network.images
        self._kept.forward(count)
        self.parameters.buffers[...] = buffers
        deciding = []
        for node in graph.nodes:
            if node.layer.kind == "maxpool" and node.layer.kernel_sizes != (1, 1):  # with one cell there is no choice
                deciding.append(node.inputs[0])
            if (node.activation or node.layer).kind == "relu":
                deciding.append(node.index)
        return [kernels.batches.from_lanes(self._kept._output(index), count) for index in deciding]


class TorchTraining:
    """The same in PyTorch. `moved`: how far following the engine has moved a layer's output, of its length, by step."""

    def __init__(self, work: Workload, dtype: torch.dtype, layout: str) -> None:
        import torch

        from benchmarks.torch_side import LAYOUTS, Twin

        self.split, self.dtype, self.layout = work.split, dtype, LAYOUTS[layout]
        self.moved: list[float] = []
        self.model = Twin(work).train().to(dtype=dtype)
        self.model.to(memory_format=self.layout)  # type: ignore[call-overload]
        self._deciding = [each for each in self.model.modules() if isinstance(each, torch.nn.ReLU | torch.nn.MaxPool2d)]
        for each in self._deciding:
            each.inplace = False  # what a ReLU was given is looked at afterwards
        self._scale, self._shift = (
            torch.from_numpy(values).to(dtype).reshape(-1, 1, 1) for values in work.normalization.arrays()
        )
        recipe = work.recipe
        self._optimizer = torch.optim.SGD(
            self.model.parameters(), recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        )

    def step(self, chosen: Array, pieces: Sequence[Array] | None) -> float:
        """Takes a step on these images, on the engine's pieces if they are given; its mean loss."""
        import torch

        images = torch.from_numpy(self.split.images[chosen]).to(self.dtype) * self._scale + self._shift
        self._optimizer.zero_grad(set_to_none=True)
        self.moved.append(0.0)
        with self._following(pieces):
            logits = self.model(images.contiguous(memory_format=self.layout))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(self.split.labels[chosen]))
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.item()

    @contextmanager
    def _following(self, pieces: Sequence[Array] | None) -> Iterator[None]:
        """Meanwhile ReLUs and max pools decide as the engine's did."""
        import torch

        hooks = []
        for module, engines in zip(self._deciding, pieces, strict=True) if pieces is not None else ():
            numbers = torch.from_numpy(engines)

            def follow(module: Any, inputs: Any, output: torch.Tensor, numbers: Any = numbers) -> torch.Tensor:
                decide = _rectified if isinstance(module, torch.nn.ReLU) else _pooled
                followed = decide(module, inputs[0], numbers)
                with torch.no_grad():
                    self.moved[-1] = max(self.moved[-1], float((followed - output).norm() / output.norm()))
                return followed.contiguous(memory_format=self.layout) if followed.ndim == 4 else followed

            hooks.append(module.register_forward_hook(follow))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def _rectified(module: Any, x: torch.Tensor, engines: torch.Tensor) -> torch.Tensor:
    """x where the engine's output is positive."""
    return x * (engines > 0)


def _pooled(pool: Any, x: torch.Tensor, engines: torch.Tensor) -> torch.Tensor:
    """Of each window the cell that is largest in the engine's input."""
    import torch

    window = pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode
    _, winners = torch.nn.functional.max_pool2d(engines, *window, return_indices=True)
    return x.flatten(2).gather(2, winners.flatten(2)).reshape(winners.shape)


def _show(report: dict[str, Any]) -> None:
    out = console()
    table = Table(title=f"Distance from the loss in float64, the largest of {report['steps']} steps")
    table.add_column("case", no_wrap=True)
    heads = "batch", "first loss", "last loss", "cnncli", "PyTorch float32", "ratio", "of what is allowed", "moved"
    for head in (*heads, "alone: cnncli", "PyTorch float32"):
        table.add_column(head, justify="right", style="bold" if head == "ratio" else "")
    for case in report["cases"]:
        table.add_row(
            case["case"], str(case["batch_size"]), f"{case['first_loss']:.4f}", f"{case['last_loss']:.4f}",
            f"{case['ours']:.1e}", f"{case['torch']:.1e}", f"{case['ratio']:.2f}", f"{case['share']:.0%}",
            f"{case['moved']:.0e}", f"{case['alone']['ours']:.1e}", f"{case['alone']['torch']:.1e}",
        )  # fmt: skip
    out.print(table)
    out.print(machine_line(report["machine"]), soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")
    parser.add_argument(
        "--cases",
        nargs="+",
        default=list(CASES),
        metavar="NAME",
        help=f"bundled names or YAML files; {' '.join(CASES)}",
    )
    parser.add_argument(
        "--steps", type=positive_integer, default=STEPS, metavar="N", help=f"of each training ({STEPS})"
    )
    parser.add_argument("--batch-size", type=positive_integer, metavar="N", help="of every case (the spec's)")
    parser.add_argument(
        "--algorithm", choices=list(kernels.algorithm.ALGORITHMS), default="auto", help="of convolutions (auto)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
