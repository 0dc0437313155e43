"""`expect:` and `limits:`: what a spec promises about its own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cnncli.analysis.costs import totals
from cnncli.errors import WRONG_TYPE
from cnncli.graph import Architecture, Graph
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Sequence
from cnncli.spec.problem import Problem
from cnncli.spec.schema import accepts, or_list, schema_of


@accepts(or_list(schema_of(values.positive)))
def _shape(node: Node) -> list[int]:
    if isinstance(node, Sequence):
        return [values.positive(item) for item in node.items]
    return [values.positive(node)]


LIMITS: dict[str, values.Read] = {
    "parameters": values.quantity,
    "buffers": values.quantity,
    "macs": values.quantity,
    "memory": values.quantity,
}
"""What may be limited. Memory is in bytes."""
EXPECT: dict[str, values.Read] = LIMITS | {"output": _shape}
"""What may be expected."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure's name and what it is to be, or to be at most. `where` is its value in the spec.

    `origin` says where it comes from if not from the spec: an option, a configuration file.
    """

    key: str
    wanted: Any
    where: Node | None = None
    origin: str = ""


def figures(graph: Graph) -> dict[str, Any]:
    """What a promise may be about. Memory: weights, buffers, the input and all outputs of one image, in float32."""
    sums = totals(graph)
    return {
        "parameters": sums.parameters,
        "buffers": sums.buffers,
        "macs": sums.macs,
        "memory": sums.weight_bytes + sums.activation_bytes,
        "output": list(graph.output_shape),
    }


def read_promises(architecture: Architecture, section: Literal["expect", "limits"]) -> list[Promise]:
    """The section's promises; its faults are added to the architecture's findings."""
    record = architecture.sections.get(section)
    if record is None:
        return []
    if not isinstance(record, Mapping):
        problem = Problem(WRONG_TYPE, f"`{section}` is a mapping such as `{{parameters: 61706}}`")
        architecture.report(problem, record)
        return []
    readers = EXPECT if section == "expect" else LIMITS
    found = read_fields(record, readers, f"`{section}`", architecture.report)
    return [Promise(key, wanted, record.values[key]) for key, wanted in found.items()]
