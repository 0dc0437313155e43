"""One trial: bytes are judged, told in a format, and mended, as `cnncli validate` does it."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cnncli.errors import UNREADABLE_FILE, SpecError
from cnncli.report.findings import formats, render
from cnncli.rules.mend import mend
from cnncli.rules.verdict import Verdict, judged
from cnncli.spec.source import decode

SECONDS = 2.0
"""The longest that a spec may take, of the processor's time."""
MEGABYTES = 300
"""The most memory that the process may have."""

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to; `fault` is empty where all is as it should be."""

    seconds: float
    findings: int
    fault: str = ""


def seeds() -> list[bytes]:
    """The bundled architectures and the cases of the tests."""
    folders = (ROOT / "architectures", ROOT / "tests" / "cases" / "ok", ROOT / "tests" / "cases" / "err")
    return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.yaml"))]


def attempt(data: bytes, number: int) -> Outcome:
    """Judges the bytes, writes the findings in one of the formats in turn, and makes the fixes there are."""
    start = time.process_time()
    fault = ""
    found = judged("fuzz.yaml", data)
    try:
        if any(finding.fault is UNREADABLE_FILE for finding in found):
            fault = found[0].message
        render(formats()[number % len(formats())], [Verdict("fuzz.yaml", found)], 80)
        if any(finding.fix for finding in found):
            mended = mend(decode("fuzz.yaml", data))
            # Where the format was at fault, what it says could not be judged before.
            if len(mended.remaining) > len(found) and not any(finding.fault.code < "CNN1" for finding in found):
                fault = f"{len(found)} findings became {len(mended.remaining)} by mending"
    except SpecError:
        pass  # bytes that are no text have no fixes
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - start
    if seconds > SECONDS:
        fault = fault or f"took {seconds:.1f} s"
    return Outcome(seconds, len(found), fault)


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
