"""The keys of a spec and of a block, in words.

`cnncli.graph.build` and `cnncli.graph.blocks` read them; a test holds the keys here against those that they take.
"""

from __future__ import annotations

from cnncli.graph.blocks import layer_list, read_blocks, read_params
from cnncli.graph.build import input_shape, version_of
from cnncli.graph.structure import Key
from cnncli.spec import values
from cnncli.spec.schema import or_expression, ref, schema_of

_TEXT = schema_of(values.text)
_PARAMS = "parameters and their defaults, an empty one being required; `$name` stands for the value"
_DESCRIPTION = "what it is, in a sentence"

SPEC_KEYS = (
    Key("version", "the format's version", schema_of(version_of)),
    Key("name", "what tables and pages call the network; the file's name if left out", _TEXT),
    Key("description", _DESCRIPTION, _TEXT),
    Key("reference", "where the network comes from: a paper, a repository", _TEXT),
    Key(
        "input",
        "the shape of one image: [channels, height, width]; [channels, width] for a signal, [features] for a flat list",
        or_expression(schema_of(input_shape)),
        required=True,
    ),
    Key("params", _PARAMS, schema_of(read_params)),
    Key("blocks", "parts that are used more than once, by name", schema_of(read_blocks)),
    Key("defaults", "fields of every layer that has them and does not set them", ref("defaults")),
    Key("layers", "the layers; each takes the output of the one before it", schema_of(layer_list), required=True),
    Key("training", "how the network is trained; a flag of `cnncli train` goes before each", ref("training")),
    Key("expect", "what the network must have", ref("expect")),
    Key("limits", "what the network may have at most", ref("limits")),
)
BLOCK_KEYS = (
    Key("description", _DESCRIPTION, _TEXT),
    Key("params", _PARAMS, schema_of(read_params)),
    Key("layers", "the layers of the block", schema_of(layer_list), required=True),
)
