"""A committee: networks trained apart on the same images, whose probabilities are averaged (Ciresan et al. 2012).

    run.json, spec.yaml     what all members are made from, and the committee's result
    member-1, member-2 ...  a run folder each, with the bits of a run of the member's seed and box width alone

Member k has the seed of the first plus k - 1, and takes its box width from a list, in turn.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli.data import DataSet
from cnncli.data.dataset import Split
from cnncli.data.split import held_count
from cnncli.errors import DataError, FileError, Interrupted, TrainingError, UsageError
from cnncli.graph import Architecture
from cnncli.training import checkpoint, scores
from cnncli.training.evaluation import Evaluation
from cnncli.training.files import check_regular
from cnncli.training.loop import Observer
from cnncli.training.normalization import normalization_of
from cnncli.training.prediction import Guess, best, shares, watch_split
from cnncli.training.recipe import Recipe
from cnncli.training.run import (
    LAST,
    METRICS,
    RECORD,
    SPEC,
    STEPS,
    WEIGHTS,
    Origin,
    Run,
    read_origin,
    read_record,
    read_run,
)
from cnncli.training.run_writer import OURS, RunWriter, claim_run
from cnncli.training.scores import Verdicts
from cnncli.training.session import Conduct, check_same_images, check_trainable, recorded, resume_run, train_run
from cnncli.training.summary import MEMBER, committee_size

Array = np.ndarray[Any, np.dtype[Any]]
_SEEDS = 2**31
Watch = Callable[[int], AbstractContextManager[Observer]]
"""Who is told how the training of the member with this number goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many members there are, and the box widths that they take in turn."""

    members: int
    box_widths: tuple[int, ...] = (0,)

    def numbers(self) -> range:
        """Of the members, from 1."""
        return range(1, self.members + 1)

    def recipe(self, recipe: Recipe, number: int) -> Recipe:
        """A member's own."""
        return replace(recipe, box_width=self.box_widths[(number - 1) % len(self.box_widths)])


@dataclass(frozen=True, slots=True)
class Judgement:
    """A committee on a split: its totals, what it says of each image, and each member's own totals."""

    result: Evaluation
    verdicts: Verdicts
    members: tuple[Evaluation, ...]


def member_folder(folder: Path, number: int) -> Path:
    """Where a committee's member lies; its number counts from 1."""
    return folder / f"{MEMBER}{number}"


def read_plan(folder: Path, record: dict[str, Any]) -> Plan | None:
    """What the committee in `folder` is to be; None for a single run. Raises `FileError` where `record` is damaged."""
    if "committee" not in record:
        return None
    members = committee_size(record)
    widths = record["committee"].get("box_widths") if members else None
    if not members or not isinstance(widths, list) or not widths or not all(type(w) is int and w >= 0 for w in widths):
        raise FileError(f"{folder / RECORD} is damaged: its committee is none", "train again")
    return Plan(members, tuple(widths))


def train_committee(
    architecture: Architecture,
    recipe: Recipe,
    dataset: DataSet,
    folder: Path,
    seed: int,
    plan: Plan,
    watch: Watch,
    conduct: Conduct,
    request: dict[str, Any] | None = None,
) -> Judgement:
    """Trains the members one after the other, and tests them together. As `session.train_run` for the rest."""
    writer = RunWriter.begin(
        folder, architecture.source, recipe, dataset, normalization_of(dataset.train), seed,
        settings=architecture.settings, log_every=conduct.log_every, request=request, warn=conduct.warn,
        validation_images=held_count(dataset.train, recipe.validation) if recipe.validation else 0,
        more={"committee": {"members": plan.members, "box_widths": list(plan.box_widths)}},
    )  # fmt: skip
    with recorded(writer):
        return _Sessions(architecture, recipe, dataset, writer, seed, plan, watch, conduct).run(previous=False)


