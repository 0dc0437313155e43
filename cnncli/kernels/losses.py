"""Losses with their gradients: cross-entropy on logits, and mean squared error against one-hot targets.

logits, outputs and their gradients: [B, U, LANES] float32; labels: [B * LANES] int64 in image order, of which the
first `count` take part: the other images' gradients are 0. Both return (loss, correct): the sum over images of
each image's loss, in float64 and in a fixed order, and how many images had their label's output largest (the
first of equals). Gradients are those of the mean over `count` images. A label outside 0..U-1 makes the loss NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, float64, int64, prange

from .compile import helper, kernel
from .exponential import exp
from .host import LANES
from .memory import Array
from .vector import load, splat, store, where_less


def softmax_cross_entropy(
    logits: Array, labels: Array, count: int, dlogits: Array, smoothing: float = 0.0
) -> tuple[float, int]:
    """Each image's loss is log(sum of e^logits) - the logits' mean by target; dlogits = (softmax - target) / count.

    A target is the label's one-hot, of which a share of `smoothing` is spread over all classes (Szegedy et al.,
    "Rethinking the Inception architecture for computer vision", 2016).
    """
    return _total(_softmax_cross_entropy, logits, labels, count, dlogits, smoothing)


def mean_squared_error(outputs: Array, labels: Array, count: int, doutputs: Array) -> tuple[float, int]:
    """Each image's loss is the mean over the classes of (output - one-hot)^2, as torch.nn.MSELoss averages."""
    return _total(_mean_squared_error, outputs, labels, count, doutputs)


def _total(loss, outputs, labels, count, gradients, *settings):
    losses, correct = np.empty(outputs.shape[0]), np.empty(outputs.shape[0], np.int64)
    loss(outputs, labels, count, gradients.reshape(-1), losses, correct, *settings)
    return float(sum(losses.tolist())), int(sum(correct.tolist()))


@kernel
def _softmax_cross_entropy(logits, labels, count, dlogits, losses, correct, smoothing):
    blocks, units, _ = logits.shape
    flat = logits.reshape(-1)
    for block in prange(blocks):
        correct[block] = _count_correct(flat, labels, count, units, int64(block))
        losses[block] = _cross_entropy_block(flat, labels, count, dlogits, units, smoothing, int64(block))


@helper
def _cross_entropy_block(logits, labels, count, dlogits, units, smoothing, block):
    start = block * units * LANES
    largest = load(logits, start)
    for unit in range(1, units):
        value = load(logits, start + unit * LANES)
        largest = where_less(largest, value, value, largest)
    total = splat(float32(0))
    for unit in range(units):
        power = exp(load(logits, start + unit * LANES) - largest)
        store(dlogits, start + unit * LANES, power)
        total += power
    share = splat(float32(1)) / (total * splat(float32(count)))
    spread = splat(float32(smoothing / (float64(count) * units)))
    below = splat(float32(0))
    for unit in range(units):
        store(dlogits, start + unit * LANES, load(dlogits, start + unit * LANES) * share - spread)
        below += largest - load(logits, start + unit * LANES)
    lanes = np.empty(3 * LANES, np.float32)
    store(lanes, 0, largest)
    store(lanes, LANES, total)
    store(lanes, 2 * LANES, below)
    loss = 0.0
    for lane in range(LANES):
        image = block * LANES + lane
        if image >= count:
            for unit in range(units):
                dlogits[start + unit * LANES + lane] = float32(0)
        elif 0 <= labels[image] < units:
            place = start + labels[image] * LANES + lane
            dlogits[place] -= float32((1 - smoothing) / float64(count))
            missed = (1 - smoothing) * (float64(lanes[lane]) - float64(logits[place]))
            if smoothing > 0:  # only then is a logit of -inf infinitely wrong
                missed += smoothing * (float64(lanes[2 * LANES + lane]) / units)
            loss += math.log(float64(lanes[LANES + lane])) + missed
        else:
            loss = math.nan
    return loss


@kernel
def _mean_squared_error(outputs, labels, count, doutputs, losses, correct):
    blocks, units, _ = outputs.shape
    flat = outputs.reshape(-1)
    for block in prange(blocks):
        correct[block] = _count_correct(flat, labels, count, units, int64(block))
        losses[block] = _squared_error_block(flat, labels, count, doutputs, units, int64(block))


@helper
def _squared_error_block(outputs, labels, count, doutputs, units, block):
    start = block * units * LANES
    share = float32(2 / (float64(count) * units))
    loss = 0.0
    for lane in range(LANES):
        image = block * LANES + lane
        takes_part = image < count
        label = labels[image] if takes_part else 0
        for unit in range(units):
            place = start + unit * LANES + lane
            error = outputs[place] - (float32(1) if unit == label else float32(0))
            doutputs[place] = share * error if takes_part else float32(0)
            if takes_part:
                loss += float64(error) * float64(error) / units
        if not 0 <= label < units:
            loss = math.nan
    return loss


@helper
def _count_correct(outputs, labels, count, units, block):
    """How many of a block's images have their label's output largest; an output of NaN is never right."""
    start = block * units * LANES
    best, winner = load(outputs, start), splat(float32(0))
    for unit in range(1, units):
        value = load(outputs, start + unit * LANES)
        winner = where_less(best, value, splat(float32(unit)), winner)
        best = where_less(best, value, value, best)
    lanes = np.empty(2 * LANES, np.float32)
    store(lanes, 0, winner)
    store(lanes, LANES, best)
    correct = 0
    for lane in range(max(0, min(LANES, count - block * LANES))):
        if lanes[LANES + lane] == lanes[LANES + lane] and lanes[lane] == labels[block * LANES + lane]:
            correct += 1
    return correct
