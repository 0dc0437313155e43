"""What a layer says where another shape reaches it, or its own numbers do not go with the shape that does."""

from __future__ import annotations

import pytest

from tests.specs import chain, only_fault, text_of


@pytest.mark.parametrize(
    ("shape", "layer", "message", "hint"),
    [
        ([3, 8, 8], "type: conv1d, filters: 4, kernel: 3",
         "`conv1d` takes a signal [C, W]; what reaches it is an image [3, 8, 8]", "use `conv`"),
        ([3, 8, 8], "type: maxpool1d, kernel: 2",
         "`maxpool1d` takes a signal [C, W]; what reaches it is an image [3, 8, 8]", "use `maxpool`"),
        ([3, 8, 8], "type: avgpool1d, kernel: 2",
         "`avgpool1d` takes a signal [C, W]; what reaches it is an image [3, 8, 8]", "use `avgpool`"),
        ([3, 8], "type: conv, filters: 4, kernel: 3",
         "`conv` takes an image [C, H, W]; what reaches it is a signal [3, 8]", "use `conv1d`"),
        ([3, 8], "type: maxpool, kernel: 2",
         "`maxpool` takes an image [C, H, W]; what reaches it is a signal [3, 8]", "use `maxpool1d`"),
        ([3, 8], "type: avgpool, kernel: 2",
         "`avgpool` takes an image [C, H, W]; what reaches it is a signal [3, 8]", "use `avgpool1d`"),
        ([3, 8], "type: upsample, scale: 2",
         "`upsample` takes an image [C, H, W]; what reaches it is a signal [3, 8]",
         "`- {type: reshape, shape: [3, 1, 8]}` makes it an image"),
        ([3, 8], "type: dense, units: 4",
         "`dense` takes a flat list of numbers; what reaches it is a signal [3, 8]",
         "put `- {type: flatten}` before it"),
        ([3, 8], "type: softmax",
         "`softmax` takes a flat list of logits; what reaches it is a signal [3, 8]",
         "put `- {type: flatten}` and a dense layer before it"),
    ],
)  # fmt: skip
def test_another_shape_than_wanted(shape: list[int], layer: str, message: str, hint: str) -> None:
    fault = only_fault(text_of(shape, layer))
    assert (fault.fault.name, fault.message, fault.hints) == ("shape-not-accepted", message, (hint,))


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        ("type: conv1d, filters: 4, kernel: 3", "a signal [C, W]"),
        ("type: upsample, scale: 2", "an image [C, H, W]"),
        ("type: global_maxpool", "an image [C, H, W] or a signal [C, W]"),
        ("type: global_avgpool", "an image [C, H, W] or a signal [C, W]"),
        ("type: channel_shuffle, groups: 1", "an image [C, H, W] or a signal [C, W]"),
    ],
)
def test_after_flatten(layer: str, wanted: str) -> None:
    fault = only_fault(text_of([3, 8, 8], "type: flatten", layer))
    kind = layer.split()[1].rstrip(",")
    assert fault.message == f"`{kind}` takes {wanted}; what reaches it is [192]"
    assert fault.hints == ("move it before `flatten`",)


def test_the_way_from_a_signal_to_an_image_holds() -> None:
    layers = ("type: conv1d, filters: 4, kernel: 3", "type: reshape, shape: [4, 1, 6]", "type: upsample, scale: [2, 1]")
    assert chain([3, 8], *layers).output_shape == (4, 2, 6)