def resume_committee(
    folder: Path, origin: Origin, plan: Plan, dataset: DataSet, watch: Watch, conduct: Conduct, previous: bool = False
) -> Judgement:
    """Goes on with the first member that is not finished; `previous` is for that one. As `session.resume_run`.

    Members that were lost from a finished committee are trained anew. Raises `FileError` where the record, or what lies
    in a member's place, is none to go on with.
    """
    _check_folders(folder, plan)
    is_whole = all(_is_finished(member_folder(folder, number)) for number in plan.numbers())
    if is_whole and origin.record.get("status") == "finished":
        raise UsageError(f"{folder} is finished: it has nothing left to train", "`cnncli train` begins another")
    check_same_images(folder, origin, dataset)
    _check_plan(folder, origin, plan, dataset)
    # As the first members have it: the spec is read from the folder, and was not named so.
    source = replace(origin.architecture.source, name=str(origin.record.get("architecture", SPEC)))
    architecture = replace(origin.architecture, source=source)
    writer = RunWriter.reopen(folder, conduct.warn)
    with recorded(writer):
        writer.rewind(0, 0)
        sessions = _Sessions(architecture, origin.recipe, dataset, writer, origin.seed, plan, watch, conduct)
        return sessions.run(previous)


@dataclass(frozen=True, slots=True)
class _Sessions:
    """A committee at work in its folder."""

    architecture: Architecture
    recipe: Recipe
    dataset: DataSet
    writer: RunWriter
    seed: int
    plan: Plan
    watch: Watch
    conduct: Conduct

    def run(self, previous: bool) -> Judgement:
        """Trains whom there is left to train, then tests all together."""
        folder = self.writer.folder
        for number in self.plan.numbers():
            member = member_folder(folder, number)
            if _is_finished(member):
                continue
            if self.conduct.wants_end():
                raise Interrupted
            self._train(member, number, previous)
            previous = False
        judgement = judge(read_members(folder), self.dataset.test)
        self.writer.record["member_accuracies"] = [member.accuracy for member in judgement.members]
        self.writer.finish(judgement.result)
        return judgement

    def _train(self, member: Path, number: int, previous: bool) -> None:
        with self.watch(number) as observer:
            if checkpoint.latest(member) is not None or previous:
                resume_run(member, read_origin(member), self.dataset, observer, self.conduct, previous)
                return
            _clear(member)
            record = self.writer.record
            train_run(
                self.architecture, self.plan.recipe(self.recipe, number), self.dataset, member, self.seed + number - 1,
                observer, self.conduct, record["data"]["request"], {"command": record.get("command", "")},
            )  # fmt: skip


def _check_folders(folder: Path, plan: Plan) -> None:
    """No member may be a link: what it names is not the committee's to write to."""
    for member in (member_folder(folder, number) for number in plan.numbers()):
        if member.is_symlink() or (member.exists() and not member.is_dir()):
            raise FileError(f"{member} is not a folder: nothing is written there", "remove it: it is then trained anew")


def _check_plan(folder: Path, origin: Origin, plan: Plan, dataset: DataSet) -> None:
    if origin.seed + plan.members > _SEEDS:
        words = f"its seed {origin.seed} leaves none for {plan.members} members"
        raise FileError(f"{folder / RECORD} is damaged: {words}", "train again")
    try:
        for width in dict.fromkeys(plan.box_widths[: plan.members]):
            check_trainable(origin.architecture.graph, replace(origin.recipe, box_width=width), dataset)
    except (DataError, TrainingError) as error:
        raise FileError(f"{folder / RECORD} cannot be gone on with: {error.message}", "train again") from None


def _is_finished(member: Path) -> bool:
    """Raises `FileError` where its record cannot be read; one that was cut off at its very beginning is none."""
    path = member / RECORD
    if not path.is_file() or (not path.stat().st_size and checkpoint.latest(member) is None):
        return False
    return bool(read_record(member).get("status") == "finished")


