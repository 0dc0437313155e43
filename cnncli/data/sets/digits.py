"""Digits: the 1,797 handwritten digits that scikit-learn carries, 8x8 gray; bundled.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
1998; CC BY 4.0. Every fifth image of a class is test.
"""

from __future__ import annotations

from cnncli.data.dataset import DataSet
from cnncli.data.npz import load_sample
from cnncli.data.request import Request


def collection() -> None:
    """It is bundled."""


def load(request: Request) -> DataSet:
    """The bundled digits, [1, 8, 8]: no file is looked for."""
    return load_sample("digits", "the bundled digits (UCI optical digits, as in scikit-learn)")
