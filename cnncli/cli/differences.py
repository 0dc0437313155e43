"""What of the place where a run goes on is not as it was where it began: bits may then differ."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from cnncli import __version__
from cnncli.cli.console import notice

_LONGEST = 40
"""Characters of a version from a stranger's file."""


def notice_differences(record: dict[str, Any], lanes: int) -> None:
    """Says in a line each what differs: the images in a vector; the versions of what computes."""
    from cnncli import kernels

    if lanes != kernels.vector.LANES:
        notice(
            f"the run had {lanes} images in a vector, this machine has {kernels.vector.LANES}: last bits will differ"
        )
    versions = record.get("versions")
    if not isinstance(versions, dict):
        return
    here = {"cnncli": __version__, "numpy": version("numpy"), "numba": version("numba")}
    changes = [
        f"{name} {str(versions[name])[:_LONGEST]}, here is {now}"
        for name, now in here.items()
        if name in versions and versions[name] != now
    ]
    if changes:
        notice(f"the run began with {'; '.join(changes)}: last bits may differ")