@pytest.mark.parametrize(
    ("shape", "layer", "name", "message", "arithmetic", "hint"),
    [
        ([1, 2, 2], "type: transposed_conv, filters: 1, kernel: 2, padding: [2, 1, 0, 0]", "padding-too-large",
         "padding 2 and 1 cuts away the whole height of 3", ["(2 - 1)*1 - 2 - 1 + 1*(2 - 1) + 0 + 1 = 0"],
         "padding that sums to 2 or less"),
        ([1, 2, 2], "type: transposed_conv, filters: 1, kernel: 2, stride: 2, output_padding: [0, 2]", "bad-value",
         "output padding 2 along the width is not smaller than stride 2 or dilation 1", [], "1 is the most"),
        ([1, 2, 2], "type: transposed_conv, filters: 1, kernel: 2, stride: 2, padding: same, output_padding: 1",
         "bad-value", "`padding: same` makes the height 4, with no output padding to choose", [],
         "write the padding as a number, or leave `output_padding` out"),
        ([4, 2, 2], "type: transposed_conv, filters: 6, kernel: 2, groups: 4", "channels-not-divisible",
         "6 filters cannot be split into 4 groups", ["6 / 4 leaves 2"], "groups that divide both: 1, 2"),
        ([6, 4], "type: channel_shuffle, groups: 4", "channels-not-divisible",
         "6 channels cannot be split into 4 groups", ["6 / 4 leaves 2"], "groups that divide them: 1, 2, 3, 6"),
        ([1, 9, 3], "type: pad, padding: [8, 8, 1, 3], mode: reflect", "padding-too-large",
         "`mode: reflect` mirrors 3 cells beside the edge, the width has 2 there", [],
         "padding 2 or less; or `mode: replicate`"),
        ([1, 3, 3], "type: pad, padding: 1, mode: replicate, value: 1.5", "bad-value",
         "a border in mode replicate has no `value` of its own", [], "leave it out, or write `mode: constant`"),
        ([1, 3, 3], "type: pad, padding: [1, 2, 3]", "wrong-type", "padding has 3 numbers", [],
         "write one number, [vertical, horizontal], or [top, bottom, left, right]"),
        ([1, 3, 3], "type: crop, by: [1]", "wrong-type", "`by` has 1 numbers", [],
         "write one number, [vertical, horizontal], or [top, bottom, left, right]"),
        ([1, 3, 5], "type: crop, by: [1, 2, 0, 0]", "bad-value", "nothing is left of the height",
         ["3 - 1 - 2 = 0"], "2 at most can be cut off"),
        ([2, 3, 4], "type: reshape, shape: [5, 4]", "bad-value", "24 numbers do not make a shape of 20",
         ["2 * 3 * 4 = 24", "5 * 4 = 20"], "fits: [6, 4]"),
        ([24], "type: reshape, shape: [2, 5]", "bad-value", "24 numbers do not make a shape of 10",
         ["24", "2 * 5 = 10"], "fits: [2, 12]"),
        ([24], "type: reshape, shape: [2, 3, 2, 2]", "wrong-type", "`shape` has 4 numbers", [],
         "write [channels, height, width], [channels, width] for a signal, or [features] for a flat list"),
        ([2, 8], "type: conv1d, filters: 1, kernel: 3, padding: [1, 2, 3]", "wrong-type", "padding has 3 numbers", [],
         "write one number, or [before, after]"),
        ([2, 8], "type: conv1d, filters: 1, kernel: 3, stride: 2", "window-does-not-fit",
         "the window does not fit the width exactly: 3.50 positions", ["(8 - 3 + 0)/2 + 1 = 3.50"],
         "fits: stride 1 or 5; kernel 2 or 4; an input of 7 or 9"),
        ([2, 8], "type: maxpool1d, kernel: 2, padding: [0, 2]", "padding-too-large",
         "padding 2 with a window of 2: a window would hold padding alone", [], "padding 1 or less is usual"),
    ],
)  # fmt: skip
def test_what_does_not_hold(
    shape: list[int], layer: str, name: str, message: str, arithmetic: list[str], hint: str
) -> None:
    fault = only_fault(text_of(shape, layer))
    assert (fault.fault.name, fault.message, list(fault.arithmetic)) == (name, message, arithmetic)
    assert fault.hints[0] == hint


@pytest.mark.parametrize(
    ("shape", "layer", "output", "parameters", "macs"),
    [
        # 8 filters of 3 x 3 along 8 places.
        ([3, 8], "type: conv1d, filters: 8, kernel: 3, padding: 1", (8, 8), 8 * 9 + 8, 8 * 8 * 9),
        ([4, 8], "type: conv1d, filters: 8, kernel: 3, groups: 2, padding: 1, bias: false", (8, 8), 48, 8 * 48),
        # MobileNet's second layer: 32 channels of 112 x 112.
        ([32, 112, 112], "type: depthwise_conv, kernel: 3, padding: 1, bias: false", (32, 112, 112), 288, 3612672),
        ([3, 5, 5], "type: depthwise_conv, kernel: 3, multiplier: 2", (6, 3, 3), 60, 6 * 9 * 9),
        # DCGAN's second layer, 1024 -> 512 channels: out = 3 * 2 - 2 + 3 + 1.
        ([1024, 4, 4], "type: transposed_conv, filters: 512, kernel: 4, stride: 2, padding: 1, bias: false",
         (512, 8, 8), 8388608, 16 * 8388608),
        ([4, 3, 5], "type: transposed_conv, filters: 6, kernel: [2, 3], stride: 3, groups: 2, output_padding: [1, 2]",
         (6, 9, 17), 4 * 3 * 6 + 6, 15 * 72),
        ([4, 3, 5], "type: transposed_conv, filters: 6, kernel: 2, stride: 3, padding: same",
         (6, 9, 15), 4 * 6 * 4 + 6, 15 * 96),
    ],
)  # fmt: skip
def test_counts_by_hand(shape: list[int], layer: str, output: tuple[int, ...], parameters: int, macs: int) -> None:
    (node,) = chain(shape, layer).nodes
    assert (node.output_shape, node.parameter_count, node.macs) == (output, parameters, macs)


