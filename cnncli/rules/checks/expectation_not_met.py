"""What `expect:` says of the network is not what the network has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncli.analysis.budget import figures
from cnncli.errors import EXPECTATION_NOT_MET
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    if subject.spec.settings:
        return  # it describes the file as it stands
    actual = figures(subject.graph) if subject.expected else {}
    for promise in subject.expected:
        found, wanted = actual[promise.key], promise.wanted
        if found == wanted or promise.where is None:
            continue
        yield Finding(
            promise.where,
            f"`expect` says {promise.key} {_figure(wanted)}, the network has {_figure(found)}",
            arithmetic=(f"{found} - {wanted} = {found - wanted:+}",) if isinstance(wanted, int) else (),
            hints=("change the layers back, or the expectation if the change is meant",),
        )


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


RULE = Rule(
    fault=EXPECTATION_NOT_MET,
    what="The network differs from what `expect:` says of it.",
    why="A spec that states its own figures is a regression test of itself: an edit that changes a total by accident, "
    "in a block that ten stages use, is found before anyone trains it. `expect:` may hold `parameters`, `buffers`, "
    "`macs`, `memory` (bytes: weights and one image's activations, in float32) and `output`, the output's shape. It "
    "describes the file as it stands, so it is not looked at where `--set` changes the spec's parameters.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5}
expect: {parameters: 150}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5}
expect: {output: [6, 28, 28]}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5}
expect: {parameters: 156, output: [6, 24, 24]}
""",
    ),
    check=_check,
)
