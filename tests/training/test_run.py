"""A run on disk: what it holds, that it reads back as it was, and that damage is one clear line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli import kernels
from cnncli.data import Split, load
from cnncli.errors import CnncliError, DataError, FileError, TrainingError, UsageError
from cnncli.graph import read_architecture
from cnncli.kernels.vector import LANES
from cnncli.network import plan
from cnncli.network.parameters import Parameters
from cnncli.spec.source import Source
from cnncli.training import files, run_writer
from cnncli.training.evaluation import Evaluation
from cnncli.training.files import write_whole
from cnncli.training.loop import EpochMetrics
from cnncli.training.normalization import Normalization
from cnncli.training.prediction import predict
from cnncli.training.recipe import Recipe
from cnncli.training.run import free_folder, read_origin, read_run
from cnncli.training.run_writer import RunWriter

SPEC = """# kept, byte for byte
input: [1, 8, 8]
layers:
  - {type: flatten}
  - {type: dense, name: out, units: 10}
"""


@pytest.fixture
def parameters() -> Parameters:
    parameters = Parameters(read_architecture(Source("digits.yaml", SPEC)).require_sound())
    parameters.initialize(4)
    return parameters


@pytest.fixture
def folder(tmp_path: Path, parameters: Parameters) -> Path:
    """A finished run of one epoch."""
    path = tmp_path / "run"
    writer = RunWriter.begin(
        path, Source("digits.yaml", SPEC), Recipe(), load("digits"), Normalization((0.1,), (-0.5,)), seed=4
    )
    writer.finish_epoch(EpochMetrics(1, 0.5, 0.8, 0.01, 1000.0, 1.5), parameters)
    writer.finish(Evaluation(0.4, 0.9, 2000.0), 1000.0)
    return path


def test_a_run_holds_what_made_it(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.jsonl", "run.json", "spec.yaml", "weights.safetensors",
    ]  # fmt: skip
    assert (folder / "spec.yaml").read_text() == SPEC
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "finished" and record["epochs_done"] == 1
    assert record["seed"] == 4 and record["threads"] == kernels.compile.threads()
    assert record["data"]["name"] == "digits" and record["data"]["test_images"] > 300
    assert record["recipe"]["learning_rate"] == 0.01
    assert record["result"] == {"test_accuracy": 0.9, "test_loss": 0.4, "images_per_second": 1000.0}
    assert {"cnncli", "python", "numpy", "numba"} <= record["versions"].keys()
    assert record["command"].startswith("cnncli")
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1]


def test_a_run_reads_back_as_it_was(folder: Path, parameters: Parameters) -> None:
    run = read_run(folder)
    assert run.parameters.flat.tobytes() == parameters.flat.tobytes()
    assert run.normalization == Normalization((0.1,), (-0.5,))
    assert run.recipe == Recipe() and run.data_name == "digits"
    assert run.classes == tuple("0123456789")


def test_a_prediction_is_the_softmax_of_the_outputs(folder: Path, parameters: Parameters) -> None:
    images = load("digits").test.images[:3]
    weights = parameters.tensors()
    x = images.reshape(3, 64) * 0.1 - 0.5
    logits = x @ weights["out.weight"].T.astype(np.float64) + weights["out.bias"]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for guesses, wanted in zip(predict(read_run(folder), images), probabilities, strict=True):
        order = np.argsort(-wanted)
        assert [guess.label for guess in guesses] == [str(label) for label in order[:2]]
        assert [guess.probability for guess in guesses] == pytest.approx(wanted[order[:2]], rel=1e-4)


def test_a_prediction_does_not_depend_on_the_images_beside_it(folder: Path) -> None:
    run, images = read_run(folder), load("digits").test.images[:70]
    together = predict(run, images)
    for number in (0, 17, 69):
        assert predict(run, images[number : number + 1]) == [together[number]]
    assert predict(run, images[::-1]) == together[::-1]


def test_no_more_images_are_predicted_at_a_time_than_fit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, images = read_run(folder), load("digits").test.images[:70]
    whole, room = predict(run, images), plan.running_bytes(run.graph, LANES, LANES, training=False)
    monkeypatch.setattr(plan, "_physical_memory", lambda: room)
    assert predict(run, images) == whole
    monkeypatch.setattr(plan, "_physical_memory", lambda: room - 1)
    with pytest.raises(TrainingError, match="the network needs"):
        predict(run, images)


def test_a_folder_that_is_there_is_left_alone(folder: Path, parameters: Parameters) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(UsageError, match="is there already"):
        RunWriter.begin(folder, Source("x", SPEC), Recipe(), load("digits"), Normalization((1,), (0,)), 0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_free_folders_count_up(tmp_path: Path) -> None:
    assert free_folder(tmp_path, "LeNet 5/x").name == "lenet-5-x-1"
    (tmp_path / "lenet-1").mkdir()
    assert free_folder(tmp_path, "lenet").name == "lenet-2"
    assert free_folder(tmp_path, "..").name == "run-1"
    (tmp_path / "runs").symlink_to("nowhere")
    with pytest.raises(FileError, match=r"cannot make the run folder .*runs"):
        free_folder(tmp_path / "runs", "net")


@pytest.mark.parametrize("name", ["run.json", "spec.yaml", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage", "folder"])
def test_damage_is_one_clear_line(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"empty": b"", "cut": data[: len(data) // 2], "garbage": b"\xff\x00{]" * 99}[damage])
    with pytest.raises(CnncliError) as caught:
        read_run(folder)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_weights_whose_header_promises_terabytes_are_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    header = b'{"out.weight":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(FileError, match="damaged"):
        read_run(folder)
    path.write_bytes((2**62).to_bytes(8, "little") + header)
    with pytest.raises(FileError, match="damaged"):
        read_run(folder)


def test_a_run_of_a_newer_format_says_so(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text()) | {"format": 2}
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(FileError, match="format 2"):
        read_run(folder)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    write_whole(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["weights"]


def a_writer(folder: Path) -> RunWriter:
    return RunWriter.begin(folder, Source("x", SPEC), Recipe(), load("digits"), Normalization((1.0,), (0.0,)), 0)


def test_of_two_runs_that_want_a_folder_one_gets_it(tmp_path: Path) -> None:
    a_writer(tmp_path / "run")
    with pytest.raises(UsageError, match="is there already"):
        a_writer(tmp_path / "run")
    assert free_folder(tmp_path, "x") != free_folder(tmp_path, "x")


def test_what_a_run_killed_at_its_very_start_leaves_is_in_nobody_s_way(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json", "run.lock", ".spec.yaml.12.part"):
        (folder / name).touch()
    (folder / "spec.yaml").write_text("of no run")
    a_writer(folder).release()
    assert read_origin(folder).seed == 0
    (folder / "run.json").write_bytes(b"")
    for name in ("notes.txt", "checkpoint", "poetry.lock"):
        (folder / name).touch()
        with pytest.raises(UsageError, match="is there already"):
            a_writer(folder)
        (folder / name).unlink()
    for name in ("run.lock", "spec.yaml"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(UsageError, match="is there already"):
            a_writer(folder)
        (folder / name).unlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_another_run_has_filled_meanwhile_is_not_taken(tmp_path: Path, monkeypatch) -> None:
    folder, looked = tmp_path / "run", run_writer.check_free

    def another_is_quicker(path: Path) -> None:
        looked(path)
        monkeypatch.setattr(run_writer, "check_free", looked)
        a_writer(path).release()

    monkeypatch.setattr(run_writer, "check_free", another_is_quicker)
    with pytest.raises(UsageError, match="is there already"):
        a_writer(folder)
    assert read_origin(folder).seed == 0 and not list(folder.glob("*.lock"))


def test_a_run_that_ends_before_its_first_epoch_leaves_nothing(tmp_path: Path) -> None:
    a_writer(tmp_path / "run").stop("failed")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_no_numbers_are_refused(folder: Path, parameters: Parameters) -> None:
    from safetensors.numpy import save

    parameters.tensors()["out.bias"][3] = np.nan
    (folder / "weights.safetensors").write_bytes(save(parameters.tensors()))
    with pytest.raises(FileError, match=r"out\.bias holds numbers that are not finite"):
        read_run(folder)


def test_weights_larger_than_the_network_are_not_read(folder: Path) -> None:
    with (folder / "weights.safetensors").open("r+b") as file:
        file.truncate(2**33)  # sparse: it takes no room
    with pytest.raises(FileError, match="8,589,934,592 bytes"):
        read_run(folder)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("recipe", "loss", "banana"),
        ("normalization", "scale", ["nan"]),
        ("data", "classes", 7),
        ("data", "pixels", None),
    ],
)
def test_a_record_with_a_wrong_part_is_refused(folder: Path, part: str, key: str, value: object) -> None:
    record = json.loads((folder / "run.json").read_text())
    record[part][key] = value
    if value is None:
        del record[part][key]
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(FileError, match=r"run\.json is damaged"):
        read_run(folder)


WITH_PARAMS = "params: {units: 3, height: 8}\n" + SPEC.replace("10", "$units").replace("[1, 8,", "[1, $height,")


@pytest.fixture
def set_folder(tmp_path: Path, parameters: Parameters) -> Path:
    """A run of one epoch of a network with other settings than its file has."""
    source = Source("digits.yaml", WITH_PARAMS)
    normalization = Normalization((0.1,), (-0.5,))
    writer = RunWriter.begin(
        tmp_path / "set", source, Recipe(), load("digits"), normalization, 4, settings={"units": "10"}
    )
    writer.finish_epoch(EpochMetrics(1, 0.5, 0.8, 0.01, 1000.0, 1.5), parameters)
    return tmp_path / "set"


def change_settings(folder: Path, settings: object) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"settings": settings}))


def test_settings_are_kept_and_applied_again(set_folder: Path, parameters: Parameters) -> None:
    assert (set_folder / "spec.yaml").read_text() == WITH_PARAMS
    assert json.loads((set_folder / "run.json").read_text())["settings"] == {"units": "10"}
    run = read_run(set_folder)
    assert run.graph.output_shape == (10,)
    assert run.parameters.flat.tobytes() == parameters.flat.tobytes()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "does not belong to the network"),
        (["units=10"], "is damaged: its settings"),
        ({"units": 10}, "is damaged: its settings"),
        ({"units": None}, "is damaged: its settings"),
        ("units", "is damaged: its settings"),
        (None, "is damaged: its settings"),
        ({"units": "10", "depth": "3"}, "has no parameter `depth`"),
        ({"units": "ten"}, "no longer holds with the settings of run.json: a whole number is wanted"),
        ({"units": ""}, "no longer holds with the settings"),
        ({"units": "12"}, "does not belong to the network"),
        ({"units": "10", "height": "9"}, "not float32 [10, 72]"),
    ],
)
def test_damaged_settings_are_one_clear_line(set_folder: Path, settings: object, words: str) -> None:
    change_settings(set_folder, settings)
    with pytest.raises(FileError) as caught:
        read_run(set_folder)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_from_before_there_were_settings_is_read(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    del record["settings"]
    (folder / "run.json").write_text(json.dumps(record))
    assert read_run(folder).graph.output_shape == (10,)


def test_accuracy_is_only_measured_where_it_means_something(folder: Path) -> None:
    run, digits = read_run(folder), load("digits")
    run.check_data(digits)
    with pytest.raises(DataError, match="'0' is in only one"):
        run.check_data(replace(digits, classes=("cat", *digits.classes[1:])))
    as_float = Split(digits.test.images.astype(np.float32), digits.test.labels)
    with pytest.raises(DataError, match="trained on uint8 images"):
        run.check_data(replace(digits, test=as_float))
    with pytest.raises(DataError, match="among those that this run was trained on"):
        replace(run, data_name="mnist").check_data(replace(digits, name="mnist-5k"))


def test_a_network_trained_with_squared_error_estimates_probabilities_itself(folder: Path) -> None:
    run = read_run(folder)
    squared = replace(run, recipe=replace(run.recipe, loss="mean_squared_error"))
    run.parameters.flat[:] = 0
    run.parameters.tensors()["out.bias"][:] = [0.9, 0.3, -1, 0, 0, 0, 0, 0, 0, 0]
    image = load("digits").test.images[:1]
    (guesses,) = predict(squared, image)
    assert [guess.probability for guess in guesses] == pytest.approx([0.75, 0.25])
    (softened,) = predict(run, image)
    assert softened[0].probability < 0.3
