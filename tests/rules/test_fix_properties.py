"""Specs made of pieces, some of them written as fixes mend it: those pieces change, and not a character beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from cnncli.errors import Diagnostic
from cnncli.rules.judge import Policy
from cnncli.rules.mend import mend
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import judged_text
from cnncli.spec.source import Source

ERRORS = Policy(Selection(select=()))

KINDS = {
    "conv": ["Conv2D", "nn.Conv2d", "convolution", "CONV"],
    "maxpool": ["MaxPool2d", "max_pool", "MaxPooling2D"],
    "leaky_relu": ["LeakyReLU", "lrelu"],
    "dropout": ["Dropout"],
}
FIELDS = {
    "conv": {"filters": "8", "kernel": "3", "padding": "1", "stride": "1", "bias": "true"},
    "maxpool": {"kernel": "3", "padding": "1", "stride": "1"},
    "leaky_relu": {"slope": "0.1"},
    "dropout": {"p": "0.5"},
}
REQUIRED = ("filters", "kernel", "stride")  # without a stride of 1 a pool might not fit
KEYS = {
    "filters": ["out_channels", "num_output", "Filters"],
    "kernel": ["kernel_size", "KERNEL", "window", "KernelSize"],
    "padding": ["pad", "pad_ding"],
    "stride": ["strides", "Stride"],
    "bias": ["use_bias", "Bias", "use-bias"],
    "slope": ["negative_slope", "Slope"],
    "p": ["rate", "P"],
    "learning_rate": ["lr", "learning-rate", "LearningRate"],
    "epochs": ["Epochs"],
}
SETTINGS = {"learning_rate": "1e-3", "epochs": "10"}
UNFIXABLE_VALUES = {"8": "08", "3": "1:30", "1": "one", "true": "perhaps", "10": "1e1"}
UNFIXABLE_KEYS = {"filters": "filtres", "kernel": "kernl", "stride": "strde", "slope": "slop", "epochs": "epoch"}
COMMENTS = st.sampled_from(["", "  # kernel_size: '3'", "\t# 層 🎉 yes", " #"])


@dataclass(frozen=True)
class Piece:
    """A part of a text, and what it is meant to be; a part of the layout is meant as it is."""

    written: str
    meant: str


Pieces = list[Piece]


def as_it_is(text: str) -> Piece:
    return Piece(text, text)


def forms(value: str) -> list[str]:
    """Ways to write a value that a fix turns into it."""
    if value == "true":
        return ["yes", "On", "'true'", "TRUE"]
    quoted = [f"'{value}'", f'"{value}"']
    return [*quoted, f"{value}.0", f"{value}.", hex(int(value))] if value.isdigit() else quoted


@st.composite
def field_pieces(draw: st.DrawFn, key: str, value: str, before: str, after: str, hopeless: bool) -> Pieces:
    """`key: value` between two parts of the layout; `hopeless` ones may have a fault that no fix is offered for."""
    quote = draw(st.sampled_from(["", "'", '"']))
    space = draw(st.sampled_from([" ", "  "]))
    kinds = ["right", "right", "key", "value", "both", "twice"] + (["bad key", "bad value"] if hopeless else [])
    kind = draw(st.sampled_from(kinds))
    written_key, written_value = key, value
    if kind in ("key", "both"):
        written_key = draw(st.sampled_from(KEYS[key]))
    if kind in ("value", "both"):
        written_value = draw(st.sampled_from(forms(value)))
    if kind == "bad key" and key in UNFIXABLE_KEYS:
        key = written_key = UNFIXABLE_KEYS[key]
    if kind == "bad value" and value in UNFIXABLE_VALUES:
        value = written_value = UNFIXABLE_VALUES[value]
        written_key = draw(st.sampled_from([key, *KEYS[key]]))
        key = written_key  # nothing is certain about a key whose value cannot be read
    name = [as_it_is(before + quote), Piece(written_key, key), as_it_is(f"{quote}:{space}")]
    pieces = [*name, Piece(written_value, value), as_it_is(after)]
    if kind == "twice":
        pieces.append(Piece(f"{before}{quote}{key}{quote}: {value}{after}", ""))
    return pieces


@st.composite
def all_pieces(draw: st.DrawFn, fields: dict[str, str], before: str, after: str, hopeless: bool) -> Pieces:
    """The fields of a mapping, one after the other."""
    drawn = [draw(field_pieces(key, value, before, after, hopeless)) for key, value in fields.items()]
    return [piece for pieces in drawn for piece in pieces]


@st.composite
def layer_pieces(draw: st.DrawFn, number: int, hopeless: bool, kinds_too: bool) -> Pieces:
    kind = draw(st.sampled_from(list(KINDS)))
    fields = {k: v for k, v in FIELDS[kind].items() if k in REQUIRED or draw(st.booleans())}
    written = draw(st.sampled_from([kind, *KINDS[kind]])) if kinds_too else kind
    if draw(st.booleans()):
        comment = draw(COMMENTS)
        start = [as_it_is(f"  - {{name: 層{number}, type: "), Piece(written, kind)]
        return [*start, *draw(all_pieces(fields, ", ", "", hopeless)), as_it_is(f"}}{comment}\n")]
    start = [as_it_is("  - type: "), Piece(written, kind), as_it_is(f"{draw(COMMENTS)}\n")]
    return [*start, *draw(all_pieces(fields, "    ", "\n", hopeless))]


@st.composite
def specs(draw: st.DrawFn, *, hopeless: bool = False, kinds_too: bool = False) -> Pieces:
    size = draw(st.sampled_from(["32", *forms("32")]))
    pieces = [as_it_is("# 'yes' 層\ninput: [3, "), Piece(size, "32"), as_it_is(", 32]\nlayers:\n")]
    for number in range(draw(st.integers(1, 4))):
        pieces += draw(layer_pieces(number, hopeless, kinds_too))
    if draw(st.booleans()):
        pieces += [as_it_is("training:\n"), *draw(all_pieces(SETTINGS, "  ", "\n", hopeless))]
    line_break = draw(st.sampled_from(["\n", "\r\n"]))
    return [Piece(*(part.replace("\n", line_break) for part in (piece.written, piece.meant))) for piece in pieces]


def source_of(pieces: Pieces) -> Source:
    return Source("net.yaml", "".join(piece.written for piece in pieces))


def said(found: tuple[Diagnostic, ...]) -> set[str]:
    return {f"{finding.fault.code}: {finding.message}" for finding in found}


@given(specs(kinds_too=True))
def test_what_can_be_mended_is_mended_and_nothing_else_changes(pieces: Pieces) -> None:
    result = mend(source_of(pieces), ERRORS)
    assert result.source.text == "".join(piece.meant for piece in pieces)
    assert result.remaining == ()


@given(specs(hopeless=True))
def test_beside_faults_that_stay_no_new_ones_appear(pieces: Pieces) -> None:
    """Each piece is mended or left, what stands between them is the same byte for byte."""
    source = source_of(pieces)
    before = judged_text(source, ERRORS)
    result = mend(source, ERRORS)
    either = "".join(f"(?:{re.escape(piece.written)}|{re.escape(piece.meant)})" for piece in pieces)
    assert re.fullmatch(either, result.source.text)
    assert said(result.remaining) <= said(before)
    assert not [finding for finding in result.remaining if finding.fix]


@given(specs(hopeless=True, kinds_too=True))
def test_to_mend_again_changes_nothing(pieces: Pieces) -> None:
    result = mend(source_of(pieces), ERRORS)
    assert mend(result.source, ERRORS).source.text == result.source.text
