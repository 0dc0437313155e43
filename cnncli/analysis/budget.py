"""`expect:` and `limits:`: what a spec promises about its own totals, held against what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncli.analysis.costs import totals
from cnncli.errors import EXPECTATION_NOT_MET, LIMIT_EXCEEDED, WRONG_TYPE
from cnncli.graph import Architecture
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Sequence
from cnncli.spec.problem import Problem


def _shape(node: Node) -> list[int]:
    if isinstance(node, Sequence):
        return [values.positive(item) for item in node.items]
    return [values.positive(node)]


_EXPECT: dict[str, values.Read] = {
    "parameters": values.quantity,
    "buffers": values.quantity,
    "macs": values.quantity,
    "output": _shape,
}
_LIMITS: dict[str, values.Read] = {
    "parameters": values.quantity,
    "buffers": values.quantity,
    "macs": values.quantity,
}


def check_budget(architecture: Architecture) -> None:
    """Adds a finding for each promise that is not kept; the figures are compared only if the graph is whole.

    `expect` describes the file as it stands: where settings change its parameters, only `limits` are compared.
    """
    whole = not architecture.diagnostics
    sums = totals(architecture.graph)
    actual: dict[str, Any] = {
        "parameters": sums.parameters,
        "buffers": sums.buffers,
        "macs": sums.macs,
        "output": list(architecture.graph.output_shape),
    }

    def expected(key: str, wanted: Any) -> Problem | None:
        if wanted == actual[key]:
            return None
        found = f"the network has {_figure(actual[key])}"
        difference = (f"{actual[key]} - {wanted} = {actual[key] - wanted:+}",) if isinstance(wanted, int) else ()
        return Problem(
            EXPECTATION_NOT_MET, f"`expect` says {key} {_figure(wanted)}, {found}", arithmetic=difference,
            hints=("change the layers back, or the expectation if the change is meant",),
        )  # fmt: skip

    def limited(key: str, wanted: Any) -> Problem | None:
        if actual[key] <= wanted:
            return None
        return Problem(
            LIMIT_EXCEEDED, f"the network has {_figure(actual[key])} {key}, its limit is {_figure(wanted)}",
            arithmetic=(f"{actual[key]} - {wanted} = {actual[key] - wanted:,} too many",),
        )  # fmt: skip

    _check_section(architecture, "expect", _EXPECT, expected, whole and not architecture.settings)
    _check_section(architecture, "limits", _LIMITS, limited, whole)


def _check_section(
    architecture: Architecture,
    section: str,
    readers: dict[str, values.Read],
    judge: Callable[[str, Any], Problem | None],
    whole: bool,
) -> None:
    record = architecture.sections.get(section)
    if record is None:
        return
    if not isinstance(record, Mapping):
        problem = Problem(WRONG_TYPE, f"`{section}` is a mapping such as `{{parameters: 61706}}`")
        architecture.report(problem, record)
        return
    for key, wanted in read_fields(record, readers, f"`{section}`", architecture.report).items():
        finding = judge(key, wanted) if whole else None
        if finding is not None:
            architecture.report(finding, record.values[key])


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
