"""A figure of the network is above its limit."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.analysis.budget import figures
from cnncli.errors import LIMIT_EXCEEDED
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping, Node, Span

_UNITS = {"memory": " bytes"}


def _check(subject: Subject) -> Iterator[Finding]:
    limits = (*subject.limits, *subject.further_limits)
    actual = figures(subject.graph) if limits else {}
    for limit in limits:
        found = actual[limit.key]
        if found <= limit.wanted:
            continue
        what = f"{found:,} {limit.key}" if limit.key not in _UNITS else f"{limit.key} of {found:,}{_UNITS[limit.key]}"
        origin = f" ({limit.origin})" if limit.origin else ""
        yield Finding(
            limit.where or _layers(subject),
            f"the network has {what}, its limit is {limit.wanted:,}{origin}",
            arithmetic=(f"{found} - {limit.wanted} = {found - limit.wanted:,} too many",),
        )


def _layers(subject: Subject) -> Node | Span:
    """The place of a limit that the spec does not hold."""
    record = subject.spec.record
    return record.keys["layers"] if isinstance(record, Mapping) and "layers" in record.keys else Span(1, 1, 1, 2)


RULE = Rule(
    fault=LIMIT_EXCEEDED,
    what="The network has more parameters, buffers, MACs or bytes than its limit allows.",
    why="A device has so much memory, a frame so many milliseconds. `limits:` in the spec states a budget for this "
    "network, `--max-parameters`, `--max-macs` and `--max-memory` (or the same keys in `cnncli.toml`) one for all that "
    "are checked, and a change that goes beyond it cannot be merged. Memory is in bytes: weights and one image's "
    "activations, in float32.",
    invalid=(
        """input: [3, 224, 224]
layers:
  - {type: conv, filters: 64, kernel: 7, stride: 2, padding: 3, rounding: floor}
limits: {macs: 100M}
""",
        """input: [1000]
layers:
  - {type: dense, units: 1000}
limits: {memory: 4M}
""",
    ),
    valid=(
        """input: [3, 224, 224]
layers:
  - {type: conv, filters: 64, kernel: 3, stride: 2, padding: 1, rounding: floor}
limits: {macs: 100M}
""",
    ),
    check=_check,
)
