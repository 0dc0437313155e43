"""An evaluation as JSON, as tables, and as a picture of mistakes."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console, RenderableType

from cnncli.data.dataset import Split
from cnncli.report import evaluation
from cnncli.report.evaluation import Evaluated
from cnncli.report.mistakes import mistakes_picture
from cnncli.training import scores
from cnncli.training.evaluation import Evaluation


def evaluated(pairs: list[tuple[int, int]], classes: tuple[str, ...]) -> Evaluated:
    """Guesses made with logits 3 and 0; (class, guess) for each image."""
    labels, guesses = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    outputs = np.zeros((len(pairs), len(classes)))
    outputs[np.arange(len(pairs)), guesses] = 3
    verdicts = scores.judge(outputs, labels, "cross_entropy", False)
    result = Evaluation(float(verdicts.loss.mean()), verdicts.top(1), 1000.0, verdicts.top(5))
    return Evaluated("runs/x", "animals", "best", classes, result, verdicts)


ANIMALS = evaluated([(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (1, 0), (2, 0)], ("cat", "dog", "eel", "fox"))


def shown(renderable: RenderableType, width: int, colour: bool = False) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None).print(
        renderable
    )
    return file.getvalue()


def test_json_holds_everything() -> None:
    record = json.loads(json.dumps(evaluation.evaluation_record(ANIMALS), allow_nan=False))
    assert record["images"] == 7 and record["test_accuracy"] == 3 / 7 and record["weights"] == "best"
    assert record["classes"][0] == {
        "class": "cat", "precision": 2 / 5, "recall": 2 / 3, "f1": 4 / 8, "support": 3
    }  # fmt: skip
    assert record["classes"][3] == {"class": "fox", "precision": None, "recall": None, "f1": None, "support": 0}
    assert record["mean"]["recall"] == pytest.approx((2 / 3 + 1 / 3 + 0) / 3)
    assert record["confusion_matrix"] == [[2, 1, 0, 0], [2, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert record["confusions"][0] == {"class": "dog", "guess": "cat", "images": 2}
    assert [mistake["image"] for mistake in record["mistakes"]] == [2, 4, 5, 6]
    share = np.exp(3) / (np.exp(3) + 3)
    assert record["mistakes"][0] == {
        "image": 2, "class": "cat", "guess": "dog", "probability": pytest.approx(share),
        "loss": pytest.approx(np.log(np.exp(3) + 3)),
    }  # fmt: skip


def test_the_table_of_classes() -> None:
    rows = [line.split() for line in shown(evaluation.class_table(ANIMALS), 80).splitlines()]
    assert rows[0] == ["class", "precision", "recall", "F1", "images"]
    assert rows[2] == ["cat", "40.00%", "66.67%", "50.00%", "3"]
    assert rows[4] == ["eel", "-", "0.00%", "0.00%", "1"]
    assert rows[5] == ["fox", "-", "-", "-", "0"]
    assert rows[-1][0] == "mean" and rows[-1][-1] == "7"


def test_the_matrix_shows_every_count() -> None:
    lines = shown(evaluation.confusion(ANIMALS, 80), 80).splitlines()
    assert [line.split() for line in lines] == [
        ["class", "cat", "dog", "eel", "fox"],
        ["cat", "2", "1", "·", "·"],
        ["dog", "2", "1", "·", "·"],
        ["eel", "1", "·", "·", "·"],
        ["fox", "·", "·", "·", "·"],
    ]
    assert len({cell_len(line) for line in lines}) == 1


def test_the_matrix_is_shaded_green_where_right_and_red_where_wrong() -> None:
    right, wrong = (
        shown(evaluation.confusion(evaluated(pairs, ("a", "b")), 80), 80, colour=True).splitlines()[1]
        for pairs in ([(0, 0)], [(0, 1)])
    )
    assert "48;2;0;" in right and "48;2;0;" not in wrong and "48;2;230;" in wrong


MANY = tuple(f"class number {number}" for number in range(60))


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("classes", [2, 10, 30, 60])
def test_nothing_is_wider_than_the_terminal(classes: int, width: int) -> None:
    pairs = [(number % classes, number * 7 % classes) for number in range(400)]
    of = evaluated(pairs, MANY[:classes])
    for part in (evaluation.class_table(of), evaluation.confusion(of, width)):
        assert max(cell_len(line.rstrip()) for line in shown(part, width).splitlines()) <= width


def test_of_many_classes_the_worst_are_shown() -> None:
    pairs = [(number, number) for number in range(60)] + [(7, 8)] * 3 + [(9, 10)]
    of = evaluated(pairs, MANY)
    table = shown(evaluation.class_table(of), 80).splitlines()
    assert [" ".join(line.split()[:3]) for line in table[2:4]] == ["class number 7", "class number 8"]
    assert "20 worst of 60" in table[-1]
    confusions = shown(evaluation.confusion(of, 80), 80).splitlines()
    assert confusions[2].split() == ["class", "number", "7", "class", "number", "8", "3"]
    assert len(confusions) == 4
    none = evaluated([(0, 0)], MANY)
    assert shown(evaluation.confusion(none, 80), 80) == "no class was taken for another\n"


def test_names_cannot_drive_the_terminal() -> None:
    of = evaluated([(0, 1), (1, 1)], ("\x1b[2J[red]", "数字数字数字数字"))
    for width in (20, 80):
        for part in (evaluation.class_table(of), evaluation.confusion(of, width)):
            text = shown(part, width)
            assert "\x1b" not in text and max(map(cell_len, text.splitlines())) <= width


def test_the_picture_shows_the_mistakes() -> None:
    images = np.arange(7, dtype=np.uint8).reshape(7, 1, 1, 1).repeat(8, 2).repeat(8, 3) * 30
    whole = Split(np.concatenate([images[::-1], images]), np.zeros(14, np.int64))
    for split in (Split(images, np.zeros(7, np.int64)), whole.part(np.arange(7, 14))):
        data = mistakes_picture(ANIMALS, split)
        assert data is not None
        page = np.asarray(Image.open(io.BytesIO(data)))
        assert [int(page[20, 20 + column * 104, 0]) for column in range(4)] == [60, 120, 150, 180]
    assert mistakes_picture(evaluated([(0, 0)], ("a", "b")), Split(images, np.zeros(7, np.int64))) is None
