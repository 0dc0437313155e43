"""Progress on stderr: on a terminal bars, and curves where there is room; a plain line per epoch anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.segment import Segments

from cnncli.cli.console import stderr
from cnncli.report.plot import curves

if TYPE_CHECKING:
    from cnncli.training.loop import EpochMetrics
    from cnncli.training.loop import Progress as TrainingState
    from cnncli.training.recipe import Recipe

_REFRESH_SECONDS = 0.1
_LINES_BESIDE_PLOT = 16
"""Of a terminal: two of words, two of bars, and a dozen of what was said before."""
_MOST_LINES = 12


class _Bars(Progress):
    """Bars beneath the curves of the epochs so far."""

    plot: RenderableType | None = None

    def get_renderables(self) -> Iterator[RenderableType]:
        if self.plot is not None:
            yield self.plot
        yield from super().get_renderables()


def _plot(records: list[dict[str, Any]]) -> RenderableType | None:
    """The curves as large as the terminal has room for, if it has any."""
    console = stderr()
    if console.options.ascii_only:
        return None
    plot = curves(records, console.width, min(console.height - _LINES_BESIDE_PLOT, _MOST_LINES))
    # As segments, once an epoch: laying out thousands of dots at every refresh would take time from the training.
    return None if plot is None else Segments(console.render(plot))


class TrainingProgress:
    """An `Observer` that shows: an epoch bar with its time left, and a batch bar with loss, accuracy, speed."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.records: list[dict[str, Any]] = []
        self.bars: _Bars | None = None
        if stderr().is_terminal:
            self.bars = _Bars(
                TextColumn("{task.description}"),
                BarColumn(bar_width=12),
                TextColumn("{task.fields[state]}"),
                console=stderr(),
                transient=True,
                auto_refresh=False,
            )
        self.epoch_bar = self.batch_bar = TaskID(0)
        self.began = self.shown = self.done_before = 0.0

    def __enter__(self) -> TrainingProgress:
        if self.bars is not None:
            self.bars.start()
            self.epoch_bar = self.bars.add_task("epoch", total=self.epochs, state="")
            self.batch_bar = self.bars.add_task("batch", total=None, state="compiling or loading kernels")
            self.bars.refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars is not None:
            self.bars.stop()
            if self.bars.plot is not None and error is None:
                stderr().print(self.bars.plot)

    def resumed(self, records: list[dict[str, Any]]) -> None:
        self.records = records
        if self.bars is not None:
            self.bars.plot = _plot(self.records)

    def started(self, recipe: Recipe, steps: int) -> None:
        if self.bars is not None:
            self.bars.reset(self.batch_bar, total=steps, state="")

    def stepped(self, progress: TrainingState) -> None:
        if self.bars is None:
            return
        now = time.monotonic()
        if now - self.shown < _REFRESH_SECONDS and progress.step < progress.steps:
            return
        self.shown = now
        done = progress.epoch - 1 + progress.step / progress.steps
        if not self.began:
            self.began, self.done_before = now, done
        left = (now - self.began) * (self.epochs - done) / max(done - self.done_before, 1e-9)
        width = len(str(progress.steps))
        batch = (
            f"{progress.step:>{width}}/{progress.steps}  loss {progress.loss:.4f}  accuracy {progress.accuracy:.2%}"
            f"  {progress.images_per_second:,.0f} images/s"
        )
        epoch = f"{progress.epoch:>{width}}/{self.epochs}  {_duration(left)} left"
        self.bars.update(self.batch_bar, completed=progress.step, state=batch)
        self.bars.update(self.epoch_bar, completed=done, state=epoch)
        self.bars.refresh()

    def finished_epoch(self, metrics: EpochMetrics) -> None:
        if self.bars is not None:
            self.records.append(metrics.record())
            self.bars.plot = _plot(self.records)
        stderr().print(_line(metrics, self.epochs))


def _line(metrics: EpochMetrics, epochs: int) -> str:
    """What an epoch has come to, in a line; a narrow terminal goes without the speed."""
    parts = [
        f"epoch {metrics.epoch}/{epochs}",
        f"loss {metrics.train_loss:.4f}  accuracy {metrics.train_accuracy:.2%}",
        f"{metrics.images_per_second:,.0f} images/s",
        f"{metrics.seconds:.1f} s",
    ]
    if metrics.validation_loss is not None:
        parts.insert(2, f"validation {metrics.validation_loss:.4f}  {metrics.validation_accuracy:.2%}")
    line = "  ".join(parts)
    if len(line) > stderr().width:
        line = "  ".join((*parts[:-2], parts[-1]))
    return line


def _duration(seconds: float) -> str:
    """`0:07`, `12:30`, `1:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def file_progress(total: int) -> Iterator[Callable[[int], None]]:
    """A callback (files done) that draws a bar."""
    columns = TextColumn("checking"), BarColumn(bar_width=24), TextColumn("{task.completed:,} of {task.total:,} files")
    with Progress(*columns, console=stderr(), transient=True) as bars:
        task = bars.add_task("", total=total)
        yield lambda done: bars.update(task, completed=done)


@contextmanager
def download_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A callback (what, bytes done, bytes in all) that draws a bar per file on a terminal."""
    if not stderr().is_terminal:
        yield lambda what, done, total: None
        return
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), DownloadColumn()
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=stderr(), transient=True) as bars:

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
