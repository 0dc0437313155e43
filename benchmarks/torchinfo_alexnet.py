"""alexnet_chain.yaml in PyTorch, summarised by torchinfo: what benchmarks.start runs as a process of its own.

`--json` prints what the two sides are checked by, instead of the table.
"""

import json
import sys

from torch import nn
from torchinfo import summary

alexnet = nn.Sequential(
    nn.Conv2d(3, 96, 11, stride=4),
    nn.ReLU(),
    nn.MaxPool2d(3, stride=2),
    nn.Conv2d(96, 256, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(3, stride=2),
    nn.Conv2d(256, 384, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(384, 384, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(384, 256, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(3, stride=2),
    nn.Flatten(),
    nn.Linear(256 * 6 * 6, 4096),
    nn.ReLU(),
    nn.Linear(4096, 4096),
    nn.ReLU(),
    nn.Linear(4096, 1000),
    nn.ReLU(),
)
found = summary(alexnet, input_size=(1, 3, 227, 227), verbose=0)
if sys.argv[1:] == ["--json"]:
    print(json.dumps({"parameters": found.total_params, "mult_adds": found.total_mult_adds}))
else:
    print(found)