@pytest.mark.parametrize(
    ("shape", "layer", "settings"),
    [
        ([2, 9], "type: conv1d, filters: 4, kernel: 3, stride: 2, padding: [1, 0], rounding: floor, bias: false",
         "4 of 3, stride 2, padding [1, 0], floor, no bias"),
        ([2, 9], "type: conv1d, filters: 4, kernel: 3, dilation: 2, padding: same, groups: 2",
         "4 of 3, same, dilation 2, groups 2"),
        ([2, 9], "type: avgpool1d, kernel: 3, padding: same, count_padding: true", "3, stride 3, same, padding counts"),
        ([2, 9, 9], "type: depthwise_conv, kernel: 3, multiplier: 2, dilation: 2", "3x3, multiplier 2, dilation 2"),
        ([2, 9, 9], "type: transposed_conv, filters: 4, kernel: 3, stride: 2, padding: 1, output_padding: [1, 0]",
         "4 of 3x3, stride 2, padding 1, output padding 1x0"),
        ([2, 9, 9], "type: upsample, scale: [1, 2], mode: bilinear", "1x2, bilinear"),
        ([2, 9, 9], "type: pad, padding: [1, 2], value: 0.5", "1x2, constant 0.5"),
        ([2, 9, 9], "type: pad, padding: [1, 0, 1, 0], mode: reflect", "[1, 0, 1, 0], reflect"),
        ([2, 9, 9], "type: crop, by: 2", "by 2"),
        ([2, 9, 9], "type: channel_shuffle, groups: 2", "groups 2"),
        ([2, 9, 9], "type: adaptive_avgpool, size: [3, 2]", "3x2"),
        ([2, 9, 9], "type: stochastic_depth, p: 0.25, mode: batch", "p 0.25, batch"),
        ([2, 9, 9], "type: reshape, shape: [162]", "to [162]"),
    ],
)  # fmt: skip
def test_settings_in_a_table(shape: list[int], layer: str, settings: str) -> None:
    (node,) = chain(shape, layer).nodes
    assert node.settings == settings


def test_transposed_convolution_undoes_the_shape_of_a_convolution() -> None:
    for kernel, stride, padding, size in ((3, 1, 1, 7), (4, 2, 1, 8), (5, 3, 2, 13), (2, 2, 0, 6)):
        window = f"kernel: {kernel}, stride: {stride}, padding: {padding}"
        graph = chain(
            [1, size, size], f"type: conv, filters: 2, {window}", f"type: transposed_conv, filters: 1, {window}"
        )
        assert graph.output_shape == (1, size, size)


def test_sizes_of_any_length_are_arithmetic() -> None:
    far = 10**12
    layers = (
        f"type: upsample, scale: {far}", f"type: pad, padding: {far}", f"type: crop, by: {far - 1}",
        f"type: transposed_conv, filters: {far}, kernel: {far}, stride: {far}",
        f"type: adaptive_avgpool, size: {far}", "type: global_maxpool",
    )  # fmt: skip
    assert chain([1, 2, 2], *layers).output_shape == (far, 1, 1)


@pytest.mark.parametrize(("other", "holds"), [([4, 8, 1], False), ([4, 1, 8], False), ([4, 8], True), ([4, 1], True)])
def test_a_product_is_of_images_or_of_signals(other: list[int], holds: bool) -> None:
    """That the sizes would go together is chance: an image's height is no signal's width."""
    elements = other[0] * other[1] * (other[2] if len(other) == 3 else 1)
    layers = ("type: flatten", f"type: dense, units: {elements}", f"type: reshape, shape: {other}, name: other")
    text = text_of([4, 8], *layers, "type: multiply, from: [input, other]")
    if holds:
        assert chain([4, 8], *layers, "type: multiply, from: [input, other]").output_shape == (4, 8)
    else:
        fault = only_fault(text)
        assert (fault.fault.name, fault.message) == (
            "merge-mismatch",
            f"`multiply` takes inputs of one kind, not [4, 8] and {other}",
        )
        assert fault.hints == ("an image goes with images and a signal with signals; a gate [C] goes with both",)


@pytest.mark.parametrize("shape", [[4, 8], [4, 8, 8]])
def test_a_flat_gate_goes_with_signals_and_images(shape: list[int]) -> None:
    gate = ("type: flatten", "type: dense, units: 4", "type: multiply, from: [input, previous]")
    assert chain(shape, *gate).output_shape == tuple(shape)
