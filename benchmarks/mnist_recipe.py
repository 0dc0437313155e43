"""What both sides of `benchmarks.mnist` do alike: LeNet-5, trained until it has 99.0% of MNIST's test images right."""

from __future__ import annotations

import argparse
import json
import resource
from typing import Any

NETWORK = "lenet5"
RECIPE: dict[str, Any] = {
    "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine", "batch_size": 64, "epochs": 12,
}  # fmt: skip
"""The bundled spec's, for a side that knows no specs: a test compares them."""
STEPS_BETWEEN_TESTS = 469
"""Half an epoch."""
GOAL = 0.99


def options() -> argparse.Namespace:
    """What the parent tells its child."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--layout", default="")
    return parser.parse_args()


def report(accuracy: float, steps: int) -> None:
    """The one line that a child writes, at the moment its training is over."""
    # In kilobytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"accuracy": accuracy, "steps": steps, "peak_bytes": peak}), flush=True)
