"""`training:`: every key, its traps, and the learning rate's course."""

from __future__ import annotations

import pytest

from cnncli.graph import read_architecture
from cnncli.spec.source import Source
from cnncli.training.recipe import Recipe, read_recipe


def recipe_of(training: str) -> tuple[Recipe, list[str]]:
    text = f"input: [4]\nlayers: [{{type: dense, units: 2}}]\ntraining: {training}\n"
    spec = read_architecture(Source("x.yaml", text))
    return read_recipe(spec), [f"{d.location.line}: {d.message}" for d in spec.diagnostics]


def test_every_key_is_read() -> None:
    text = (
        "{optimizer: sgd, learning_rate: 1e-3, momentum: 0.5, weight_decay: 5e-4, schedule: cosine, "
        "batch_size: 7, epochs: 3, loss: mean_squared_error}"
    )
    recipe, faults = recipe_of(text)
    assert faults == []
    assert recipe == Recipe("sgd", 1e-3, 0.5, 5e-4, "cosine", 7, 3, "mean_squared_error")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{learning_rat: 1}", "no key `learning_rat`"),
        ("{epochs: 0}", "from 1 up"),
        ("{epochs: 1e3}", "whole number"),
        ("{momentum: 1}", "[0, 1)"),
        ("{learning_rate: .nan}", "a number is wanted"),
        ("{learning_rate: 1e999}", "larger than any number"),
        ("{optimizer: sdg}", "not one of"),
        ("fast", "is a mapping"),
    ],
)
def test_faults_are_findings(text: str, message: str) -> None:
    _, faults = recipe_of(text)
    assert len(faults) == 1 and message in faults[0] and faults[0].startswith("3:")


def test_a_cosine_goes_from_the_rate_to_nothing() -> None:
    recipe = Recipe(learning_rate=0.2, schedule="cosine")
    assert recipe.learning_rate_at(0) == 0.2
    assert recipe.learning_rate_at(0.5) == pytest.approx(0.1)
    assert recipe.learning_rate_at(1) == pytest.approx(0)
    assert Recipe(learning_rate=0.2).learning_rate_at(0.9) == 0.2
