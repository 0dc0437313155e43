"""A committee: members that are runs of their own, averaged; stopped and gone on with; damaged, and said so."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.data import load
from cnncli.errors import CnncliError, FileError, Interrupted, UsageError
from cnncli.graph import Architecture, read_architecture
from cnncli.network import plan as memory_plan
from cnncli.spec.source import Source
from cnncli.training import committee
from cnncli.training.committee import Judgement, Plan, judge, read_members, read_plan, resume_committee, train_committee
from cnncli.training.prediction import judge_split, shares
from cnncli.training.recipe import read_recipe
from cnncli.training.run import read_origin, read_run
from cnncli.training.run_writer import claim_run
from cnncli.training.session import Conduct, train_run
from cnncli.training.summary import read_summary
from tests.cli.inside import call
from tests.command import environment, run

SPEC = """input: [1, 8, 8]
layers:
  - {type: conv, filters: 4, kernel: 3, activation: relu}
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 0.05, epochs: 2, validation: 0.1}
"""
WIDTHS = (0, 7)


@dataclass
class Silent:
    """An observer that only counts."""

    steps: int = 0
    stop_at: int = 0
    epochs: list[int] = field(default_factory=list)

    def resumed(self, records: list[dict[str, Any]]) -> None: ...

    def started(self, recipe: object, steps: int) -> None: ...

    def stepped(self, progress: object) -> None:
        self.steps += 1

    def finished_epoch(self, metrics: Any) -> None:
        self.epochs.append(metrics.epoch)

    def wants_end(self) -> bool:
        return bool(self.stop_at) and self.steps >= self.stop_at


def architecture(text: str = SPEC) -> Architecture:
    return read_architecture(Source("net.yaml", text))


def train(folder: Path, members: int, observer: Silent | None = None, text: str = SPEC, seed: int = 5) -> Judgement:
    spec, watcher = architecture(text), observer or Silent()
    return train_committee(
        spec, read_recipe(spec), load("digits"), folder, seed, Plan(members, WIDTHS),
        lambda number: nullcontext(watcher), Conduct(wants_end=watcher.wants_end),
    )  # fmt: skip


def go_on(folder: Path, observer: Silent) -> Judgement:
    origin = read_origin(folder)
    plan = read_plan(folder, origin.record)
    assert plan is not None
    return resume_committee(folder, origin, plan, load("digits"), lambda number: nullcontext(observer), Conduct())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Judgement]:
    """A committee of three, and what it came to."""
    folder = tmp_path_factory.mktemp("committee") / "run"
    return folder, train(folder, 3)


@pytest.fixture
def folder(made: tuple[Path, Judgement], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made[0], tmp_path / "run"))


def weights(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))]


def same(one: Judgement, other: Judgement) -> bool:
    """All but the speed."""
    return (one.result.loss, one.result.accuracy) == (other.result.loss, other.result.accuracy) and [
        member.loss for member in one.members
    ] == [member.loss for member in other.members]


def test_a_member_that_another_process_trains_is_left_to_it(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"status": "running"}))
    member = folder / "member-2"
    young = json.loads((member / "run.json").read_text()) | {"status": "running", "epochs_done": 0}
    (member / "run.json").write_text(json.dumps(young))
    claim = claim_run(member)
    try:
        with pytest.raises(UsageError, match=r"another process is training .*member-2"):
            go_on(folder, Silent())
        assert json.loads((member / "run.json").read_text()) == young
    finally:
        claim.release()


def test_members_are_runs_of_their_own_seeds_and_widths(made: tuple[Path, Judgement], tmp_path: Path) -> None:
    spec, digits = architecture(), load("digits")
    for number, (seed, width) in enumerate([(5, 0), (6, 7), (7, 0)], 1):
        member, alone = made[0] / f"member-{number}", tmp_path / f"alone-{number}"
        recipe = replace(read_recipe(spec), box_width=width)
        outcome = train_run(spec, recipe, digits, alone, seed, Silent())
        assert weights(member) == weights(alone)
        assert made[1].members[number - 1].loss == outcome.test.loss
        records = [json.loads((each / "run.json").read_text()) for each in (member, alone)]
        assert records[0]["seed"] == seed and records[0]["recipe"]["box_width"] == width
        assert records[0]["result"]["test_accuracy"] == records[1]["result"]["test_accuracy"]
        assert records[0]["data"] == records[1]["data"]


def test_the_committee_is_the_mean_of_its_members_probabilities(made: tuple[Path, Judgement]) -> None:
    folder, judgement = made
    test = load("digits").test
    each = [shares(read_run(folder / f"member-{k}"), test.images).astype(np.float64) for k in (1, 2, 3)]
    mean = np.mean(each, axis=0)
    verdicts, of_label = judgement.verdicts, mean[np.arange(len(mean)), test.labels]
    assert np.array_equal(verdicts.guess, mean.argmax(axis=1))
    assert verdicts.probability == pytest.approx(mean.max(axis=1), rel=1e-5)
    assert verdicts.loss == pytest.approx(-np.log(of_label), rel=1e-4, abs=1e-6)
    assert judgement.result.loss == pytest.approx(-np.log(of_label).mean(), rel=1e-5)
    assert judgement.result.accuracy == np.mean(mean.argmax(axis=1) == test.labels)
    (guesses,) = committee.predict(read_members(folder), test.images[:1])
    assert [guess.probability for guess in guesses] == pytest.approx(np.sort(mean[0])[::-1][:2], rel=1e-6)
    assert same(judge(read_members(folder), test), judgement)
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "finished" and record["result"]["test_accuracy"] == judgement.result.accuracy
    assert record["member_accuracies"] == [member.accuracy for member in judgement.members]


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_votes_are_averaged_as_numpy_would(loss: str) -> None:
    outputs = np.random.default_rng(2).normal(0, 3, (4, 20, 5)).astype(np.float32)
    outputs[0, 0] = [900, -900, 0, 0, 0]  # a probability too small for any float
    votes = None
    for each in outputs:
        votes = committee.joined_votes(votes, each, loss)
    assert votes is not None
    exact = outputs.astype(np.float64)
    found = committee.mean_vote(votes, 4, loss)
    if loss == "cross_entropy":
        powers = np.exp(exact - exact.max(axis=2, keepdims=True))
        assert np.exp(found) == pytest.approx((powers / powers.sum(axis=2, keepdims=True)).mean(axis=0), rel=1e-12)
        (alone,) = [committee.mean_vote(committee.joined_votes(None, outputs[0], loss), 1, loss)]
        assert alone[0, 1] == -1800
    else:
        assert found == pytest.approx(exact.mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_a_committee_of_one_is_its_member(loss: str, tmp_path: Path) -> None:
    text = SPEC.replace("validation: 0.1", f"loss: {loss}")
    judgement, test = train(tmp_path / "run", 1, text=text), load("digits").test
    result, verdicts = judge_split(read_run(tmp_path / "run" / "member-1"), test)
    for name in ("label", "guess", "probability", "rank", "loss"):
        assert np.array_equal(getattr(judgement.verdicts, name), getattr(verdicts, name)), name
    assert judgement.result.accuracy == result.accuracy and judgement.result.top5 == result.top5
    assert judgement.result.loss == pytest.approx(result.loss, rel=1e-6)


@pytest.mark.parametrize("stop_at", [1, 40, 43, 44, 60, 88, 100])
def test_stopped_anywhere_it_goes_on_to_the_same(stop_at: int, made: tuple[Path, Judgement], tmp_path: Path) -> None:
    path = tmp_path / "run"
    stopped = Silent(stop_at=stop_at)
    with pytest.raises(Interrupted):
        train(path, 3, stopped)
    assert stopped.steps == stop_at
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    rest = Silent()
    assert same(go_on(path, rest), made[1])
    assert weights(path) == weights(made[0])
    steps = Silent()
    train(tmp_path / "whole", 3, steps) if stop_at == 1 else None
    assert steps.steps in (0, stop_at + rest.steps)  # nothing is trained twice
    with pytest.raises(UsageError, match="is finished"):
        go_on(path, Silent())


def test_what_is_left_of_a_member_without_a_checkpoint_is_begun_anew(
    folder: Path, made: tuple[Path, Judgement]
) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"status": "running"}))
    shutil.rmtree(folder / "member-3")
    (folder / "member-2" / "run.json").write_bytes(b"")
    observer = Silent()
    assert same(go_on(folder, observer), made[1])
    assert observer.epochs == [1, 2, 1, 2] and weights(folder) == weights(made[0])


def test_a_member_that_was_lost_is_trained_anew(folder: Path, made: tuple[Path, Judgement]) -> None:
    shutil.rmtree(folder / "member-2")
    observer = Silent()
    assert same(go_on(folder, observer), made[1])
    assert observer.epochs == [1, 2] and weights(folder) == weights(made[0])


def test_where_only_the_test_is_left_nothing_is_trained(folder: Path, made: tuple[Path, Judgement]) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))
    observer = Silent()
    assert same(go_on(folder, observer), made[1]) and observer.steps == 0


def test_nothing_is_left_of_a_committee_that_never_began(tmp_path: Path) -> None:
    @contextmanager
    def impatient(number: int) -> Iterator[Silent]:
        raise Interrupted
        yield

    spec = architecture()
    with pytest.raises(Interrupted):
        train_committee(spec, read_recipe(spec), load("digits"), tmp_path / "run", 0, Plan(2), impatient, Conduct())
    assert not (tmp_path / "run").exists()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: shutil.rmtree(folder / "member-2"), "member-2 is missing"),
        (lambda folder: (folder / "member-2" / "run.json").write_text("{"), "member-2/run.json is damaged"),
        (lambda folder: (folder / "member-3" / "weights.safetensors").unlink(), "member-3/weights.safetensors"),
        (lambda folder: truncate(folder / "member-1" / "weights.safetensors"), "member-1/weights.safetensors"),
        (lambda folder: change(folder / "member-2", data={"classes": list("abcdefghij")}), "member-2 does not belong"),
        (lambda folder: change(folder / "member-2", recipe={"box_width": 10**9}), "member-2/run.json is damaged"),
        (lambda folder: change(folder, committee={"members": 10**9}), "its committee is none"),
        (lambda folder: change(folder, committee={"members": True}), "its committee is none"),
        (lambda folder: replaced(folder, []), "its committee is none"),
    ],
)  # fmt: skip
def test_damage_is_one_clear_line(damage: Any, words: str, folder: Path) -> None:
    damage(folder)
    with pytest.raises(CnncliError) as caught:
        judge(read_members(folder), load("digits").test)
    assert isinstance(caught.value, FileError)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def change(folder: Path, **sections: dict[str, Any]) -> None:
    record = json.loads((folder / "run.json").read_text())
    changed = {name: record[name] | values for name, values in sections.items()}
    (folder / "run.json").write_text(json.dumps(record | changed))


def replaced(folder: Path, value: object) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"committee": value}))


def refused(folder: Path, words: str) -> None:
    """Going on is, in a line, and nothing changes."""
    around = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}
    with pytest.raises(CnncliError) as caught:
        go_on(folder, Silent())
    assert isinstance(caught.value, FileError), caught.value
    assert words in str(caught.value) and "\n" not in str(caught.value) and caught.value.hint
    record = folder / "run.json"  # may say that it failed
    around.pop(record)
    assert around == {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file() and path != record}


def unfinished(folder: Path) -> None:
    """As if it had been killed in the second member before there was a checkpoint."""
    for path in (folder / "run.json", folder / "member-2" / "run.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "running"}))


@pytest.mark.parametrize("kind", ["link", "link to nowhere", "file"])
def test_a_member_that_is_no_folder_is_left_alone(kind: str, folder: Path) -> None:
    unfinished(folder)
    member, outside = folder / "member-2", folder.parent / "outside"
    member.rename(outside)
    if kind == "file":
        member.write_bytes(b"precious")
    else:
        member.symlink_to(outside if kind == "link" else folder.parent / "nowhere")
    refused(folder, "member-2 is not a folder")
    assert not (folder.parent / "nowhere").exists()


@pytest.mark.parametrize("name", ["run.json", "spec.yaml", "weights.safetensors", "metrics.jsonl"])
def test_a_member_with_a_link_in_it_is_left_alone(name: str, folder: Path) -> None:
    unfinished(folder)
    path = folder / "member-2" / name
    path.rename(folder.parent / name)
    path.symlink_to(folder.parent / name)
    refused(folder, f"member-2/{name} is not a regular file")
    assert path.is_symlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: change(folder, committee={"box_widths": [0, 300]}), "box_width 300 is more"),
        (lambda folder: change(folder, committee={"box_widths": [0, 10**9]}), "box_width 1000000000 is more"),
        (lambda folder: change(folder, recipe={"augment": "crop=8"}), "`augment` has"),
        (lambda folder: reseeded(folder, 2**31 - 2), "leaves none for 3 members"),
    ],
)  # fmt: skip
def test_a_record_that_no_member_can_be_trained_from_is_one_clear_line(damage: Any, words: str, folder: Path) -> None:
    unfinished(folder)
    damage(folder)
    refused(folder, words)


def test_a_committee_that_memory_has_no_room_for_is_not_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished(folder)
    monkeypatch.setattr(memory_plan, "_physical_memory", lambda: 1000)
    refused(folder, "this machine has")


def reseeded(folder: Path, seed: int) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"seed": seed}))


def test_a_list_of_runs_has_it_in_a_line(folder: Path) -> None:
    summary = read_summary(folder)
    assert (summary.members, summary.epochs_done, summary.epochs) == (3, 6, 6)
    lines = [line for k in (1, 2, 3) for line in read_summary(folder / f"member-{k}").metrics]
    assert summary.seconds == pytest.approx(sum(line["seconds"] for line in lines))
    assert read_summary(folder / "member-1").members is None
    with pytest.raises(UsageError, match="is a committee"):
        read_run(folder)


def test_from_the_command_line_killed_in_the_second_member(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    arguments = ("train", "net.yaml", "--data", "digits", "--committee", "2", "--box-width", "0,7", "--epochs", "10")
    whole = run(*arguments, "--run", "whole", "--format", "json", cwd=tmp_path)
    assert whole.code == 0, whole.stderr
    command = [sys.executable, "-m", "cnncli", *arguments, "--run", "killed"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "killed" / "member-2" / "metrics.jsonl").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    result = run("train", "--resume", "killed", "--format", "json", cwd=tmp_path)
    assert result.code == 0 and "member 2 of 2" in result.stderr and "member 1 of 2" not in result.stderr
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    assert json.loads(result.stdout) | {"run": "whole"} == json.loads(whole.stdout)
    killed = str(tmp_path / "killed")
    evaluated = json.loads(call("evaluate", killed, "--data", "digits", "--format", "json").stdout)
    assert evaluated["members"] == json.loads(whole.stdout)["members"] and len(evaluated["members"]) == 2
    assert evaluated["test_loss"] == json.loads(whole.stdout)["test_loss"]
    assert "2 x net" in call("runs", killed).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--committee", "0"), "--committee"),
        (("--box-width", "0,7"), "--committee 2"),
        (("--committee", "1", "--box-width", "0,7"), "--committee 2"),
        (("--committee", "2", "--box-width", "7,x"), "--box-width"),
        (("--committee", "2", "--box-width", "7,9"), "box_width 9 is more"),
        (("--committee", "2", "--seed", str(2**31 - 1)), "--seed"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    result = call("train", str(tmp_path / "net.yaml"), "--data", "digits", "--run", str(tmp_path / "run"), *arguments)
    assert result.code == 2 and words in result.stderr, result.stderr
    assert not (tmp_path / "run").exists()
