"""Fashion-MNIST: 60,000 + 10,000 pictures of clothes in ten classes, 28x28 gray.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms", arXiv:1708.07747. The mirror speaks plain http: the hashes are what protects.
"""

from __future__ import annotations

from cnncli.data import idx_sets
from cnncli.data.dataset import DataSet
from cnncli.data.download import Published
from cnncli.data.locate import Collection
from cnncli.data.request import Request

FASHION_MNIST = idx_sets.IdxSet(
    "fashion-mnist",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    idx_sets.collection(
        "Fashion-MNIST",
        "fashion-mnist",
        (
            Published(
                idx_sets.TRAIN_IMAGES,
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            Published(
                idx_sets.TRAIN_LABELS,
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            Published(
                idx_sets.TEST_IMAGES,
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            Published(
                idx_sets.TEST_LABELS,
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ),
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    ),
)


def collection() -> Collection:
    """Where it is published."""
    return FASHION_MNIST.collection


def load(request: Request) -> DataSet:
    """Fashion-MNIST, [1, 28, 28]. Raises as `idx_sets.load`."""
    return idx_sets.load(FASHION_MNIST, request)
