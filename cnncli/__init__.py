"""cnncli: convolutional networks written once, as YAML; checked, explained, and trained on a CPU."""

__version__ = "0.1.0"
