"""More padding than the layer can use."""

from __future__ import annotations

from cnncli.errors import PADDING_TOO_LARGE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=PADDING_TOO_LARGE,
    what="The padding reaches as far as the pool's kernel, the image it mirrors, or the output it is cut from.",
    why="With P >= F the first window of a pool lies in the padding alone: there is no largest of no numbers, and the "
    "mean of a border says nothing. Caffe refuses that as well, PyTorch from more than F/2 on. `mode: reflect` has W - "
    "1 cells beside the edge to mirror and no more. A transposed convolution cuts its padding away from (H - 1) S + D "
    "(F - 1) + 1 cells, of which one has to be left.",
    invalid=(
        """input: [16, 15, 15]
layers:
  - {type: maxpool, kernel: 3, stride: 2, padding: 3}
""",
        """input: [3, 8, 8]
layers:
  - {type: pad, padding: 8, mode: reflect}
""",
        """input: [8, 1, 1]
layers:
  - {type: transposed_conv, filters: 4, kernel: 4, stride: 2, padding: 2}
""",
    ),
    valid=(
        """input: [16, 15, 15]
layers:
  - {type: maxpool, kernel: 3, stride: 2, padding: 1}
""",
        """input: [3, 8, 8]
layers:
  - {type: pad, padding: 7, mode: reflect}
""",
    ),
)
