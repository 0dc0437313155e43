"""The text that `cnncli new` writes: a spec that teaches the format, or another spec under a new name."""

from __future__ import annotations

import json
import os.path
import re
from pathlib import Path

from cnncli.report.words import printable
from cnncli.spec.nodes import Mapping, Scalar, Span
from cnncli.spec.reader import read
from cnncli.spec.source import Source

_STARTER = """\
# A small network for digits of 28x28 pixels, to begin with. Change what you like: `cnncli inspect FILE`
# shows what comes of it, and `cnncli train FILE --data mnist-5k` trains it in seconds.
version: 1
name: starter
description: Two convolutions and two dense layers.

# One image: [channels, height, width]. All sizes after it are calculated, and checked.
input: [1, 28, 28]

# Each layer takes the output of the one before it. `cnncli layers` lists the kinds there are, and
# `cnncli layers conv` what one of them takes; `parallel` and `use` are branches and repeated blocks.
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}   # 8 feature maps of 28x28
  - {type: maxpool, kernel: 2}                                          # 8 of 14x14
  - {type: conv, filters: 16, kernel: 3, activation: relu}              # 16 of 12x12
  - {type: maxpool, kernel: 2}                                          # 16 of 6x6
  - {type: flatten}                                                     # a list of 576 numbers
  - {type: dense, units: 64, activation: relu}
  - {type: dense, units: 10}                                            # one for each class

# How it is trained. A flag overrides one of these: `cnncli train FILE --data mnist-5k --epochs 3`.
training: {learning_rate: 0.02, momentum: 0.9, schedule: cosine, batch_size: 64, epochs: 6}

# What must come out: `inspect` and `train` refuse a network that does not keep to it. `parameters`,
# `buffers` and `macs` may be promised too, once the network is as it should be.
expect: {output: [10]}

# What it may not grow past, without the `#`:
# limits: {parameters: 50k, macs: 500k}
"""

_LINE_BREAK = re.compile("(\r\n|[\r\n\x85\u2028\u2029])")
_SCHEMA = re.compile(r"#\s+yaml-language-server\s*:.*\$schema[=:]\s*(\S+)")  # as the language server looks for it
_ELSEWHERE = re.compile(r"none\Z|[A-Za-z][\w+.-]+:", re.ASCII)  # no schema, or an address
_PLAIN = re.compile(r"[^\W\d][\w.-]*( [\w.-]+)*\Z")


def starting_spec(name: str, model: Source | None = None, folder: Path | None = None) -> str:
    """The text of a spec called `name`: that of `model`, comments and all, or a minimal one.

    A comment that names a schema for editors is left out unless it leads to one from `folder`.
    """
    return _without_lost_schema(_renamed(model or Source("starter", _STARTER), name), folder)


def _renamed(source: Source, name: str) -> str:
    """The text with another `name:`. Where it has none, or one of several lines, it stays as it is."""
    root, _ = read(source)
    record = root.values.get("name") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(record, Scalar) or record.is_null:
        return source.text
    key, span = root.keys["name"].span, record.span
    if not key.line == span.line == span.end_line or span.column < key.end_column:
        return source.text
    pieces = _LINE_BREAK.split(source.text)  # every second one is a break
    line = pieces[2 * (span.line - 1)]
    pieces[2 * (span.line - 1)] = line[: span.column - 1] + _scalar(name) + line[span.end_column - 1 :]
    return "".join(pieces)


def _without_lost_schema(text: str, folder: Path | None) -> str:
    pieces = _LINE_BREAK.split(text)
    for place in range(0, len(pieces), 2):
        found = _SCHEMA.match(pieces[place])
        if found and not (_ELSEWHERE.match(found[1]) or (folder and os.path.exists(folder / found[1]))):  # noqa: PTH110
            del pieces[place : place + 2]
            break
    return "".join(pieces)


def _scalar(name: str) -> str:
    """The name as YAML, in quotes where it would be read as something else."""
    text = printable(name)
    plain = _PLAIN.match(text) and not Scalar(text, True, Span(1, 1, 1, 1)).is_null
    return text if plain else json.dumps(text, ensure_ascii=False)
