"""From a run and its data set to all that a report is made of."""

from __future__ import annotations

import hashlib

from cnncli.data import DataSet
from cnncli.errors import DataError, TrainingError
from cnncli.report.evaluation import evaluate_run
from cnncli.report.page import Material, Tested
from cnncli.training.inside import examples, feature_maps, first_filters, layers_with_maps, spread
from cnncli.training.run import Run, weights_file
from cnncli.training.summary import Summary, read_spec

_EXAMPLES = 6
"""Images whose feature maps are shown."""


def gather(summary: Summary, run: Run, weights: str, data: DataSet | str) -> Material:
    """data: the data set, or why there is none. Runs the network on all of its test images.

    weights: `best` or `last`, as the run was read.
    """
    name = weights_file(summary.record, weights)
    with (run.folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    spec = (read_spec(run.folder) or b"").decode(errors="replace")
    return Material(summary, run, spec, {name: digest}, first_filters(run), _tested(run, weights, data))


def _tested(run: Run, weights: str, data: DataSet | str) -> Tested | str:
    if isinstance(data, str):
        return data
    try:
        run.check_data(data)
        evaluated = evaluate_run(run, data, weights)
    except (DataError, TrainingError) as error:
        return error.message
    numbers = examples(data.test.labels, _EXAMPLES)
    found = layers_with_maps(run.graph)
    shown = spread(found)
    try:
        maps = feature_maps(run, data.test, numbers, shown) if shown else []
    except TrainingError as error:
        return Tested(evaluated, data.test, numbers, [], no_maps=error.message)
    return Tested(evaluated, data.test, numbers, maps, len(found) - len(shown))
