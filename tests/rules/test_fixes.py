"""Fixes: what they write, what they leave as it is, and where none is offered."""

from __future__ import annotations

import pytest

from cnncli.rules.mend import mend
from cnncli.spec.source import Source, decode
from tests.specs import read


def mended(text: str) -> str:
    return mend(Source("net.yaml", text)).source.text


def spec(layers: str, more: str = "") -> str:
    """Layers, each on a line of its own with its dash, on an image of 3 x 32 x 32."""
    return f"input: [3, 32, 32]\nlayers:\n{layers}\n{more}"


def flow(layer: str) -> str:
    return spec(f"  - {{{layer}}}")


def block(*lines: str) -> str:
    return spec("  - " + "\n    ".join(lines))


# A key that is called something else


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (flow("type: conv, filters: 8, kernel_size: 3"), flow("type: conv, filters: 8, kernel: 3")),
        (flow("type: conv, filters: 8, kernel: 3, Pad : 1"), flow("type: conv, filters: 8, kernel: 3, padding : 1")),
        (flow("type: conv, out-channels: 8, KERNEL: 3"), flow("type: conv, filters: 8, kernel: 3")),
        (flow("type: conv, filters: 8, kernelSize: [3, 5]"), flow("type: conv, filters: 8, kernel: [3, 5]")),
        (
            flow("\"type\": 'conv', \"filters\": 8, 'kernel_size': 3"),
            flow("\"type\": 'conv', \"filters\": 8, 'kernel': 3"),
        ),
        (
            block("type: conv  # kernel_size: 1", "num_output: 8  # 層", "kernel_size: 3"),
            block("type: conv  # kernel_size: 1", "filters: 8  # 層", "kernel: 3"),
        ),
        (
            flow("type: conv, filters: 8, kernel: 3, use_bias: no"),
            flow("type: conv, filters: 8, kernel: 3, bias: false"),
        ),
        (
            flow("type: conv, filters: 8, kernel: 3, Activation: ReLU"),
            flow("type: conv, filters: 8, kernel: 3, activation: relu"),
        ),
        (
            spec("  - {type: linear}", "training: {lr: 0.1, BatchSize: '32'}\n"),
            spec("  - {type: linear}", "training: {learning_rate: 0.1, batch_size: 32}\n"),
        ),
        ("Input: [8]\nLAYERS: [{type: linear}]\n", "input: [8]\nlayers: [{type: linear}]\n"),
        (
            spec("  - {use: unit, Width: 8}", "blocks: {unit: {params: {width: }, layers: [{type: linear}]}}\n"),
            spec("  - {use: unit, width: 8}", "blocks: {unit: {params: {width: }, layers: [{type: linear}]}}\n"),
        ),
    ],
)  # fmt: skip
def test_a_key_is_renamed(before: str, after: str) -> None:
    assert mended(before) == after


