"""`cnncli validate --fix` and `--diff`: what can be mended, written to the files or shown."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from cnncli.cli.console import notice, write
from cnncli.rules.checker import Specimen
from cnncli.rules.mend import Mended
from cnncli.rules.verdict import Verdict
from cnncli.training.files import write_whole


def mend_all(specimens: Iterable[Specimen], show_only: bool) -> tuple[list[Verdict], int]:
    """Mends the files in place, or shows as a diff how that would be done.

    Returns what is left to be found and how much was mended; of files that are not touched all that is found. The text
    of standard input goes to standard output.
    """
    verdicts: list[Verdict] = []
    findings = files = 0
    for specimen in specimens:
        verdict, mended = specimen.mended()
        if mended is not None:
            findings, files = findings + mended.count, files + 1
        if show_only:
            verdicts.append(specimen.verdict())
            if mended is not None:
                write(_diff(specimen, mended))
            continue
        verdicts.append(verdict)
        if specimen.is_stdin:
            sys.stdout.buffer.write(mended.source.text.encode() if mended else specimen.data)
            sys.stdout.flush()
        elif mended is not None:
            mark = codecs.BOM_UTF8 if specimen.data.startswith(codecs.BOM_UTF8) else b""
            write_whole(Path(specimen.name), mark + mended.source.text.encode())
    if findings:
        done = "would mend" if show_only else "mended"
        notice(f"{done} {_count(findings, 'finding')} in {_count(files, 'file')}")
    return verdicts, findings


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _diff(specimen: Specimen, mended: Mended) -> str:
    """As `diff -u` and `git` have it. Line ends stay as they are in the file."""
    before, after = (text.splitlines(keepends=True) for text in (specimen.data.decode("utf-8-sig"), mended.source.text))
    name = specimen.name.lstrip("/")
    lines = unified_diff(before, after, f"a/{name}", f"b/{name}")
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(ended).removesuffix("\n")
