"""Data sets and images. Importing this package imports no numpy: reading a data set does."""

from cnncli.data.catalog import entries, load, names
from cnncli.data.dataset import DataSet, Split
from cnncli.data.fitting import fit

__all__ = ["DataSet", "Split", "entries", "fit", "load", "names"]