# A kind that is called something else


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Flatten", "flatten"), ("nn.Flatten", "flatten"), ("ravel", "flatten"), ("ReLU", "relu"), ("re_lu", "relu"),
        ("LeakyReLU", "leaky_relu"), ("tf.keras.layers.Dropout", "dropout"), ("BatchNorm2d", "batchnorm"),
        ("Identity", "linear"), ("GlobalAveragePooling2D", "global_avgpool"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_kind_is_renamed(written: str, kind: str, quote: str) -> None:
    assert mended(flow(f"type: {quote}{written}{quote}")) == flow(f"type: {quote}{kind}{quote}")
    assert mended(block(f"type: {quote}{written}{quote}")) == block(f"type: {quote}{kind}{quote}")


def test_what_a_kind_brings_to_light_is_mended_with_it() -> None:
    """The keys of a layer are read only where its kind is known: two faults more are no reason to leave the first."""
    before = flow("type: Conv2d, out_channels: '8', kernel_size: 3.0, use_bias: yes, activation: nn.ReLU")
    assert mended(before) == flow("type: conv, filters: 8, kernel: 3, bias: true, activation: relu")


# A value that is written as another type


@pytest.mark.parametrize(
    ("written", "meant"),
    [("'8'", "8"), ('"8"', "8"), ("8.0", "8"), ("8.", "8"), ("'8.0'", "8"), ("0x1F", "31"), ("1_0.0", "1_0")],
)
def test_a_whole_number_is_written_as_one(written: str, meant: str) -> None:
    assert mended(flow(f"type: conv, filters: {written}, kernel: 1")) == flow(
        f"type: conv, filters: {meant}, kernel: 1"
    )
    assert mended(f"input: [3, {written}, 32]\nlayers: [{{type: flatten}}]") == (
        f"input: [3, {meant}, 32]\nlayers: [{{type: flatten}}]"
    )


@pytest.mark.parametrize(("written", "meant"), [("'1e-3'", "1e-3"), ('".5"', ".5"), ("0x10", "16")])
def test_a_number_is_written_as_one(written: str, meant: str) -> None:
    before, after = (spec("  - {type: linear}", f"training: {{learning_rate: {text}}}\n") for text in (written, meant))
    assert mended(before) == after


@pytest.mark.parametrize(
    ("written", "meant"),
    [("yes", "true"), ("ON", "true"), ("'true'", "true"), ("TRUE", "true"), ("No", "false"), ('"off"', "false")],
)
def test_a_switch_is_written_as_one(written: str, meant: str) -> None:
    assert mended(block("type: conv", f"bias: {written}  # why", "filters: 8", "kernel: 1")) == block(
        "type: conv", f"bias: {meant}  # why", "filters: 8", "kernel: 1"
    )


# A key that is there twice


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (flow("type: conv, filters: 8, kernel: 3, filters: 8"), flow("type: conv, filters: 8, kernel: 3")),
        (flow("type: conv, filters: 8,  filters:  8 , kernel: 3"), flow("type: conv, filters: 8 , kernel: 3")),
        (flow("type: linear, name: a, name: a, 'name': a"), flow("type: linear, name: a")),
        (
            spec("  - {type: linear,\n     name: a,\n     name: a\n    }"),
            spec("  - {type: linear,\n     name: a,\n    }"),
        ),
        (block("type: conv", "filters: 8", "filters: 8", "kernel: 3"), block("type: conv", "filters: 8", "kernel: 3")),
        ("name: a\ninput: [8]\nlayers: [{type: linear}]\nname: a", "name: a\ninput: [8]\nlayers: [{type: linear}]"),
        (
            "name: a\nname: a\nname: a\ninput: [8]\nlayers: [{type: linear}]\n",
            "name: a\ninput: [8]\nlayers: [{type: linear}]\n",
        ),
        (flow("type: conv, filters: 8, kernel: 3.0, kernel: 3.0"), flow("type: conv, filters: 8, kernel: 3")),
    ],
)
def test_the_second_of_two_keys_is_removed(before: str, after: str) -> None:
    assert mended(before) == after


# What is left as it is

WRITTEN = """# '3' 🎉

input:  [3, '32', 32]   # 層
layers:

  - {type: Conv2D, name: 層é, out_channels: 8,   "kernel_size" : 3}  # yes, 層 'kernel_size'
  -  # no
    type: FLATTEN\t# LINEAR
    name: "kernel_size"

training: {epochs: 10.0,}"""
MEANT = """# '3' 🎉

input:  [3, 32, 32]   # 層
layers:

  - {type: conv, name: 層é, filters: 8,   "kernel" : 3}  # yes, 層 'kernel_size'
  -  # no
    type: flatten\t# LINEAR
    name: "kernel_size"

training: {epochs: 10,}"""


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
@pytest.mark.parametrize("end", ["", "\n", "\n# 層\n\n"])
def test_all_else_stays(line_break: str, end: str) -> None:
    before, after = ((text + end).replace("\n", line_break) for text in (WRITTEN, MEANT))
    assert mended(before) == after


def test_a_byte_order_mark_does_not_move_the_places() -> None:
    source = decode("net.yaml", b"\xef\xbb\xbf" + WRITTEN.encode())
    assert mend(source).source.text == MEANT


