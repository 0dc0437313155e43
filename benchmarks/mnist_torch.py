"""The other side of `benchmarks.mnist`: the same network and recipe written plainly in PyTorch."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.mnist_recipe import GOAL, RECIPE, STEPS_BETWEEN_TESTS, options, report

_TEST_BATCH = 1000
_MEAN, _DEVIATION = 33.3184, 78.5675
"""Of the training images' pixels, as everybody writes them down (0.1307 and 0.3081 of 255)."""


def main() -> None:
    """Trains until the goal is reached or the epochs are over, and reports."""
    chosen = options()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)
    layout = torch.channels_last if chosen.layout == "channels_last" else torch.contiguous_format
    folder = Path(chosen.data_dir)
    images, labels = _read(folder, "train-images-idx3-ubyte"), _read(folder, "train-labels-idx1-ubyte").long()
    test_images, test_labels = _read(folder, "t10k-images-idx3-ubyte"), _read(folder, "t10k-labels-idx1-ubyte").long()

    def batch(chosen_images: torch.Tensor) -> torch.Tensor:
        return ((chosen_images.float() - _MEAN) / _DEVIATION).unsqueeze(1).contiguous(memory_format=layout)

    model = _lenet5().to(memory_format=layout)  # type: ignore[call-overload]
    size, epochs, rate = RECIPE["batch_size"], RECIPE["epochs"], RECIPE["learning_rate"]
    optimizer = torch.optim.SGD(
        model.parameters(), rate, RECIPE["momentum"], weight_decay=RECIPE["weight_decay"], fused=True
    )
    steps, all_steps, accuracy = 0, epochs * -(-len(labels) // size), 0.0
    for _ in range(epochs):
        for picked in torch.randperm(len(labels)).split(size):
            optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * steps / all_steps))
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(batch(images[picked])), labels[picked])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            steps += 1
            if steps % STEPS_BETWEEN_TESTS == 0:
                with torch.no_grad():
                    parts = [model(batch(part)).argmax(1) for part in test_images.split(_TEST_BATCH)]
                accuracy = (torch.cat(parts) == test_labels).double().mean().item()
                if accuracy >= GOAL:
                    report(accuracy, steps)
                    return
    report(accuracy, steps)


def _lenet5() -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(inplace=True),
        nn.Linear(120, 84), nn.ReLU(inplace=True),
        nn.Linear(84, 10),
    )  # fmt: skip
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


def _read(folder: Path, name: str) -> torch.Tensor:
    """An IDX file of bytes, gzipped or not: the type, the number of axes, their sizes, the bytes."""
    packed = folder / f"{name}.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()
    axes = data[3]
    sizes = np.frombuffer(data, ">i4", axes, 4)
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(sizes).copy())


if __name__ == "__main__":
    main()
