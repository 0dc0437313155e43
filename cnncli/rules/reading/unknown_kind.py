"""A layer of a kind that there is not."""

from __future__ import annotations

from cnncli.errors import UNKNOWN_KIND
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNKNOWN_KIND,
    what="No layer kind, or no activation, has this name.",
    why="Each kind has one name, in small letters, so that a search for `type: conv` finds all convolutions of all "
    "specs; `cnncli layers` lists the kinds. Names of PyTorch, Keras and Caffe are known well enough to tell which "
    "kind is meant. Two of them mean something else here: PyTorch's `Linear` is `dense`, and `linear` is the identity.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: Conv2D, filters: 6, kernel: 5, activation: relu}
  - {type: max_pool, kernel: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: ReLU}
""",
        """input: [1, 28, 28]
layers:
  - {type: maxpol, kernel: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: maxpool}
""",
        """input: [1, 28, 28]
layers:
  - {type: lstm, units: 64}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: relu}
  - {type: maxpool, kernel: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: {type: leaky_relu, slope: 0.1}}
""",
    ),
    fix="writes the kind's own name for another spelling of it (`Conv2D`, `nn.Conv2d`) or another library's word "
    "(`InnerProduct`). A name that only looks like a kind's is left, and so are `Linear`, `Dropout2d` and `Softmax2d`, "
    "which are not what `linear`, `dropout` and `softmax` are here.",
)