def _clear(member: Path) -> None:
    """Takes away what a run left that was killed before it had a checkpoint; what is in the way else stays there.

    Raises `UsageError` where another process is at it.
    """
    if not member.exists():
        return
    check_regular(member / name for name in OURS)
    claim = claim_run(member)
    try:
        for path in [member / name for name in (SPEC, RECORD, METRICS, STEPS, WEIGHTS, LAST)]:
            path.unlink(missing_ok=True)
        for path in [*member.glob(".*.part"), *member.glob("checkpoint.new")]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot clear {member}: {error.strerror}") from None
    finally:
        claim.forget()


def read_members(folder: Path, weights: str = "best") -> Iterator[Run]:
    """The runs in `folder`, one after the other: a committee's members, or the one run that it is itself.

    Each is read when it is its turn: all together might have no room. That they belong together is seen to before.
    Raises as `run.read_run`, and `FileError` where a member is missing or is no such run as the first.
    """
    plan = read_plan(folder, read_record(folder))
    if plan is None:
        yield read_run(folder, weights)
        return
    folders = [member_folder(folder, number) for number in plan.numbers()]
    for member in folders:
        if not (member / RECORD).is_file():
            hint = f"cnncli train --resume {shlex.quote(str(folder))}"
            raise FileError(f"{member} is missing: the committee is not whole", hint)
    first, *others = (read_origin(member) for member in folders)
    for member, other in zip(folders[1:], others, strict=True):
        if _nature(other) != _nature(first):
            raise FileError(f"{member} does not belong to {folders[0]}: it was trained for something else")
    for member in folders:
        yield read_run(member, weights)


def _nature(origin: Origin) -> tuple[Any, ...]:
    """What the members of a committee have in common."""
    return origin.classes, origin.pixels, origin.data_name, origin.recipe.loss, origin.architecture.graph.input_shape


def judge(runs: Iterator[Run], split: Split) -> Judgement:
    """Measures each, and all together: cross-entropy by the mean of their probabilities, else by that of outputs."""
    members: list[Evaluation] = []
    votes: Array | None = None
    for run in runs:
        outputs: list[Array] = []
        members.append(watch_split(run, split, outputs.append))
        votes = joined_votes(votes, np.concatenate(outputs), run.recipe.loss)
        loss, is_softmax = run.recipe.loss, run.graph.ends_in_probabilities
    assert votes is not None
    verdicts = scores.judge(mean_vote(votes, len(members), loss), split.labels, loss, is_softmax)
    speed = 1 / sum(1 / member.images_per_second for member in members)
    top5 = None if members[0].top5 is None else verdicts.top(5)
    accuracy = float(np.mean(verdicts.guess == verdicts.label))
    return Judgement(Evaluation(float(verdicts.loss.mean()), accuracy, speed, top5), verdicts, tuple(members))


def joined_votes(votes: Array | None, outputs: Array, loss: str) -> Array:
    """The votes so far, None before the first, and those of another member's outputs [N, K]; float64.

    With cross-entropy they are logarithms of sums of probabilities, so that the smallest are not lost.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        own = outputs.astype(np.float64)
        if loss != "cross_entropy":
            return own if votes is None else votes + own
        own = scores.log_softmax(own)
        return own if votes is None else np.asarray(np.logaddexp(votes, own))


def mean_vote(votes: Array, members: int, loss: str) -> Array:
    """What the committee puts out [N, K]: logarithms of mean probabilities, or mean outputs."""
    return votes - np.log(members) if loss == "cross_entropy" else votes / members


def predict(runs: Iterator[Run], images: Array, guesses: int = 2) -> list[list[Guess]]:
    """As `prediction.predict`, with the mean of the members' probabilities."""
    total: Array | None = None
    count = 0
    for run in runs:
        own = shares(run, images).astype(np.float64)
        total, count = own if total is None else total + own, count + 1
    assert total is not None
    return [best(run.classes, row, guesses) for row in total / count]
