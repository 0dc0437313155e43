"""Channels in groups: G must divide what it splits."""

from __future__ import annotations

from cnncli.errors import CHANNELS_NOT_DIVISIBLE
from cnncli.spec.problem import Problem

_LARGEST_HINT = 4096


def check_groups(groups: int, *counts: tuple[str, int]) -> None:
    """Raises `Problem`, at the field `groups`, where it does not divide one of the (what, how many)."""
    for what, count in counts:
        if count % groups:
            least = min(count for _, count in counts)
            fitting = [g for g in range(1, min(least, _LARGEST_HINT) + 1) if all(n % g == 0 for _, n in counts)]
            them = "both" if len(counts) == 2 else "them"
            raise Problem(
                CHANNELS_NOT_DIVISIBLE,
                f"{count} {what} cannot be split into {groups} groups",
                "groups",
                (f"{count} / {groups} leaves {count % groups}",),
                (f"groups that divide {them}: " + ", ".join(map(str, fitting[:12])),),
            )
