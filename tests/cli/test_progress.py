"""What is shown while a network is trained: lines that fit, curves where there is room, plain lines in a pipe."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cnncli.cli import progress
from cnncli.cli.progress import TrainingProgress
from cnncli.training.loop import EpochMetrics, Progress
from cnncli.training.recipe import Recipe


def watched(monkeypatch: pytest.MonkeyPatch, width: int, height: int, terminal: bool = True, epochs: int = 3) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=terminal, color_system=None)
    monkeypatch.setattr(progress, "stderr", lambda: console)
    with TrainingProgress(epochs) as shown:
        for epoch in range(1, epochs + 1):
            shown.started(Recipe(), 2)
            for step in (1, 2):
                shown.stepped(Progress(epoch, step, 2, 0.5 / epoch, 0.9, 12345.0))
            shown.finished_epoch(EpochMetrics(epoch, 0.5 / epoch, 0.9, 0.01, 12345.0, 1.25, 0.7 / epoch, 0.8, 0.99))
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue())


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_and_curves_are_left_when_all_is_done(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = watched(monkeypatch, width, 24)
    lines = said.replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= width
    (last,) = [line for line in lines if line.startswith("epoch 3/3")]
    assert last.rstrip().endswith("1.2 s") and "validation 0.2333  80.00%" in last
    assert ("12,345 images/s" in last) == (width == 200)
    end = "\n".join(lines[-12:])
    assert end.count("┤") == 6 and "validation" in end and "━" not in end


@pytest.mark.parametrize(("width", "height", "epochs"), [(80, 18, 3), (40, 50, 3), (200, 50, 1)])
def test_there_are_no_curves_without_room_or_epochs(
    width: int, height: int, epochs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = watched(monkeypatch, width, height, epochs=epochs)
    assert "┤" not in said and "━" in said


def test_a_pipe_gets_a_line_for_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    said = watched(monkeypatch, 200, 50, terminal=False)
    assert said.splitlines() == [
        f"epoch {epoch}/3  loss {0.5 / epoch:.4f}  accuracy 90.00%  validation {0.7 / epoch:.4f}  80.00%"
        "  12,345 images/s  1.2 s"
        for epoch in (1, 2, 3)
    ]
