"""The page about a run: whole, alone, with all that is promised, and harmless whatever the run's files hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.errors import FileError
from tests.report.pages import animals, check_alone, make_run, written

ALL = ["curves", "classes", "worst-mistakes", "first-filters", "feature-maps", "architecture", "how-to-reproduce-it"]
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; 'quoted' \x1b[2J\ud800\u202e")


def change(folder: Path, **values: Any) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_everything_is_there(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", animals())
    text = written(folder, animals())
    found = check_alone(text)
    assert found.sections == ALL and len(text) < 300_000
    for words in ("a net", "Test accuracy", "of 30 wrong", "70.00%", "epoch 3, the best", "conv 4 of 3x3, relu", "cat",
                  "precision", "seed", "learning rate", "numpy", "spec.yaml", "type: maxpool", "cnncli"):  # fmt: skip
        assert words in found.text, words
    digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    assert digest in found.text
    assert found.tags.count("svg") == 3 and text.count('class="train"') == 4
    # 3 examples, each as it is and in 2 layers; the filters; the mistakes
    assert len(found.pictures) == 3 * 3 + 1 + found.text.count(", no. ")
    assert written(folder, animals()) == text, "the same bytes again"


def test_the_mistakes_are_the_images_themselves(tmp_path: Path) -> None:
    data = animals(channels=3)
    found = check_alone(written(make_run(tmp_path / "run", data), data))
    shown = [np.asarray(picture) for picture in found.pictures if picture.size == (8, 8)]
    images = {image.transpose(1, 2, 0).tobytes() for image in data.test.images}
    assert len(shown) > 3 and all(picture.tobytes() in images for picture in shown)
    assert "red, green and blue" in found.text


def test_without_test_images_the_rest_is_there_and_why_is_said(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", animals())
    found = check_alone(written(folder, "the <b>disk</b> is away"))
    assert found.sections == [name for name in ALL if name not in ("classes", "worst-mistakes", "feature-maps")]
    assert "the <b>disk</b> is away" in found.text and "90.00%" in found.text
    assert "this run knows 3 classes" in check_alone(written(folder, animals(("cat", "dog")))).text


def test_a_run_without_validation(tmp_path: Path) -> None:
    text = written(make_run(tmp_path / "run", animals(), validation=False), animals())
    found = check_alone(text)
    assert found.sections == ALL and "validation" not in found.text.partition("Classes")[0]
    assert text.count('class="held"') == 2, "groups without a point"


def test_a_run_that_was_stopped_says_so(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", animals())
    change(folder, status="interrupted", epochs_done=2, result=None)
    assert "interrupted after epoch 2 of 3" in check_alone(written(folder, "none")).text


def test_of_many_classes_the_worst_are_shown(tmp_path: Path) -> None:
    data = animals(tuple(f"class {number}" for number in range(60)), images=120)
    found = check_alone(written(make_run(tmp_path / "run", data), data))
    assert "60 classes are too many for a matrix" in found.text and "of 60 classes" in found.text
    assert "class 59, taken for" not in str(found.attributes)


def test_a_network_without_windows_shows_the_weights_of_whole_images(tmp_path: Path) -> None:
    spec = "input: [1, 8, 8]\nlayers:\n  - {type: flatten}\n  - {type: dense, units: 3}\n"
    found = check_alone(written(make_run(tmp_path / "run", animals(), spec), animals()))
    assert "3 filters of dense1, 8x8 each" in found.text and "feature-maps" not in found.sections


def test_hostile_names_are_text(tmp_path: Path) -> None:
    data = animals(HOSTILE)
    name = json.dumps(HOSTILE[0] + HOSTILE[1])
    folder = make_run(tmp_path / "run<script>", data, name=name)
    change(folder, command=HOSTILE[1], status=HOSTILE[0], started=HOSTILE[1], versions={HOSTILE[0]: HOSTILE},
           settings={}, machine={"x": {HOSTILE[1]: [HOSTILE[2]]}})  # fmt: skip
    text = written(folder, data)
    found = check_alone(text)
    assert text.count("<script") == 0 and "onerror=" not in str([name for name, _ in found.attributes])
    assert HOSTILE[0] in found.text and HOSTILE[1] in found.text
    assert "\x1b" not in text and "\u202e" not in text


def test_long_and_deep_values_are_cut(tmp_path: Path) -> None:
    data = animals(tuple(f"{number}{'x' * 10_000}" for number in range(3)))
    folder = make_run(tmp_path / "run", data)
    deep: Any = []
    for _ in range(500):
        deep = [deep, 10**400]
    change(folder, command="c" * 10**5, architecture="a" * 10**5, versions={"v" * 10**5: "w" * 10**5, "deep": deep},
           best={"epoch": 10**400, "value": 1}, status="s" * 10**5)  # fmt: skip
    text = written(folder, data)
    check_alone(text)
    assert len(text) < 300_000


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"epoch": 1}],
        [{"epoch": "1", "train_loss": 1}, {"train_loss": 2}],
        [{"epoch": 1, "train_loss": None}, {"epoch": 2, "train_loss": "x"}, {"epoch": 3, "train_loss": [1]}],
        [{"epoch": 10**400, "train_loss": 1}, {"epoch": -1, "train_loss": 1e308}],
    ],
)
def test_lines_of_metrics_that_say_nothing(tmp_path: Path, lines: list[Any]) -> None:
    folder = make_run(tmp_path / "run", animals())
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"epoch": 4, "tr')
    assert "curves" not in check_alone(written(folder, "none")).sections


def test_a_line_of_metrics_that_is_no_json_is_told(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", animals())
    (folder / "metrics.jsonl").write_text('{"epoch": 1}\n{{{\n{"epoch": 2}\n')
    with pytest.raises(FileError, match="line 2, is damaged"):
        written(folder, "none")


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", animals())
    lines = ['{"epoch": 1, "train_loss": 2.5}', '{"epoch": 2, "train_loss": NaN}', '{"epoch": 3, "train_loss": 1e999}']
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    text = written(folder, "none")
    assert check_alone(text).sections[0] == "curves" and text.count("<circle") == 1
