"""One file per named data set: `mnist_5k.py` is `--data mnist-5k`.

Each has a `load(request)` that returns a `DataSet`, and its docstring's first line is its description. A file
put here is a data set that the command line knows: nothing else lists them.
"""
