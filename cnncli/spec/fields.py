"""A mapping read key by key: each by its reader, every fault reported, the unknown ones too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from cnncli.errors import MISSING_KEY, UNKNOWN_KEY
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.nodes import Mapping, Node, Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.values import Read

Report = Callable[[Problem, Node | Span], bool]
"""Takes a finding; false where no more are wanted."""


def read_fields(
    mapping: Mapping,
    readers: dict[str, Read],
    owner: str,
    report: Report,
    *,
    required: Collection[str] = (),
    also: Collection[str] = (),
    defaults: dict[str, Node] | None = None,
    arguments: Arguments | None = None,
    as_is: Collection[str] = (),
) -> dict[str, Any]:
    """The values of the keys that hold. `owner` is what messages call the mapping: "`conv`", "a spec".

    Keys in `also` are known but read elsewhere; `defaults` stand in for keys that are left out. `$names` in values
    stand for `arguments`, but for the keys in `as_is`, whose readers see to that.
    """
    for key, scalar in mapping.keys.items():
        if key not in readers and key not in also:
            hints = _way_out(key, (*readers, *also))
            if not report(Problem(UNKNOWN_KEY, f"{owner} has no key `{key[:60]}`", hints=hints), scalar):
                break
    found: dict[str, Any] = {}
    for key, read in readers.items():
        record = mapping.values.get(key)
        if record is None and defaults:
            record = defaults.get(key)
        if record is None:
            if key in required:
                report(Problem(MISSING_KEY, f"{owner} lacks `{key}:`", hints=(f"add `{key}:`",)), _start(mapping.span))
            continue
        try:
            if arguments is not None and key not in as_is:
                record = substitute(record, arguments)
            found[key] = read(record)
        except Problem as problem:
            if arguments and isinstance(record, Scalar) and record.text in arguments:
                problem.hints = (*problem.hints, f"did you mean `${record.text}`?")
            report(problem, record)
    return found


_ELSEWHERE = {
    "filters": ("out_channels", "num_output", "channels", "out_planes", "units", "out_features"),
    "units": ("out_features", "num_output", "filters"),
    "kernel": ("kernel_size", "pool_size", "window", "size"),
    "stride": ("strides", "step", "subsample"),
    "padding": ("pad", "pads"),
    "dilation": ("dilation_rate", "dilations"),
    "bias": ("use_bias", "bias_term"),
    "initializer": ("kernel_initializer", "weight_filler"),
    "p": ("rate", "prob", "drop_rate", "dropout_ratio"),
    "epsilon": ("eps",),
    "slope": ("negative_slope", "alpha"),
    "rounding": ("ceil_mode", "round_mode"),
    "learning_rate": ("lr", "base_lr"),
    "groups": ("group", "num_groups"),
    "scale": ("scale_factor",),
    "type": ("kind", "layer"),
    "from": ("inputs", "input", "bottom"),
}
"""What other libraries call a key."""
_FOLLOWS = ("in_channels", "in_features", "num_features", "input_shape", "input_dim", "normalized_shape")


def _way_out(key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A hint for an unknown key."""
    if key in _FOLLOWS:
        return ("leave it out: it follows from the layer's input",)
    for own, others in _ELSEWHERE.items():
        if own in known and key in others:
            return (f"did you mean `{own}`?",)
    return did_you_mean(key, known)


def _start(span: Span) -> Span:
    """The first character of a span: where something is missing, there is nothing else to point at."""
    return Span(span.line, span.column, span.line, span.column + 1)
