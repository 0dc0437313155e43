"""What may stand in a list of layers beside the layer kinds, in words: `parallel`, `head`, `use`, and common keys.

`cnncli layers` and the reference pages show it. `cnncli.graph.item_reader` reads these items; a test holds the keys
here against those that it takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnncli import layers
from cnncli.graph.blocks import layer_list
from cnncli.graph.items import branches_of, head_weight, input_names, layer_name, repeat_count
from cnncli.spec import values
from cnncli.spec.problem import did_you_mean, plain, same_word
from cnncli.spec.schema import Schema, or_expression, or_parameter, ref, schema_of


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an item. `default` is what it is when left out; None where that is said in `help`.

    `schema` says what may stand there.
    """

    name: str
    help: str
    schema: Schema
    default: str | int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """An item that is no layer kind. `example` is a spec that holds, but for its `version:`."""

    name: str
    summary: str
    about: tuple[str, ...]
    keys: tuple[Key, ...]
    example: str
    also_called: tuple[str, ...] = ()


COMMON_KEYS = (
    Key(
        "name",
        "what tables, `from:` and the weights' file call it; its kind and a count if left out",
        or_expression(schema_of(layer_name)),
    ),
    Key(
        "from",
        "the output it takes: a layer's name, or `input`; a list of names where it takes several",
        or_expression(schema_of(input_names)),
        default="previous",
    ),
    Key(
        "repeat",
        "how many of it follow one another, each with weights of its own",
        or_expression(schema_of(repeat_count)),
        default=1,
    ),
)
ACTIVATION_KEY = Key(
    "activation",
    "what follows its output: `relu`, or `{type: relu}` with the activation's own fields",
    ref("activation"),
)

PARALLEL = Structure(
    "parallel",
    "Branches side by side that start from one input and end in a merge.",
    (
        "Each branch is a list of layers, and all of them take what reaches `parallel`; `[]` is the identity, as the "
        "shortcut of a residual network is. The outputs go to the merge in the order of the branches. It is named as "
        "a layer of the merge's kind is, and the layers inside `add1.1.conv1`, `add1.2.conv1`, and so on.",
    ),
    (
        Key("merge", "the kind that joins the branches: `add`, `concat`, `multiply`", ref("merge"), required=True),
        Key(
            "branches",
            "a list of branches, or a mapping of names to branches; two at least",
            or_parameter(schema_of(branches_of)),
            required=True,
        ),
        *COMMON_KEYS,
        ACTIVATION_KEY,
    ),
    """input: [8, 6, 6]
layers:
  - type: parallel
    merge: add
    activation: relu
    branches:
      - - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
        - {type: conv, filters: 8, kernel: 3, padding: 1}
      - []
""",
    ("branch", "split"),
)

HEAD = Structure(
    "head",
    "Layers on the side that end in an output of their own, for training alone.",
    (
        "The loss of the side output counts `weight` times beside that of the network's own output; the layer after "
        "a head takes what reached the head. Evaluation and prediction look at the network's own output only "
        '(Szegedy et al., "Going deeper with convolutions", 2014).',
    ),
    (
        Key("layers", "the list of layers on the side", or_parameter(schema_of(layer_list)), required=True),
        Key("weight", "what its loss counts for, from 0 to 1", or_expression(schema_of(head_weight)), required=True),
        *COMMON_KEYS,
    ),
    """input: [1, 8, 8]
layers:
  - {type: conv, filters: 8, kernel: 3, activation: relu}
  - type: head
    name: aux
    weight: 0.3
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
  - {type: conv, filters: 16, kernel: 3, activation: relu}
  - {type: flatten}
  - {type: dense, units: 10}
""",
    ("aux", "auxiliary", "side_output"),
)

USE = Structure(
    "use",
    "A block of the spec's `blocks:`, with values for its parameters.",
    (
        "A block is a named list of layers. Its `params:` map names to defaults, an empty one being required; inside, "
        "`$name` stands for the value, and `$width * 4` or `($width + 1) // 2` for whole numbers made of them. Where "
        "the block is used its parameters are keys of the item. Blocks may use other blocks, and `input` in a `from:` "
        "inside is what the block is given.",
    ),
    (
        Key("use", "the block's name", or_expression(schema_of(values.text)), required=True),
        Key(
            "first",
            "values for the first repetition alone, such as `{stride: 2}`",
            or_parameter({"type": "object"}),
        ),
        *COMMON_KEYS,
    ),
    """input: [3, 17, 17]
blocks:
  unit:
    params: {width: , stride: 1}
    layers:
      - {type: conv, filters: $width, kernel: 3, stride: $stride, padding: 1}
      - {type: relu}
layers:
  - {use: unit, name: stage1, width: 8}
  - {use: unit, name: stage2, width: 16, repeat: 2, first: {stride: 2}}
""",
    ("block",),
)

STRUCTURE = (PARALLEL, HEAD, USE)


_MOST_LISTED = 20
_NOT_THE_SAME = ("linear", "dropout2d", "softmax2d")
"""PyTorch's Linear is our `dense`; its Dropout2d drops whole channels, its Softmax2d goes along them."""


def meant_kind(word: str, known: tuple[str, ...]) -> str | None:
    """The kind that another library's word, or another spelling, means for certain."""
    if plain(word) in _NOT_THE_SAME or not re.fullmatch(r"[\w.-]+", word, re.ASCII):
        return None
    return same_word(word, known, _others())


def suggest(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A hint for a word that no kind has. It loads all kinds, which takes time only where there is a fault."""
    hints = did_you_mean(word, known, _others())
    return ("`cnncli layers` lists them",) if hints[0].startswith("known: ") and len(known) > _MOST_LISTED else hints


def _others() -> dict[str, str]:
    """What other libraries call kinds and items."""
    return layers.also_called() | {other: item.name for item in STRUCTURE for other in item.also_called}
