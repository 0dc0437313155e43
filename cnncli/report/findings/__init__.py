"""What `cnncli validate` has found, one output format in a file: its `render` takes the verdicts, and returns text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.rules.verdict import Verdict

if TYPE_CHECKING:
    from rich.text import Text


def formats() -> tuple[str, ...]:
    """The formats by name, as the command line has them."""
    return tuple(sorted(path.stem.replace("_", "-") for path in Path(__file__).parent.glob("[a-z]*.py")))


def render(format: str, verdicts: Sequence[Verdict], width: int) -> str | Text:
    """All findings in one of the formats; styled text where it is for people, who read it at this width."""
    rendered: str | Text = import_module(f"{__name__}.{format.replace('-', '_')}").render(verdicts, width)
    return rendered
