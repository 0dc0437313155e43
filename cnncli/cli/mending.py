"""`cnncli validate --fix` and `--diff`: what can be mended, written to the files or shown."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path

from cnncli.cli.console import notice, write, write_bytes
from cnncli.errors import FileError
from cnncli.report.words import counted
from cnncli.rules.checker import Specimen
from cnncli.rules.mend import Mended
from cnncli.rules.verdict import Verdict, unreadable
from cnncli.spec.source import MAX_BYTES
from cnncli.training.files import write_whole


def mend_all(specimens: Iterable[Specimen], show_only: bool) -> tuple[list[Verdict], int]:
    """Mends the files in place, or shows as a diff how that would be done.

    Returns what is left to be found, all of it for a file that cannot be written, and how much was mended. The text of
    standard input goes to standard output.
    """
    verdicts: list[Verdict] = []
    findings = files = 0
    for specimen in specimens:
        verdict, mended = specimen.mended()
        if show_only and mended is not None:
            write(_diff(specimen, mended))
        elif not show_only:
            try:
                _save(specimen, mended)
            except FileError as error:
                refusal = unreadable(specimen.name, error.message, error.hint)
                verdict, mended = specimen.verdict().with_refusal(refusal), None
        verdicts.append(verdict)
        if mended is not None:
            findings, files = findings + mended.count, files + 1
    if findings:
        done = "would mend" if show_only else "mended"
        notice(f"{done} {counted(findings, 'finding')} in {counted(files, 'file')}")
    return verdicts, findings


def _save(specimen: Specimen, mended: Mended | None) -> None:
    if specimen.is_stdin:
        # What is longer than a spec has not been read to its end, and is not to be lost.
        rest = sys.stdin.buffer if len(specimen.data) > MAX_BYTES else ()
        write_bytes((_bytes_of(specimen, mended), *rest))
    elif mended is not None:
        write_whole(Path(specimen.name), _bytes_of(specimen, mended))


def _bytes_of(specimen: Specimen, mended: Mended | None) -> bytes:
    if mended is None:
        return specimen.data
    mark = codecs.BOM_UTF8 if specimen.data.startswith(codecs.BOM_UTF8) else b""
    return mark + mended.source.text.encode()


def _diff(specimen: Specimen, mended: Mended) -> str:
    """As `diff -u` and `git` have it. Line ends stay as they are in the file."""
    before, after = (_lines(data.decode()) for data in (specimen.data, _bytes_of(specimen, mended)))
    lines = unified_diff(before, after, _header("a", specimen.name), _header("b", specimen.name))
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(ended).removesuffix("\n")


def _lines(text: str) -> list[str]:
    """With their ends; `str.splitlines` would know more of these than a patch does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _header(prefix: str, name: str) -> str:
    """A file's name as `git` has it in a patch: in quotes where that is needed, with a tab behind one with spaces."""
    path = f"{prefix}/{os.path.normpath(name).lstrip('/')}"
    if re.search(r'[\0-\x1f\x7f"\\\udc80-\udcff]', path):
        return f'"{"".join(_quoted(path))}"'
    return f"{path}\t" if " " in path else path


def _quoted(path: str) -> Iterator[str]:
    for byte in os.fsencode(path):
        character = chr(byte)
        if character in '"\\':
            yield f"\\{character}"
        else:
            yield character if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
