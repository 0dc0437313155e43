"""train, evaluate and predict as a user runs them: a process, its streams, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SPEC = """input: [1, 8, 8]
layers:
  - {type: conv, filters: 4, kernel: 3, activation: relu}
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
training: {learning_rate: 0.05, epochs: 2}
"""


def cnncli(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cnncli", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=300, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, a run made from it, and an image."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "net.yaml").write_text(SPEC)
    done = cnncli("train", "net.yaml", "--data", "digits", "--run", "run", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "result.json").write_text(done.stdout)
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save(folder / "line.png")
    return folder


def test_json_is_one_object_on_stdout_and_evaluate_agrees(place: Path) -> None:
    trained = json.loads((place / "result.json").read_text())
    assert trained.keys() == {"test_accuracy", "test_loss", "test_top5", "images_per_second", "run", "epochs"}
    assert trained["test_accuracy"] > 0.8 and trained["run"] == "run"
    done = cnncli("evaluate", "run", "--data", "digits", "--format", "json", cwd=place)
    evaluated = json.loads(done.stdout)
    assert evaluated["test_accuracy"] == trained["test_accuracy"]
    assert evaluated["test_loss"] == trained["test_loss"]


def test_a_flags_optimizer_trains_with_its_own_rate_and_what_is_averaged_is_evaluated(place: Path) -> None:
    done = cnncli(
        "train", "net.yaml", "--data", "digits", "--run", "adam", "--format", "json", "--optimizer",
        "{type: adam, beta1: 0.8}", "--schedule", "one_cycle", "--warmup", "0.5", "--clip-norm", "5",
        "--label-smoothing", "0.1", "--ema", "0.9", "--epochs", "4", cwd=place,
    )  # fmt: skip
    assert done.returncode == 0 and "adam's own 0.001" in done.stderr, done.stderr
    trained = json.loads(done.stdout)
    recipe = json.loads((place / "adam" / "run.json").read_text())["recipe"]
    assert recipe["optimizer"] == {"type": "adam", "beta1": 0.8, "beta2": 0.999, "epsilon": 1e-8}
    assert recipe["learning_rate"] == 0.001 and recipe["ema"] == 0.9
    evaluated = json.loads(cnncli("evaluate", "adam", "--data", "digits", "--format", "json", cwd=place).stdout)
    assert evaluated["test_loss"] == trained["test_loss"] and trained["test_accuracy"] > 0.5


def test_predict_prints_two_guesses_per_image(place: Path) -> None:
    done = cnncli("predict", "run", "line.png", "--format", "json", cwd=place)
    (record,) = json.loads(done.stdout)
    first, second = (guess["probability"] for guess in record["guesses"])
    assert record["image"] == "line.png" and 1 >= first >= second >= 0
    text = cnncli("predict", "run", "line.png", "--invert", cwd=place)
    assert text.returncode == 0 and text.stdout.count("%") == 2 and text.stderr == ""


def test_a_pipe_gets_plain_lines_and_the_default_run_folder(place: Path) -> None:
    done = cnncli("train", "net.yaml", "--data", "digits", "--epochs", "1", "--batch-size", "999999", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "epoch 1/1" in done.stderr and "\x1b" not in done.stderr + done.stdout
    assert "test accuracy" in done.stdout and (place / "runs" / "net-1" / "run.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("train", "net.yaml", "--data", "digits", "--run", "run"), 2, "is there already"),
        (("train", "net.yaml", "--data", "digitz"), 2, "digits"),
        (("train", "net.yaml", "--data", "mnist-5k"), 2, "[1, 28, 28]"),
        (("train", "net.yaml", "--data", "digits", "--learning-rate", "fast"), 2, "--learning-rate"),
        (("train", "net.yaml", "--data", "digits", "--learning-rate", "1e30"), 2, "the loss became"),
        (("train", "net.yaml", "--data", "digits", "--optimizer", "adem"), 2, "did you mean `adam`?"),
        (
            ("train", "net.yaml", "--data", "digits", "--optimizer", "adam", "--momentum", "0.9"),
            2,
            "--momentum: `adam`",
        ),
        (("train", "net.yaml", "--data", "digits", "--schedule", "{type: step}"), 2, "--schedule: `step` lacks"),
        (("train", "nothing.yaml", "--data", "digits"), 2, "nothing.yaml"),
        (("train", "broken.yaml", "--data", "digits"), 1, "broken.yaml:2:"),
        (("train", "huge.yaml", "--data", "digits"), 2, "GB"),
        (("train", "classes.yaml", "--data", "digits"), 2, "10 classes"),
        (("train", "flat.yaml", "--data", "digits"), 2, "[channels, height, width]"),
        (("train", "fixed.yaml", "--data", "digits"), 2, "no parameters"),
        (("evaluate", "nowhere", "--data", "digits"), 2, "nowhere"),
        (("evaluate", "run", "--data", "mnist-5k"), 2, "--resize"),
        (("predict", "run", "net.yaml"), 2, "net.yaml"),
        (("predict", "run", "missing.png"), 2, "missing.png"),
        (("train",), 2, "ARCH"),
        (("train", "net.yaml", "--data", "digits", "--previous"), 2, "--resume RUN --previous"),
        (("train", "net.yaml", "--data", "digits", "--augment", "elastic=1e308/4"), 2, "an alpha of at most 49"),
        (("train", "net.yaml", "--data", "digits", "--threads", "0"), 2, "--threads"),
    ],
)
def test_bad_input_is_a_clear_line(place: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    (place / "broken.yaml").write_text("input: [1, 8, 8]\nlayers: [{type: conv, filters: 4, kernel: 9}]\n")
    (place / "huge.yaml").write_text(
        "input: [1, 8, 8]\nlayers: [{type: flatten}, {type: dense, units: 1000000000000}, {type: dense, units: 10}]\n"
    )
    (place / "classes.yaml").write_text("input: [1, 8, 8]\nlayers: [{type: flatten}, {type: dense, units: 3}]\n")
    (place / "flat.yaml").write_text("input: [64]\nlayers: [{type: dense, units: 10}]\n")
    (place / "fixed.yaml").write_text(
        "input: [1, 8, 8]\nlayers: [{type: maxpool, kernel: 4, stride: [4, 1]}, {type: flatten}]\n"
    )
    done = cnncli(*arguments, cwd=place)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_nothing_is_left_behind_by_a_command_that_never_began(place: Path) -> None:
    cnncli("train", "net.yaml", "--data", "mnist-5k", "--run", "never", cwd=place)
    assert not (place / "never").exists()


def test_ctrl_c_exits_130_and_keeps_the_last_whole_epoch(place: Path) -> None:
    command = [sys.executable, "-m", "cnncli", "train", "net.yaml", "--data", "digits", "--epochs", "1000000"]
    process = subprocess.Popen([*command, "--run", "stopped"], cwd=place, stderr=subprocess.PIPE, text=True)
    weights = place / "stopped" / "weights.safetensors"
    deadline = time.monotonic() + 120
    while not weights.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "interrupted" in errors and "Traceback" not in errors
    assert json.loads((place / "stopped" / "run.json").read_text())["status"] == "interrupted"
    assert cnncli("evaluate", "stopped", "--data", "digits", cwd=place).returncode == 0


def test_progress_goes_to_stderr_beside_json(place: Path) -> None:
    done = cnncli("train", "net.yaml", "--data", "digits", "--epochs", "1", "--format", "json", cwd=place)
    assert "epoch 1/1" in done.stderr and len(done.stdout.splitlines()) == 1


def test_compiling_is_announced_once_and_only_when_it_happens(place: Path, tmp_path: Path) -> None:
    arguments = ("predict", "run", "line.png")
    cold = cnncli(*arguments, cwd=place, CNNCLI_CACHE_DIR=str(tmp_path))
    warm = cnncli(*arguments, cwd=place, CNNCLI_CACHE_DIR=str(tmp_path))
    assert cold.stderr.count("compiling kernels") == 1 and warm.stderr == ""


def test_two_runs_at_once_do_not_share_a_folder(place: Path) -> None:
    command = [sys.executable, "-m", "cnncli", "train", "net.yaml", "--data", "digits", "--run", "both"]
    both = [subprocess.Popen(command, cwd=place, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in "ab"]
    assert sorted(process.wait(timeout=300) for process in both) == [0, 2]
    assert len((place / "both" / "metrics.jsonl").read_text().splitlines()) == 2


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no SIGPIPE here")
def test_a_reader_that_goes_away_is_no_finding(place: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncli", "predict", "run", "line.png"],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.close()
    assert process.wait(timeout=120) == -signal.SIGPIPE
    assert process.stderr.read() == ""
    process.stderr.close()


def test_ctrl_c_while_something_swallows_it_still_exits_130(place: Path) -> None:
    """As the compiler's callbacks do: what the handler raises there is lost, the wish is not."""
    code = (
        "import os, signal, sys\n"
        "from cnncli.cli import interrupt\n"
        "interrupt.install()\n"
        "try:\n    os.kill(os.getpid(), signal.SIGINT)\n"
        "except BaseException: pass\n"
        "sys.argv = ['cnncli', 'inspect', 'keras_mlp']\n"
        "from cnncli.cli.main import run\n"
        "sys.exit(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, timeout=60)
    assert done.returncode == 130 and done.stderr == ""


INTERRUPTED_AFTER = """
import os, signal, sys, threading, time
from cnncli.__main__ import main

def press():
    time.sleep({moment})
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press, daemon=True).start()
sys.argv = ["cnncli", "predict", "run", "line.png"]
main()
"""


@pytest.mark.parametrize("moment", [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5])
def test_ctrl_c_at_any_moment_is_quiet(place: Path, moment: float) -> None:
    """While modules load, kernels load, the network runs, and Python ends: 130, or the result if it was there first."""
    command = [sys.executable, "-c", INTERRUPTED_AFTER.format(moment=moment)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) in ((130, "interrupted\n"), (0, ""))
    assert done.returncode == 130 or "line.png" in done.stdout


def test_the_same_seed_gives_the_same_weights_file(place: Path) -> None:
    for run, threads in (("one", "1"), ("two", "2")):
        cnncli("train", "net.yaml", "--data", "digits", "--seed", "5", "--run", run, "--threads", threads, cwd=place)
    first, second = (place / run / "weights.safetensors" for run in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_the_algorithm_is_chosen_recorded_and_a_matter_of_rounding(place: Path) -> None:
    found = {}
    for name in ("direct", "winograd"):
        done = cnncli("train", "net.yaml", "--data", "digits", "--run", name, "--algorithm", name, "--epochs", "1",
                      "--format", "json", cwd=place)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads((place / name / "run.json").read_text())["algorithm"] == name
        found[name] = (place / name / "weights.safetensors").read_bytes(), json.loads(done.stdout)["test_loss"]
    assert found["direct"][0] != found["winograd"][0]
    assert found["direct"][1] == pytest.approx(found["winograd"][1], rel=1e-3)
    refused = cnncli("train", "net.yaml", "--data", "digits", "--algorithm", "fast", cwd=place)
    assert refused.returncode == 2 and "--algorithm" in refused.stderr
