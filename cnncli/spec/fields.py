"""A mapping read key by key: each by its reader, every fault reported, the unknown ones too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from cnncli.errors import MISSING_KEY, UNKNOWN_KEY, Fix
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.edits import rename
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.problem import Problem, did_you_mean, plain
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

    def value_of(key: str, record: Node) -> Any:
        if arguments is not None and key not in as_is:
            record = substitute(record, arguments)
        return readers[key](record)

    def renaming(key: str, own: str) -> Fix | None:
        read = partial(value_of, own) if own in readers and own not in as_is else None
        return _renaming(mapping.keys[key], own, mapping.values[key], read)

    renamed = _report_unknown(mapping, (*readers, *also), owner, report, renaming)
    found: dict[str, Any] = {}
    for key in readers:
        record = mapping.values.get(key)
        if record is None and defaults:
            record = defaults.get(key)
        if record is None:
            if key in required and key not in renamed:
                report(Problem(MISSING_KEY, f"{owner} lacks `{key}:`", hints=(f"add `{key}:`",)), _start(mapping.span))
            continue
        try:
            found[key] = value_of(key, record)
        except Problem as problem:
            if arguments and isinstance(record, Scalar) and record.text in arguments:
                problem.hints = (*problem.hints, f"did you mean `${record.text}`?")
                problem.fix = None
            report(problem, record)
    return found


def _report_unknown(
    mapping: Mapping,
    known: tuple[str, ...],
    owner: str,
    report: Report,
    renaming: Callable[[str, str], Fix | None],
) -> set[str]:
    """Reports the keys that are not known. Returns those that are certainly meant by them.

    `renaming` makes an unknown key a known one, where that takes its value.
    """
    unknown = [key for key in mapping.keys if key not in known]
    names = _names(known) if unknown else {}
    meant = {key: names.get(plain(key)) if _WORD.match(key) else None for key in unknown}
    counts = Counter(meant.values())
    certain: set[str] = set()
    for key, own in meant.items():
        is_free = own is not None and counts[own] == 1 and own not in mapping.values
        fix = renaming(key, own) if own is not None and is_free else None
        if own is not None and fix is not None:
            certain.add(own)
        hints = _way_out(key, own, known)
        problem = Problem(UNKNOWN_KEY, f"{owner} has no key `{key[:60]}`", hints=hints, fix=fix)
        if not report(problem, mapping.keys[key]):
            break
    return certain


def _renaming(key: Scalar, own: str, value: Node, read: Read | None) -> Fix | None:
    """`own` in place of `key`, and the value mended if it needs that; None where `own` does not take it.

    Another spelling is certain; another library's word is if its value can be read here and means the same there.
    """
    fix = rename(key, own)
    if plain(own) != plain(key.text) and (read is None or _may_differ(key, value)):
        return None
    if read is None:
        return fix
    try:
        read(value)
    except Problem as problem:
        more = problem.fix
        return Fix(f"{fix.what}, {more.what}", fix.edits + more.edits) if more else None
    return fix


def _may_differ(key: Scalar, value: Node) -> bool:
    """Whether it may mean something else elsewhere: four sides in another order, the probability of keeping."""
    return plain(key.text) == "prob" or (isinstance(value, Sequence) and len(value.items) > 2)


_WORD = re.compile(r"[\w-]+\Z", re.ASCII)
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


def _names(known: tuple[str, ...]) -> dict[str, str]:
    """Plain words, and the known keys that they mean: other libraries' words, and other spellings."""
    spelled = {plain(own): own for own in known}
    if len(spelled) < len(known):
        spelled = {}  # two of them differ by spelling alone
    return {plain(word): own for own, others in _ELSEWHERE.items() if own in known for word in others} | spelled


def _way_out(key: str, own: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """A hint for an unknown key; `own` is the key that it is another word or another spelling for."""
    if key in _FOLLOWS:
        return ("leave it out: it follows from the layer's input",)
    return (f"did you mean `{own}`?",) if own else did_you_mean(key, known)


def _start(span: Span) -> Span:
    """The first character of a span: where something is missing, there is nothing else to point at."""
    return Span(span.line, span.column, span.line, span.column + 1)
