"""What `cnncli train` says of a committee, and how it reads what its members are to be."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.cli.console import notice, stdout, write
from cnncli.cli.options import Format
from cnncli.errors import UsageError
from cnncli.report.words import printable
from cnncli.spec.problem import Problem
from cnncli.training.recipe import Recipe, read_setting

if TYPE_CHECKING:
    from cnncli.training.committee import Judgement, Plan, Watch
    from cnncli.training.loop import Observer

SEEDS = 2**31


def read_widths(recipe: Recipe, given: str | None, members: int | None) -> tuple[int, ...]:
    """The box widths that the members take in turn, `given` as `10,12`; else the recipe's. Raises `UsageError`."""
    if given is None or "," not in given:
        return (recipe.box_width,)
    widths = given.split(",")
    if members is None or members < len(widths):
        raise UsageError(f"--box-width: {len(widths)} widths are for as many members", f"--committee {len(widths)}")
    try:
        return tuple(read_setting("box_width", width.strip()) for width in widths)
    except Problem as problem:
        raise UsageError(f"--box-width: {problem.message}", "; ".join(problem.hints)) from None


def check_seeds(seed: int, members: int) -> None:
    """Raises `UsageError` where the last member's seed would be none."""
    if seed + members > SEEDS:
        raise UsageError(f"--seed {seed} leaves no seeds for {members} members", f"at most --seed {SEEDS - members}")


def member_progress(plan: Plan, recipe: Recipe) -> Watch:
    """Shows how each member's training goes."""
    from cnncli.cli.progress import TrainingProgress

    def watch(number: int) -> AbstractContextManager[Observer]:
        notice(f"member {number} of {plan.members}")
        return TrainingProgress(recipe.epochs)

    return watch


def show_committee(judgement: Judgement, folder: Path, format: Format) -> None:
    """The committee's test result, and its members'."""
    from cnncli.report.evaluation import members_record

    result, images = judgement.result, len(judgement.verdicts.label)
    if format is Format.json:
        record = {"test_accuracy": result.accuracy, "test_loss": result.loss, "run": str(folder)}
        if result.top5 is not None:
            record["test_top5"] = result.top5
        write(json.dumps({**record, "members": members_record(judgement.members)}, allow_nan=False))
        return
    alone = ", ".join(f"{member.accuracy:.2%}" for member in judgement.members)
    errors = round((1 - result.accuracy) * images)
    stdout().print(f"members alone: test accuracy {alone}")
    stdout().print(
        f"committee: test accuracy {result.accuracy:.2%} ({errors} of {images:,} wrong), loss {result.loss:.4f}"
    )
    stdout().print(f"run {printable(str(folder))}", soft_wrap=True)
