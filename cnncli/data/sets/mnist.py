"""MNIST: 60,000 + 10,000 handwritten digits, 28x28 gray.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86 (1998). Where no mirror answers, the bundled `mnist-5k` stands in.
"""

from __future__ import annotations

from dataclasses import replace

from cnncli.data import idx_sets
from cnncli.data.dataset import DataSet
from cnncli.data.download import ANSWER_SECONDS, Published
from cnncli.data.locate import Collection, MissingError
from cnncli.data.request import Request
from cnncli.data.sets import mnist_5k

MNIST = idx_sets.IdxSet(
    "mnist",
    tuple("0123456789"),
    idx_sets.collection(
        "MNIST",
        "mnist",
        (
            Published(
                idx_sets.TRAIN_IMAGES,
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            Published(
                idx_sets.TRAIN_LABELS,
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            Published(
                idx_sets.TEST_IMAGES,
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            Published(
                idx_sets.TEST_LABELS,
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
    ),
)


def collection() -> Collection:
    """Where it is published."""
    return MNIST.collection


def load(request: Request) -> DataSet:
    """MNIST, [1, 28, 28], or the bundled sample with a notice. Raises as `idx_sets.load`.

    With `request.full` there is no sample: what cannot be found is a MissingError.
    """
    try:
        return idx_sets.load(MNIST, request)
    except MissingError as error:
        if request.full:
            raise
        return _sample(error.notices, request)


def _sample(looked_at: tuple[str, ...], request: Request) -> DataSet:
    sample = mnist_5k.load(request)
    notice = (
        f"NOT THE FULL MNIST: it is not on this machine and no mirror answered in {ANSWER_SECONDS:g} s, so"
        f" the bundled sample mnist-5k stands in: {len(sample.train.labels):,} images to train on instead of"
        f" 60,000, {len(sample.test.labels):,} to test on instead of 10,000. --data-dir names a folder with"
        " the full set; --full refuses the sample."
    )
    source = f"{sample.source}, in place of MNIST: no mirror answered"
    return replace(sample, source=source, notices=(*looked_at, notice))
