"""`python -m tests.fuzz --count 100000`: as many broken specs, judged on all cores.

Exit code 1 where one is not told of in time and in words; `--keep` is a folder for those that failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from pathlib import Path

from tests.fuzz.mutations import mutated
from tests.fuzz.trial import MEGABYTES, Outcome, attempt, peak_megabytes, seeds

Result = tuple[int, Outcome, float]


def _try(job: tuple[int, int]) -> Result:
    seed, number = job
    return number, attempt(_spec(seed, number), number), peak_megabytes()


def _spec(seed: int, number: int) -> bytes:
    """The same bytes for the same two numbers."""
    return mutated(_SEEDS, random.Random(f"{seed}:{number}"))


_SEEDS = seeds()


def main() -> int:
    """Runs the trials, says how it went, and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the specs that failed")
    options = parser.parse_args()
    start, slowest, peak, faults, findings = time.monotonic(), 0.0, 0.0, 0, 0
    jobs = ((options.seed, number) for number in range(options.count))
    with multiprocessing.Pool() as pool:
        for done, (number, outcome, megabytes) in enumerate(pool.imap_unordered(_try, jobs, chunksize=50), 1):
            slowest, peak = max(slowest, outcome.seconds), max(peak, megabytes)
            findings += outcome.findings
            if outcome.fault:
                faults += 1
                print(f"{number}: {outcome.fault}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{options.seed}-{number}.yaml").write_bytes(_spec(options.seed, number))
            if done % 1000 == 0 and sys.stderr.isatty():
                print(f"\r{done:,} of {options.count:,}", end="", file=sys.stderr, flush=True)
    print(
        f"{options.count:,} specs, {findings:,} findings, {faults} faults; the slowest took {slowest:.2f} s, "
        f"a process {peak:.0f} MB at most; {time.monotonic() - start:.0f} s in all"
    )
    return int(faults > 0 or peak > MEGABYTES)


if __name__ == "__main__":
    raise SystemExit(main())
