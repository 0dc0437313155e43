"""Ways to break a spec: its bytes, its lines, its values, its structure. Each takes bytes and draws what to do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_WORD = re.compile(rb"[A-Za-z_$][\w.$-]*|-?[0-9]+(?:\.[0-9]+)?")
_VALUE = re.compile(rb"(?<=: )[^,}\]\n#]+")
_ITEM = re.compile(rb"^ *- .*$", re.MULTILINE)
_ODD = (
    b"0", b"-1", b"1", b"2", b"3", b"7", b"012", b"1:30", b"1e3", b"1e-3", b"1e999", b".5", b"0x10", b"1_000",
    b"10" * 40, b"9" * 61, b"1000000000000", b"100000", b"100001", b"1000000000", b"nan", b".inf", b"-.inf",
    b"2026-11-21", b"true", b"yes", b"on", b"null", b"~", b"", b"''", b'"3"', b"[]", b"{}", b"[1, 2]", b"[[3]]",
    b"[0, 1, 2, 3]", b"{type: relu}", b"same", b"valid", b"floor", b"ceil", b"$", b"$x", b"$width * 4", b"$width / 0",
    b"($width", b"previous", b"input", b"[previous, input]", b"conv", b"softmax", b"head", b"parallel", b"add", b"relu",
    b"*a", b"&a 1", b"!!python/object:os.system x", b"<<", b"? x", b"|", b">", b"# noqa", b"%", b"@", b"`",
    b"\xe5\xb1\xa4", b"\xf0\x9f\x8e\x89",
)  # fmt: skip
_BYTES = (
    b"\0", b"\t", b"\r", b"\n", b"\r\n", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8",
    b"\x1b[31m", b"\x7f", b"{", b"}", b"[", b"]", b":", b": ", b"- ", b"#", b"&a ", b"*a", b"'", b'"', b"$", b"|\n",
    b"---\n", b"...\n", b"%YAML 1.1\n", b"[" * 70, b"{" * 70, b"- " * 70,
)  # fmt: skip

Mutation = Callable[[bytes, random.Random], bytes]


def flip_bytes(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def put_bytes(data: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(data) + 1)
    return data[:place] + draw.choice(_BYTES) + data[place:]


def cut_bytes(data: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(data) + 1)
    return data[:start] + data[start + draw.choice((1, 3, 20, 10_000)) :]


def move_lines(data: bytes, draw: random.Random) -> bytes:
    """Lines left out, written twice, swapped, or set in and out."""
    lines = data.split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    how = draw.randrange(5)
    if how == 0:
        del lines[one]
    elif how == 1:
        lines.insert(other, lines[one])
    elif how == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif how == 3:
        lines[one] = b"  " * draw.randrange(1, 4) + lines[one]
    else:
        lines[one] = lines[one][draw.randrange(1, 5) :]
    return b"\n".join(lines)


def change_value(data: bytes, draw: random.Random) -> bytes:
    return _put(data, list(_VALUE.finditer(data)), draw.choice(_ODD), draw)


def change_word(data: bytes, draw: random.Random) -> bytes:
    words = list(_WORD.finditer(data))
    if words and draw.random() < 0.5:
        return _put(data, words, draw.choice(words)[0], draw)
    return _put(data, words, draw.choice(_ODD), draw)


def repeat_items(data: bytes, draw: random.Random) -> bytes:
    """An item of a list many times, or nested in itself."""
    found = list(_ITEM.finditer(data))
    if not found:
        return data
    item = draw.choice(found)
    if draw.random() < 0.5:
        times = draw.choice((2, 10, 300))
        return data[: item.end()] + (b"\n" + item[0]) * times + data[item.end() :]
    indent = item[0][: len(item[0]) - len(item[0].lstrip())]
    nested = indent + b"- {type: parallel, merge: add, branches: [[" + item[0].strip()[2:] + b"], []]}"
    return data[: item.start()] + nested + data[item.end() :]


def alias_items(data: bytes, draw: random.Random) -> bytes:
    """An anchor on one value and aliases of it elsewhere."""
    values = list(_VALUE.finditer(data))
    if len(values) < 2:
        return data
    first = draw.choice(values[:-1])
    later = [value for value in values if value.start() > first.end()]
    chosen = draw.sample(later, min(len(later), draw.choice((1, 2, 5))))
    for value in sorted(chosen, key=lambda match: -match.start()):
        data = data[: value.start()] + b"*a " + data[value.end() :]
    return data[: first.start()] + b"&a " + data[first.start() :]


def drop_key(data: bytes, draw: random.Random) -> bytes:
    keys = list(re.finditer(rb"[a-z_]+: ?[^,}\]\n]*,? ?", data))
    return _put(data, keys, b"", draw)


def _put(data: bytes, places: list[re.Match[bytes]], text: bytes, draw: random.Random) -> bytes:
    if not places:
        return data
    place = draw.choice(places)
    return data[: place.start()] + text + data[place.end() :]


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, put_bytes, cut_bytes, move_lines, change_value, change_value, change_word, change_word, repeat_items,
    alias_items, drop_key,
)  # fmt: skip


def mutated(seeds: list[bytes], draw: random.Random) -> bytes:
    """One of the seeds, or pieces of two, broken one to six times."""
    data = draw.choice(seeds)
    if draw.random() < 0.1:
        other = draw.choice(seeds)
        data = data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        data = draw.choice(MUTATIONS)(data, draw)
    return data
