"""What add, concat and multiply share: several inputs, one output.

Where other kinds take one shape or one array as x and dx, these take a tuple of them, in the order of the inputs.
"""

from __future__ import annotations

from typing import ClassVar

from cnncli.layers._base import Layer, Shape

Shapes = tuple[Shape, ...]


class Merge(Layer):
    """A layer of several inputs. In a spec, `parallel` names it with `merge:`, or it says where `from:`."""

    family: ClassVar[str] = "merges"
    merges: ClassVar[bool] = True
    takes_activation: ClassVar[bool] = True
    backward_reads_output: ClassVar[bool] = False


def listed(shapes: Shapes) -> str:
    """`[64, 56, 56] and [128, 28, 28]`."""
    *before, last = (str(list(shape)) for shape in shapes)
    return f"{', '.join(before)} and {last}"
