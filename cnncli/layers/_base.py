"""What every layer kind is: fields, a shape rule, declared parameters, a cost, and two passes.

A kind is a frozen dataclass in a file of its own name. Its fields are declared with `option`, which says
how the YAML value is read; everything else (the table, the counts, the engine, the checkpoint's names) asks
the layer's methods.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, dataclass_transform

from cnncli.layers._shapes import image_shape as image_shape
from cnncli.spec.values import Read

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
else:
    Array = Any  # a layer's arithmetic needs no numpy, and `inspect` does not import it

Shape = tuple[int, ...]
"""A single image's activation: (C, H, W); (C, W) for a signal; (U,) once flattened."""

REQUIRED = dataclasses.MISSING


def option(read: Read, help: str, default: Any = REQUIRED) -> Any:
    """A field of a kind: how its YAML value is read, what it is for, and what it is when left out."""
    if default is REQUIRED:
        return field(metadata={"read": read, "help": help})
    return field(default=default, metadata={"read": read, "help": help})


class Sight(NamedTuple):
    """What an output sees of its layer's input along one axis: from its first cell on, `reach / parts` cells more.

    What the next output sees begins `step / parts` cells further on: of an upsampled image several see one cell. Of
    fractions, whole cells count.
    """

    reach: int = 0
    step: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """A tensor the layer learns or keeps, and how it starts.

    `fan_in` and `fan_out` scale random values (Glorot & Bengio, 2010); `value` is what `constant` fills it with, and
    the number that `normal`, `uniform` and `orthogonal` take.
    """

    name: str
    shape: tuple[int, ...]
    initializer: str
    fan_in: int = 1
    fan_out: int = 1
    value: float = 0.0

    @property
    def count(self) -> int:
        return math.prod(self.shape)


