"""The fixed split of a data set that comes without one."""

from __future__ import annotations

import numpy as np

from cnncli.errors import DataError

EVERY = 5


def test_mask(labels: np.ndarray, classes: tuple[str, ...], where: str) -> np.ndarray:
    """Which of the images [N] are test: within each class, in the order given, every fifth.

    Raises DataError for a class with fewer than five images: nothing of it would be tested.
    """
    mask = np.zeros(len(labels), dtype=bool)
    for index, name in enumerate(classes):
        members = np.flatnonzero(labels == index)
        if 0 < len(members) < EVERY:
            raise DataError(
                f"{where}: class {name!r} has {len(members)} images; every fifth is kept for the test, so it"
                f" takes at least {EVERY}",
                "add images, or give the training and the test images apart",
            )
        mask[members[EVERY - 1 :: EVERY]] = True
    return mask
