"""What the shell offers at Tab. Where nothing is offered it offers files, as it does by itself."""

from __future__ import annotations

from pathlib import Path

from cnncli.spec.discovery import ENDINGS
from cnncli.spec.source import bundled_names


def architectures(incomplete: str) -> list[str]:
    """Bundled names, and the specs of this folder."""
    files = (path.name for path in Path().iterdir() if path.name.endswith(ENDINGS))
    return _beginning(incomplete, (*bundled_names(), *sorted(files)))


def rules(incomplete: str) -> list[str]:
    """Codes and names of rules, the last of those with commas between."""
    from cnncli.rules import rules

    before, comma, last = incomplete.rpartition(",")
    words = _beginning(last, [word for rule in rules() for word in (rule.code, rule.name)])
    return [f"{before}{comma}{word}" for word in words]


def kinds(incomplete: str) -> list[str]:
    """Layer kinds, and what else stands in a list of layers."""
    from cnncli.report.kinds import entries

    return _beginning(incomplete, [entry.kind for entry in entries()])


def data(incomplete: str) -> list[str]:
    """Data sets that have a name."""
    from cnncli.data.catalog import names

    return _beginning(incomplete, names())


def augmentations(incomplete: str) -> list[str]:
    """Names of augmentations, the last of those with commas between, with the sign that their strength follows."""
    from cnncli.training.augmentation import KINDS

    before, comma, last = incomplete.rpartition(",")
    words = _beginning(last, [item.name if item.default is False else f"{item.name}=" for item in KINDS])
    return [f"{before}{comma}{word}" for word in words]


def _beginning(incomplete: str, words: tuple[str, ...] | list[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
