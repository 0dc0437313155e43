"""What reports for other machines share: files as a repository's host knows them, fingerprints, sound Unicode."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cnncli.errors import Diagnostic

_STDIN = "<stdin>"


def in_repository(file: str) -> str:
    """The path from the root of the repository that the command runs in, with forward slashes.

    Without a repository it is the path from where the command runs. What is not below is absolute.
    """
    if file == _STDIN:
        return file
    path, root = Path(os.path.abspath(file)), _root(Path.cwd())  # noqa: PTH100 (resolve would follow links)
    return sound((path.relative_to(root) if path.is_relative_to(root) else path).as_posix())


def sound(text: str) -> str:
    """Text without lone halves of surrogate pairs, for which strict readers would refuse the whole report."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fingerprints(findings: Sequence[Diagnostic]) -> list[str]:
    """A name for each finding that no other has, and that it keeps when the lines above it change.

    It is made of the file, the rule and the text of the line, not of the message, which may hold numbers and names that
    come from above.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    found: list[str] = []
    for finding in findings:
        place = in_repository(finding.location.file), finding.fault.code, finding.source.strip()
        found.append(hashlib.sha256(ascii((*place, seen[place])).encode()).hexdigest())
        seen[place] += 1
    return found


@cache
def _root(folder: Path) -> Path:
    """That of the repository; the folder itself where there is none."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
