"""A mapping read key by key: each by its reader, every fault reported, the unknown ones too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from cnncli.errors import MISSING_KEY, UNKNOWN_KEY, Fix
from cnncli.spec.arguments import Arguments, substitute
from cnncli.spec.edits import rename
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span
from cnncli.spec.problem import MAX_FINDINGS, MOST_KNOWN, Problem, Report, did_you_mean, nearest, plain
from cnncli.spec.values import Read

Renaming = Callable[[str, str], Fix | None]
"""The fix that makes an unknown key a known one, where that takes its value."""


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
    stand for `arguments`, but for the keys in `as_is`, whose readers see to that. Of a required key that is misspelt
    it is not said too that it is missing.
    """

    def value_of(key: str, record: Node, report: Report) -> Any:
        if arguments is not None and key not in as_is:
            record = substitute(record, arguments, report)
        return readers[key](record)

    def renaming(key: str, own: str) -> Fix | None:
        read = partial(value_of, own, report=_say_nothing) if own in readers and own not in as_is else None
        return _renaming(mapping.keys[key], own, mapping.values[key], read)

    _report_unknown(mapping, (readers, also), owner, report, renaming)
    found: dict[str, Any] = {}
    for key in readers:
        record = mapping.values.get(key)
        if record is None and defaults:
            record = defaults.get(key)
        if record is None:
            if key in required and key not in misspelt(mapping, (*readers, *also)):
                report(Problem(MISSING_KEY, f"{owner} lacks `{key}:`", hints=(f"add `{key}:`",)), _start(mapping.span))
            continue
        try:
            found[key] = value_of(key, record, report)
        except Problem as problem:
            if arguments and isinstance(record, Scalar) and arguments.get(record.text):
                problem.hints = (*problem.hints, f"did you mean `${record.text}`?")
                problem.fix = None
            report(problem, record)
    return found


def misspelt(mapping: Mapping, known: Collection[str]) -> set[str]:
    """The known keys that unknown ones of the mapping, the first of many, are taken for."""
    return {meant for _, meant in _strange(mapping, known) if meant is not None}


def stands_elsewhere(section: str, mapping: Mapping, known: Collection[str]) -> bool:
    """Whether a mapping that is not under its key may be under an unknown one."""
    return section not in mapping.values and any(
        meant == section or (meant is None and isinstance(mapping.values[key], Mapping))
        for key, meant in _strange(mapping, known)
    )


def _report_unknown(
    mapping: Mapping, known: tuple[Collection[str], ...], owner: str, report: Report, renaming: Renaming
) -> None:
    unknown = list(islice((key for key in mapping.keys if not any(key in keys for keys in known)), MAX_FINDINGS + 1))
    if not unknown:
        return
    words = tuple(islice((key for keys in known for key in keys), MOST_KNOWN))
    certain = {key: own for key in unknown if (own := _certainly(key, words)) is not None}
    counts = Counter(certain.values())
    for key in unknown:
        own = certain.get(key)
        fix = renaming(key, own) if own is not None and counts[own] == 1 and own not in mapping.values else None
        hints = partial(_way_out, key, words)
        problem = Problem(UNKNOWN_KEY, f"{owner} has no key `{key[:60]}`", hints=hints, fix=fix)
        if not report(problem, mapping.keys[key]):
            return


def _strange(mapping: Mapping, known: Collection[str]) -> list[tuple[str, str | None]]:
    """The unknown keys, the first of many, and what each is taken for."""
    unknown = list(islice((key for key in mapping.keys if key not in known), MAX_FINDINGS))
    words = tuple(islice(known, MOST_KNOWN)) if unknown else ()
    return [(key, _meant(key, words)) for key in unknown]


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


def _way_out(key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A hint for an unknown key."""
    if key in _FOLLOWS:
        return ("leave it out: it follows from the layer's input",)
    meant = _meant(key, known)
    return (f"did you mean `{meant}`?",) if meant else did_you_mean(key, known)


def _meant(key: str, known: tuple[str, ...]) -> str | None:
    """The known key that an unknown one is taken for."""
    return None if key in _FOLLOWS else _certainly(key, known) or nearest(key, known)


def _certainly(key: str, known: tuple[str, ...]) -> str | None:
    """The known key that an unknown one is another library's word or another spelling for."""
    return _names(known).get(plain(key)) if _WORD.match(key) else None


@lru_cache(maxsize=256)
def _names(known: tuple[str, ...]) -> dict[str, str]:
    """Plain words, and the known keys that they mean: other libraries' words, and other spellings."""
    spelled = {plain(own): own for own in known}
    if len(spelled) < len(known):
        spelled = {}  # two of them differ by spelling alone
    return {plain(word): own for own, others in _ELSEWHERE.items() if own in known for word in others} | spelled


def _say_nothing(problem: Problem, where: Node | Span) -> bool:
    return True


def _start(span: Span) -> Span:
    """The first character of a span: where something is missing, there is nothing else to point at."""
    return Span(span.line, span.column, span.line, span.column + 1)