@pytest.mark.parametrize(
    "text",
    [
        # values that stand for an argument, or that others share by an anchor
        spec("  - {type: conv, filters: $n, kernel: 3}", "params: {n: '8'}\n"),
        spec("  - {type: conv, filters: 8, kernel: 3, bias: $with}", "params: {with: no}\n"),
        spec("  - {type: $kind}", "params: {kind: Flatten}\n"),
        spec("  - {type: conv, filters: 8, kernel_size: $n}", "params: {n: 3.0}\n"),
        spec(
            "  - {use: unit, bias: yes}",
            "blocks: {unit: {params: {bias: }, layers: [{type: conv, filters: 1, kernel: 1, bias: $bias}]}}\n",
        ),
        spec("  - {type: conv, filters: 8, kernel: 3, name: &n yes, bias: *n}"),
        spec("  - {type: &k Flatten}\n  - {type: *k}"),
        spec("  - {type: conv, filters: 8, &k kernel_size : 3}"),
        # words and numbers that are not certain
        flow("type: conv, filters: 08, kernel: 1"),
        flow("type: conv, filters: '08', kernel: 1"),
        spec("  - {type: linear}", "training: {learning_rate: 01}\n"),
        spec("  - {type: linear}", "training: {learning_rate: '01'}\n"),
        flow("type: conv, filters: 1e1, kernel: 1"),
        flow("type: conv, filters: 0.99999999999999999999, kernel: 1"),
        flow("type: conv, filters: '8 ', kernel: 1"),
        flow('type: conv, filters: "\\x38", kernel: 1'),
        flow("type: conv, filters: '8\n      ', kernel: 1"),
        block("type: conv", "kernel: 1", "filters: |-", "  8"),
        flow("type: conv, filters: 8, kernel: 1, bias: maybe"),
        spec("  - {type: conv, filters: 8, kernel: 1, bias: yes}", "params: {yes: true}\n"),
        flow("type: Flaten"),
        flow("type: Linear"),
        flow("type: nn.Linear"),
        flow("type: Dropout2d"),
        flow("type: Softmax2d"),
        flow("type: Conv3d"),
        flow("type: 'flat+ten'"),
        flow("type: conv, filters: 8, kernel: 3, activation: MaxPool"),
        # keys that are not certain
        flow("type: conv, filters: 8, kernl: 3"),
        flow("type: conv, filters: 8, kernel: 3, kernel_size: 3"),
        flow("type: conv, filters: 8, kernel_size: 3, KERNEL: 3"),
        flow("type: maxpool, kernel: 3, ceil_mode: true"),
        flow("type: conv, filters: 8, kernel: 3, pads: [0, 0, 1, 1]"),
        flow("type: dropout, prob: 0.9"),
        flow("type: relu, inputs: input"),
        flow("type: conv, filters: 8, kernel: 3, $bias: true"),
        flow("type: conv, filters: 8, kernel_size: big"),
        spec("  - {use: a, W_: 1}", "blocks: {a: {params: {w: 1, W: 2}, layers: [{type: linear, name: $w$W}]}}\n"),
        # keys that are there twice
        flow("type: linear, name: a, name: b"),
        flow("type: linear, name: 'a', name: 'a'"),
        flow("type: linear, name: &a a, name: *a"),
        flow("type: linear, name: a, name: &a a"),
        flow("type: conv, filters: 8, kernel: [3, 3], kernel: [3, 3]"),
        "name: a b\nname: a\n  b\ninput: [8]\nlayers: [{type: linear}]\n",
        block("type: linear", "name: a", "name: a  # why"),
        block("type: linear", "name: a", "? name", ": a"),
        flow("type: linear, name: a, ? name : a"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_not_offered(text: str) -> None:
    found = read(text).diagnostics
    assert [finding for finding in found if finding.severity == "error"]
    assert [finding.fix for finding in found if finding.fix] == []
    assert mended(text) == text


def test_a_block_is_mended_where_it_stands_and_once() -> None:
    text = "input: [3, 8, 8]\nblocks: {{unit: {{layers: [{{type: {}}}]}}}}\nlayers: [{{use: unit}}, {{use: unit}}]\n"
    result = mend(Source("net.yaml", text.format("ReLU")))
    assert (result.source.text, result.count) == (text.format("relu"), 1)


def test_an_anchored_layer_is_mended_where_it_stands() -> None:
    before = spec("  - &unit {type: conv, filters: 3, kernel_size: '1'}\n  - *unit")
    assert mended(before) == spec("  - &unit {type: conv, filters: 3, kernel: 1}\n  - *unit")


def test_a_fix_that_leads_to_more_faults_is_not_made_and_the_others_are() -> None:
    hopeless = "  - {type: Conv2D}\n" * 12  # of which each would lack two keys
    before, after = (
        spec(hopeless + f"  - {{type: conv, filters: 3, kernel: 1, bias: {word}}}\n" * 12) for word in ("yes", "true")
    )
    assert mended(before) == after