@dataclass(slots=True)
class Memory:
    """What a layer holds while it runs: its tensors, their gradients, and scratch that lasts one step.

    `buffers` are the tensors it keeps without learning them. `count` is the number of images in the batch: lanes
    past it are idle and take no part in statistics. `training` switches dropout on; `seed` and `step` name the
    random numbers of this layer in this step; `relu` says that the network has fused a ReLU into this layer, `adds`
    that `backward` is to add to what dx holds.
    """

    weights: dict[str, Array] = field(default_factory=dict)
    gradients: dict[str, Array] = field(default_factory=dict)
    buffers: dict[str, Array] = field(default_factory=dict)
    scratch: dict[str, Array] = field(default_factory=dict)
    count: int = 0
    training: bool = False
    relu: bool = False
    adds: bool = False
    seed: int = 0
    step: int = 0


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(option,))
class Layer(ABC):
    """A layer kind. Subclasses say `class MaxPool(Layer, kind="maxpool")` and become frozen dataclasses.

    `example` is a YAML flow mapping and the input shape it goes with: the smallest honest use of the kind.
    """

    kind: ClassVar[str] = ""
    family: ClassVar[str] = ""
    """What `cnncli layers` lists it under: weights, pooling, normalisation, shape, ..."""
    also_called: ClassVar[tuple[str, ...]] = ()
    """Words that other libraries have for it, for the hint where one of them stands in a spec."""
    example: ClassVar[tuple[str, Shape]] = ("", ())
    merges: ClassVar[bool] = False
    """Whether it takes several inputs: then x and dx are tuples, of shapes or of arrays, in `Merge`."""
    takes_activation: ClassVar[bool] = False
    """Whether the YAML key `activation:` may follow this layer's own output, in place."""
    fuses_relu: ClassVar[bool] = False
    """Whether the two passes heed `memory.relu`, which saves a pass over memory."""
    takes_relu_over: ClassVar[bool] = False
    """Whether a ReLU before it may be computed by it instead, to the same outputs and gradients."""
    shares_memory: ClassVar[bool] = False
    """Whether the output is the input seen in another shape, gradients too."""
    shares_gradient: ClassVar[bool] = False
    """Whether each input's gradient is dy (after a fused ReLU's mask in place), which `backward` but copies."""
    keeps_gradient: ClassVar[bool] = False
    """Whether `backward` leaves dy as it was, unless it has an activation to go back through."""
    takes_norm: ClassVar[bool] = False
    """Whether a batch norm after it can be folded into its weight and bias; then it is a `WeightedLayer`."""
    folds_away: ClassVar[bool] = False
    """Whether, outside training, it is an affine map of each channel that such a layer can take in."""
    backward_reads_input: ClassVar[bool] = True
    """Whether the numbers in x matter to `backward`, not its shape alone. If not, others may lie there by then."""
    backward_reads_output: ClassVar[bool] = True
    """Whether those in y do."""
    relu_reads_output: ClassVar[bool] = True
    """Whether those in y do where `memory.relu` is set."""
    forward_uses_scratch: ClassVar[bool] = True
    """Whether `forward` leaves something in scratch. If not, `backward` alone has it."""
    formulas: ClassVar[dict[str, str]] = {}
    """The kind's arithmetic in words, for `cnncli layers`: "output", "parameters", "MACs", and what else there is."""
    drops_means: ClassVar[bool] = False
    """Whether it takes each channel's mean away, so that a constant added to a channel before it changes nothing."""
    gives_probabilities: ClassVar[bool] = False
    """Whether outputs are probabilities, so that a loss on logits has to look at the input instead."""
    keeps_values: ClassVar[bool] = False
    """Whether the outputs are the inputs, in another shape at most; in training, some of them may be dropped."""
    is_random: ClassVar[bool] = False
    """Whether it drops what it draws in training, so that no two steps have the same outputs."""
    mixes_images: ClassVar[bool] = False
    """Whether, in training, an image's outputs depend on the other images of its batch."""
    gates: ClassVar[bool] = False
    """Whether its inputs are multiplied with one another, so that one is a gate for the others."""

    def __init_subclass__(cls, kind: str = "", **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.kind = kind
        dataclass(frozen=True, kw_only=True)(cls)

    # What the layer is, by arithmetic alone: integers and tuples.

    @abstractmethod
    def output_shape(self, x: Shape) -> Shape:
        """The output's shape for one image; raises `Problem` where the input cannot be taken."""

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        """The tensors the layer learns, given its input's shape."""
        return ()

    def buffers(self, x: Shape) -> tuple[Parameter, ...]:
        """Tensors that are kept and saved but not learned (a norm's running statistics)."""
        return ()

    def macs(self, x: Shape) -> int:
        """Multiplications for one image, of conv and dense layers only, as torchvision's table counts."""
        return 0

    def settings(self) -> str:
        """The layer's settings in a few words, for a table."""
        return ""

    def does_nothing(self, x: Shape) -> bool:
        """Whether, with these settings, the outputs are the inputs as they are, in training too."""
        return False

    def adds_gradient(self, x: Shape) -> bool:
        """Whether `backward` heeds `memory.adds`: else the network adds, in a pass over memory of its own."""
        return False

    def sight(self, x: Shape) -> tuple[Sight, ...]:
        """What an output sees along each axis but the channels; a norm's statistics do not count."""
        return tuple(Sight() for _ in x[1:])

    # What the layer does, batch in the lanes: arrays are [B, C, H, W, L] or [B, U, L], float32.

    def scratch(self, x: Shape, y: Shape, blocks: int, lanes: int) -> dict[str, tuple[tuple[int, ...], str]]:
        """Arrays the two passes of a step share, of undefined contents at first: name -> (shape, dtype)."""
        return {}

    @abstractmethod
    def forward(self, memory: Memory, x: Array, y: Array) -> None:
        """Fill y from x."""

    @abstractmethod
    def backward(self, memory: Memory, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        """Fill dx (unless it is None: nobody needs it) and the parameters' gradients from dy.

        Where `memory.adds`, dx holds a gradient already, and this one is added.
        What the kind says it does not read of x and y may hold anything by now. dy may be overwritten. dx may be dy
        itself only for an `Activation` that works in place.
        """


class Activation(Layer):
    """An element-wise layer that the YAML key `activation:` can name.

    `in_place`: its gradient follows from its output alone, so that it overwrites what it is given. Where it does
    not, the graph makes the activation a node of its own.
    """

    family: ClassVar[str] = "activations"
    in_place: ClassVar[bool] = True
    backward_reads_input: ClassVar[bool] = False
    fused_as_relu: ClassVar[bool] = False

    @property
    def bounds(self) -> tuple[float, float]:
        """No output is less than the first or more than the second; infinite where there is no such end."""
        return -math.inf, math.inf

    def output_shape(self, x: Shape) -> Shape:
        return x


@cache
def field_readers(layer: type[Layer]) -> dict[str, tuple[Callable[..., Any], bool]]:
    """The kind's YAML keys: name -> (reader, whether it is required)."""
    return {
        item.name: (item.metadata["read"], item.default is dataclasses.MISSING)
        for item in dataclasses.fields(layer)  # type: ignore[arg-type]
    }
