"""The images that a network was most wrong about, as a picture."""

from __future__ import annotations

import numpy as np

from cnncli.data.dataset import Split
from cnncli.report.contact_sheet import contact_sheet
from cnncli.report.evaluation import MISTAKES, Evaluated, mistake_record
from cnncli.training.preview import as_pixels

_COLUMNS = 6


def mistakes_picture(evaluated: Evaluated, split: Split) -> bytes | None:
    """PNG bytes: what each is, what it was taken for and how surely, and its number; None where nothing is wrong."""
    numbers = evaluated.verdicts.mistakes(MISTAKES)
    if not numbers:
        return None
    records = [mistake_record(evaluated, number) for number in numbers]
    captions = [
        (f"is {it['class']}", f"not {it['guess']}", f"{it['probability']:.0%}, no. {it['image']}") for it in records
    ]
    pictures = as_pixels(split.images[split.rows_of(np.array(numbers))])
    tiles = list(zip(pictures, captions, strict=True))
    return contact_sheet([tiles[start : start + _COLUMNS] for start in range(0, len(tiles), _COLUMNS)])
