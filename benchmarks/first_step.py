"""A process of `benchmarks.start`: the first training step of a bundled network, and a line when it is done."""

from __future__ import annotations

import json
import sys

from benchmarks.engine_side import EngineStep, random_workload
from cnncli import kernels
from cnncli.rules.judge import judge
from cnncli.spec.source import find
from cnncli.training import assistant
from cnncli.training.recipe import read_recipe


def main() -> None:
    """Takes the step of the network that the command line names."""
    spec = judge(find(sys.argv[1]))
    recipe = read_recipe(spec)
    workload = random_workload(spec.require_sound(), recipe, images=1)
    with assistant.beside(spec, recipe, workload.split):
        EngineStep(workload)()
    tally = kernels.store.tally
    print(json.dumps({"compiled": tally.compiled, "kernels": tally.compiled + tally.found}), flush=True)


if __name__ == "__main__":
    main()
