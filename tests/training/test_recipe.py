"""`training:`: every key, its traps, what a flag overrides, and what a run's record reads back as."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from cnncli.graph import read_architecture
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.optimizers.adam import Adam
from cnncli.training.optimizers.sgd import SGD
from cnncli.training.recipe import Recipe, read_recipe, read_setting, recorded_recipe, settings
from cnncli.training.schedules import SCHEDULES
from cnncli.training.schedules.cosine import Cosine
from cnncli.training.schedules.step import Step
from tests.schemas import errors, load

NET = "input: [4]\nlayers: [{type: dense, units: 2}]\ntraining: "


def spec_of(training: str):
    return read_architecture(Source("x.yaml", f"{NET}{training}\n"))


def recipe_of(training: str) -> tuple[Recipe, list[str]]:
    spec = spec_of(training)
    return read_recipe(spec), [f"{d.location.line}:{d.location.column}: {d.message}" for d in spec.diagnostics]


def test_every_key_is_read() -> None:
    text = (
        "{optimizer: sgd, learning_rate: 1e-3, momentum: 0.5, weight_decay: 5e-4, schedule: cosine, warmup: 2.5, "
        "clip_norm: 1, clip_value: 0.5, batch_size: 7, epochs: 3, loss: cross_entropy, label_smoothing: 0.1, "
        "ema: 0.99, augment: flip, box_width: 20, validation: 0.1, monitor: loss, patience: 4}"
    )
    recipe, faults = recipe_of(text)
    assert faults == []
    assert recipe == Recipe(
        optimizer=SGD(momentum=0.5), learning_rate=1e-3, weight_decay=5e-4, schedule=Cosine(), warmup=2.5, clip_norm=1,
        clip_value=0.5, batch_size=7, epochs=3, loss="cross_entropy", label_smoothing=0.1, ema=0.99,
        augment="flip", box_width=20, validation=0.1, monitor="loss", patience=4,
    )  # fmt: skip
    assert all(f"{name}:" in text for name in settings()), "a key that this test does not know"


def test_settings_of_an_optimizer_and_of_a_schedule() -> None:
    recipe, faults = recipe_of("{optimizer: {type: adam, beta1: 0.8}, schedule: {type: step, epochs: [3, 5]}}")
    assert faults == []
    assert recipe.optimizer == Adam(beta1=0.8) and recipe.schedule == Step(epochs=(3, 5))


@pytest.mark.parametrize(
    ("text", "rate", "decay"),
    [
        ("{epochs: 1}", 0.01, 0.0),
        ("{optimizer: adam}", 0.001, 0.0),
        ("{optimizer: {type: adamw}}", 0.001, 0.01),
        ("{optimizer: adamw, weight_decay: 0, learning_rate: 0.5}", 0.5, 0.0),
        ("{optimizer: adadelta}", 1.0, 0.0),
        ("{optimizer: nadam}", 0.002, 0.0),
    ],
)
def test_what_is_left_out_is_the_optimizers_own(text: str, rate: float, decay: float) -> None:
    recipe, _ = recipe_of(text)
    assert (recipe.learning_rate, recipe.weight_decay) == (rate, decay)


@pytest.mark.parametrize("text", ["{momentum: 0.5}", "{optimizer: rmsprop, momentum: 0.5}",
                                  "{optimizer: {type: sgd, nesterov: true}, momentum: 0.5}"])  # fmt: skip
def test_momentum_may_stand_beside_the_optimizer_that_has_one(text: str) -> None:
    recipe, faults = recipe_of(text)
    assert faults == [] and recipe.momentum == 0.5


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{learning_rat: 1}", 12, "no key `learning_rat`"),
        ("{epochs: 0}", 20, "from 1 up"),
        ("{epochs: 1e3}", 20, "whole number"),
        ("{momentum: 1}", 22, "[0, 1)"),
        ("{learning_rate: .nan}", 27, "a number is wanted"),
        ("{learning_rate: 1e999}", 27, "larger than any number"),
        ("{optimizer: sdg}", 23, "not one of"),
        ("{optimizer: }", 23, "an optimizer is wanted here"),
        ("{optimizer: [adam]}", 23, "an optimizer is wanted here"),
        ("{optimizer: {beta1: 0.5}}", 23, "lacks `type:`"),
        ("{optimizer: {type: adam, momentum: 0.5}}", 36, "`adam` has no key `momentum`"),
        ("{optimizer: {type: adam, beta1: 1}}", 43, "[0, 1)"),
        ("{optimizer: {type: sgd, momentum: 0, nesterov: true}}", 58, "`nesterov` looks ahead"),
        ("{optimizer: {type: sgd, nesterov: true}, momentum: 0}", 52, "`nesterov` looks ahead"),
        ("{optimizer: {type: sgd, momentum: 0.5}, momentum: 0.5}", 51, "`momentum` is in `optimizer` too"),
        ("{optimizer: adam, momentum: 0.9}", 29, "`adam` has no `momentum`"),
        ("{schedule: step}", 22, "`step` lacks `epochs:`"),
        ("{schedule: {type: step}}", 22, "`step` lacks `epochs:`"),
        ("{schedule: {type: step, epochs: []}}", 43, "at least one epoch"),
        ("{schedule: {type: step, epochs: 0}}", 43, "from 1 up"),
        ("{label_smoothing: 0.1, loss: mean_squared_error}", 12, "`cross_entropy` alone"),
        ("{label_smoothing: 1.1}", 29, "[0, 1]"),
        ("{ema: 1}", 17, "[0, 1)"),
        ("fast", 11, "is a mapping"),
    ],
)  # fmt: skip
def test_faults_are_findings(text: str, place: int, message: str) -> None:
    _, faults = recipe_of(text)
    assert len(faults) == 1 and message in faults[0] and faults[0].startswith(f"3:{place}:"), faults


@pytest.mark.parametrize("family", [OPTIMIZERS, SCHEDULES], ids=lambda family: family.what)
def test_of_every_kind_the_schema_takes_what_is_read(family: Any) -> None:
    key = {"an optimizer": "optimizer", "a schedule": "schedule"}[family.what]
    for name in family.names:
        items = family.find(name).settings()
        values = {item.name: item.default for item in items.values()} | ({"epochs": [2, 3]} if name == "step" else {})
        written = json.dumps({"type": name, **values})
        recipe, faults = recipe_of(f"{{{key}: {written}}}")
        assert faults == [] and getattr(recipe, key).type == name
        assert errors(load(f"{NET}{{{key}: {written}}}")) == []
        if name != "step":
            assert recipe_of(f"{{{key}: {name}}}") == (recipe, [])
            assert errors(load(f"{NET}{{{key}: {name}}}")) == []
        wrong = json.dumps({"type": name, "sped": 1, **values})
        assert len(errors(load(f"{NET}{{{key}: {wrong}}}"))) == 1
        assert recipe_of(f"{{{key}: {wrong}}}")[1]


def test_flags_go_before_the_spec() -> None:
    spec = spec_of("{learning_rate: 0.5, momentum: 0.5, weight_decay: 0.1, epochs: 3}")
    assert read_recipe(spec, {"epochs": 4}) == Recipe(
        optimizer=SGD(momentum=0.5), learning_rate=0.5, weight_decay=0.1, epochs=4
    )
    assert read_recipe(spec, {"momentum": 0.7}).momentum == 0.7
    assert read_recipe(spec, {"optimizer": SGD(nesterov=True)}).learning_rate == 0.5


def test_a_flags_optimizer_does_not_take_what_the_spec_has_for_another() -> None:
    spec = spec_of("{learning_rate: 0.5, momentum: 0.5, weight_decay: 0.1, epochs: 3}")
    assert read_recipe(spec, {"optimizer": Adam()}) == Recipe(optimizer=Adam(), epochs=3)
    assert read_recipe(spec, {"optimizer": Adam(), "weight_decay": 0.3}).weight_decay == 0.3
    with pytest.raises(Problem, match="`adam` has no `momentum`"):
        read_recipe(spec, {"optimizer": Adam(), "momentum": 0.5})


def test_a_flags_value_may_be_a_mapping() -> None:
    assert read_setting("optimizer", "{type: adam, beta1: 0.8}") == Adam(beta1=0.8)
    assert read_setting("schedule", "{type: step, epochs: [3, 5]}") == Step(epochs=(3, 5))
    for text in ("{type: adam", "{type: adam, beta3: 1}", "[adam]", "{}"):
        with pytest.raises(Problem):
            read_setting("optimizer", text)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(optimizer=Adam(beta1=0.8), schedule=Step(epochs=(3, 5)), ema=0.9, learning_rate=1e-7),
        *(Recipe(optimizer=OPTIMIZERS.find(name)()) for name in OPTIMIZERS.names),
    ],
)
def test_a_record_reads_back_as_it_was(recipe: Recipe) -> None:
    assert recorded_recipe(json.loads(json.dumps(asdict(recipe), allow_nan=False))) == recipe


def test_a_record_from_before_optimizers_had_settings_is_read() -> None:
    record = {
        "optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.8, "weight_decay": 0.0, "schedule": "cosine",
        "batch_size": 64, "epochs": 10, "loss": "cross_entropy",
    }  # fmt: skip
    assert recorded_recipe(record) == Recipe(optimizer=SGD(momentum=0.8), learning_rate=0.05, schedule=Cosine())


def test_a_record_that_nests_without_end_is_refused() -> None:
    record: Any = {}
    for _ in range(5000):
        record = {"type": record}
    with pytest.raises(TypeError):
        recorded_recipe({"optimizer": record})


def test_a_spec_is_checked_without_numpy() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom cnncli.graph import read_architecture\nfrom cnncli.spec.source import Source\n"
        "from cnncli.training.recipe import read_recipe\n"
        f"spec = read_architecture(Source('x', {NET + '{optimizer: nadam, schedule: plateau}'!r}))\n"
        "assert read_recipe(spec).optimizer.type == 'nadam' and not spec.diagnostics\n"
        "assert not {'numpy', 'numba'} & sys.modules.keys()\n"
        "assert 'cnncli.training.optimizers.adam' not in sys.modules, 'a kind is imported when it is named'\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
