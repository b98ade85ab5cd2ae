"""Fuzzing by coverage: ``python -m tests.faults.fuzz [--seconds N] [PARSER ...]``.

Atheris changes the examples of each parser, keeps what reaches new code, and changes that. Bytes
are to be taken, or refused in one line. All else is a crash: another exception, a refusal without
the place, more than ten seconds, more than four gigabytes. An exception is counted once for each
innermost line of ours, its input is kept, and the fuzzing goes on. The exit status is 1 if there
was any crash.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.faults.parsers import PARSERS

ROOT = Path(__file__).resolve().parents[2]
LIMITS = ("-timeout=10", "-rss_limit_mb=4096")


def main() -> int:
    options = argparse.ArgumentParser(description="Fuzz the parsers.")
    options.add_argument("parsers", nargs="*", metavar="PARSER", help="by default all")
    options.add_argument("--seconds", type=int, default=10, help="for each parser")
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="parsers at once")
    options.add_argument("--crashes", type=Path, default=Path("crashes"), help="keeps the inputs")
    given = options.parse_args()
    for name in given.parsers:
        if name not in PARSERS:
            options.error(f"no parser {name!r}; there are {', '.join(PARSERS)}")
    names = given.parsers or list(PARSERS)
    one = partial(fuzz, seconds=given.seconds, crashes=given.crashes.absolute())
    executions, crashes = 0, []
    print("| parser | executions | crashes |\n| :-- | --: | --: |", flush=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        for name, (times, found) in zip(names, pool.map(one, names), strict=True):
            print(f"| {name} | {times} | {len(found)} |", flush=True)
            executions += times
            crashes += found
    print(f"| all | {executions} | {len(crashes)} |", *crashes, sep="\n")
    return 1 if crashes else 0


def fuzz(name: str, seconds: int, crashes: Path) -> tuple[int, list[str]]:
    """Fuzz one parser in a process of its own: how often it was run, and a line for each crash."""
    with tempfile.TemporaryDirectory(prefix="menan-fuzz-") as work:
        command = [sys.executable, "-m", "tests.faults.fuzz_one", name, str(crashes)]
        done = subprocess.run(
            [*command, f"-max_total_time={seconds}", *LIMITS],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": work, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            errors="replace",
        )
    found = [line for line in done.stdout.splitlines() if line.startswith("crash: ")]
    if done.returncode != 0:
        end = done.stderr.strip().splitlines()[-1:]
        found.append(f"crash: {name}: ended with status {done.returncode} {' '.join(end)}")
    counts = re.findall(r"^(?:#|Done )(\d+)", done.stderr, re.MULTILINE)
    return int(counts[-1]) if counts else 0, found


if __name__ == "__main__":
    sys.exit(main())
