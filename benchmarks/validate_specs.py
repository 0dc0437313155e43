"""Specs for the benchmark of `validate`: as many as wanted, all different, all sound, as people write them."""

from __future__ import annotations

import random
from pathlib import Path

_UNIT = """  unit:
    params: {width: , stride: 1, shortcut: []}
    layers:
      - type: parallel
        merge: add
        activation: relu
        branches:
          - - {type: conv, filters: $width, kernel: 3, stride: $stride, padding: 1, rounding: floor, bias: false}
            - {type: batchnorm, activation: relu}
            - {type: conv, filters: $width, kernel: 3, padding: 1, bias: false}
            - {type: batchnorm}
          - $shortcut
"""


def write_specs(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Writes the files and returns their paths, in order."""
    paths = []
    for number in range(count):
        paths.append(folder / f"net{number:04d}.yaml")
        paths[-1].write_text(_spec(number, random.Random(f"{seed}:{number}")), encoding="utf-8")
    return paths


def _spec(number: int, draw: random.Random) -> str:
    """10 to 60 items of `layers:`, in flow or in block style, half of the files with blocks and branches."""
    wanted = 10 + number % 51
    has_units, in_blocks = draw.random() < 0.5, draw.random() < 0.5
    size, channels = draw.choice((32, 48, 64, 96)), 3
    lines = [f"version: 1\nname: Network {number}\nparams: {{classes: {draw.choice((2, 10, 100))}}}"]
    lines.append(f"input: [{channels}, {size}, {size}]")
    items: list[dict[str, object]] = []
    while len(items) < wanted - 3:
        if size % 2 == 0 and size > 4 and draw.random() < 0.1:
            items.append({"type": draw.choice(("maxpool", "avgpool")), "kernel": 2})
            size //= 2
        elif has_units and items and draw.random() < 0.4:
            items.append({"use": "unit", "width": channels})
        else:
            channels, kernel = draw.choice((8, 16, 24, 32, 64)), draw.choice((1, 3, 5))
            conv: dict[str, object] = {"type": "conv", "filters": channels, "kernel": kernel}
            if kernel > 1:
                conv["padding"] = kernel // 2
            if draw.random() < 0.5:
                items += [conv | {"bias": "false"}, {"type": "batchnorm", "activation": "relu"}]
            else:
                items.append(conv | {"activation": draw.choice(("relu", "leaky_relu", "tanh"))})
    items += [{"type": "global_avgpool"}, {"type": "flatten"}, {"type": "dense", "units": "$classes"}]
    lines += ["blocks:", _UNIT.rstrip()] if any("use" in item for item in items) else []
    lines.append("layers:")
    lines += [_block(item) if in_blocks else _flow(item) for item in items]
    lines.append("training: {learning_rate: 1e-2, momentum: 0.9, batch_size: 32, epochs: 5}")
    lines.append("limits: {parameters: 100M, macs: 100G}")
    return "\n".join(lines) + "\n"


def _flow(item: dict[str, object]) -> str:
    return f"  - {{{', '.join(f'{key}: {value}' for key, value in item.items())}}}"


def _block(item: dict[str, object]) -> str:
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in item.items())
