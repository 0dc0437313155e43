"""What the caller asked for, passed to whichever file reads the data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnncli.data.dataset import Progress


@dataclass(frozen=True, slots=True)
class Request:
    """`data_dir`: the folder the user named; `full`: all images, no sample instead; `resize_to`: (C, H, W) or None."""

    data_dir: Path | None
    full: bool
    progress: Progress
    resize_to: tuple[int, int, int] | None = None
