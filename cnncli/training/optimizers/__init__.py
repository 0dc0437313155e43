"""One file per optimizer: its settings, how many vectors it remembers, and the call of its kernel.

Each is PyTorch's for the same settings (`torch.optim`). Adding one is a file here, its rule in
`cnncli.kernels.optimizers`, and its line in the tests.
"""

from cnncli.training.choices import Family
from cnncli.training.optimizers._base import Handling, Optimizer

OPTIMIZERS = Family[Optimizer]("optimizers", "an optimizer")

__all__ = ["OPTIMIZERS", "Handling", "Optimizer"]
