"""docs/training.md tells of every key, optimizer, schedule and initializer, with the defaults as they are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cnncli.layers.conv import Conv
from cnncli.training.choices import REQUIRED
from cnncli.training.optimizers import OPTIMIZERS
from cnncli.training.recipe import Recipe, read_recipe, settings
from cnncli.training.schedules import SCHEDULES
from tests.command import PACKAGE_ROOT
from tests.schemas import errors, load
from tests.specs import read

GUIDE = (PACKAGE_ROOT / "docs" / "training.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (`\w+`) \| (.*)\|$", GUIDE, re.MULTILINE))


def written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def test_every_key_has_a_line_with_its_default() -> None:
    recipe = Recipe()
    for name, item in settings().items():
        default = ROWS[f"`{name}`"].split(" | ")[0]
        if name in ("learning_rate", "weight_decay", "momentum"):
            assert default == "the optimizer's own" and item.default in (None, REQUIRED)
        else:
            value = getattr(recipe, name)
            assert default == (
                f"`{getattr(value, 'type', value)}`" if not isinstance(value, int | float) else written(value)
            )


@pytest.mark.parametrize("name", [*OPTIMIZERS.names, *SCHEDULES.names])
def test_every_kind_has_a_line_with_its_settings(name: str) -> None:
    family = OPTIMIZERS if name in OPTIMIZERS.names else SCHEDULES
    cells = ROWS[f"`{name}`"].split(" | ")
    for key, item in family.find(name).settings().items():
        assert f"`{key}`" + (f" {written(item.default)}" if item.default is not REQUIRED else "") in cells[1]
    assert set(re.findall(r"`(\w+)`[ :]", cells[1])) <= family.find(name).settings().keys()
    if family is OPTIMIZERS:
        assert cells[2] == f"{OPTIMIZERS.find(name).learning_rate:g}"


def test_every_initializer_is_named() -> None:
    (words,) = {tuple(Conv.__dataclass_fields__["initializer"].metadata["read"].schema["anyOf"][0]["enum"])}
    assert words and all(f"`{word}`" in GUIDE for word in words)
    for text in re.findall(r"`(\{type: (?:orthogonal|normal|uniform|constant).*?\})`", GUIDE):
        spec = f"input: [4]\nlayers:\n  - {{type: dense, units: 3, initializer: {text}}}\n"
        assert read(spec).diagnostics == [] and errors(load(spec)) == []


def test_the_example_holds() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    spec = read(text)
    recipe = read_recipe(spec)
    assert not spec.has_errors and errors(load(text)) == []
    assert recipe.optimizer.type == "adamw" and recipe.ema == 0.999
