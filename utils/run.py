#!/usr/bin/env python3
"""Run a command, or one for each number of a range, with a log each: Kaldi's run.pl.

Usage: run.py [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]

In LOG, COMMAND and ARGUMENTs the word JOB becomes the number of the job. Arguments are passed as
they are; there is no shell in between (for one, say: bash -c '...').

  --max-jobs-run N   jobs at a time; default: as many as there are cores
  --num-threads N    threads of a job, for the log; fewer jobs are not run for it
  --mem, --gpu, --time, --config X
                     are for launchers with a queue, and have no effect here

Example: run.py JOB=1:4 exp/log/dump.JOB.log menan-dump --nj 4 --job JOB

The exit status is 0 if all jobs ended with 0, and 1 otherwise.
"""

import asyncio
import contextlib
import os
import re
import shlex
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

OPTIONS = ("max-jobs-run", "num-threads", "mem", "gpu", "time", "config")
TAIL_LINES = 10
# What a job has, from SIGTERM to SIGKILL, to put things in order.
GRACE_SECONDS = 5


@dataclass
class Call:
    """A command line taken apart: ``variable`` runs over ``numbers`` in log and command."""

    variable: str | None = None
    numbers: list[int] = field(default_factory=lambda: [1])
    options: dict[str, str] = field(default_factory=dict)
    log: str = ""
    command: list[str] = field(default_factory=list)

    def of_job(self, number: int) -> tuple[Path, list[str]]:
        """Log and command of one job."""
        words = [self.log, *self.command]
        if self.variable is not None:
            words = [word.replace(self.variable, str(number)) for word in words]
        return Path(words[0]), words[1:]

    def count(self, option: str, default: int) -> int:
        """The value of an option that counts something."""
        text = self.options.get(option, str(default))
        if not re.fullmatch(r"0*[1-9]\d*", text):
            raise SystemExit(f"run.py: --{option} {text}: expected a whole number from 1")
        return int(text)


def parse(words: list[str]) -> Call:
    """Take a command line apart; options may stand before and after JOB=1:N, as in Kaldi."""
    call, words = Call(), list(words)
    while words:
        if words[0].startswith("--"):
            name, equals, value = words.pop(0)[2:].partition("=")
            name = name.replace("_", "-")
            if name not in OPTIONS:
                raise SystemExit(f"run.py: unknown option --{name}; known are {', '.join(OPTIONS)}")
            if not equals and not words:
                raise SystemExit(f"run.py: --{name} lacks its value")
            call.options[name] = value if equals else words.pop(0)
        elif call.variable is None and re.match(r"[A-Za-z_]\w*=", words[0]):
            call.variable, call.numbers = parse_range(words.pop(0))
        else:
            break
    if len(words) < 2:
        raise SystemExit("run.py: expected a log and a command; run.py --help shows an example")
    call.log, call.command = words[0], words[1:]
    if len(call.numbers) > 1 and call.variable not in call.log:
        raise SystemExit(
            f"run.py: {len(call.numbers)} jobs would write one log; "
            f"put {call.variable} into its name {call.log!r}"
        )
    return call


def parse_range(word: str) -> tuple[str, list[int]]:
    """``JOB=1:4`` or ``JOB=3``."""
    match = re.fullmatch(r"(\w+)=(\d+)(?::(\d+))?", word)
    if match is None:
        raise SystemExit(f"run.py: {word!r} is no range of jobs; it should look like JOB=1:4")
    name, first, last = match[1], int(match[2]), int(match[3] or match[2])
    if not 1 <= first <= last:
        raise SystemExit(f"run.py: the range {word!r} must begin at 1 or more and not end before")
    return name, list(range(first, last + 1))


async def run_job(log: Path, command: list[str], threads: int) -> int:
    """Run one command with its output in its log; the exit status, 128 + N for signal N."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    started = time.time()
    # Appending, so that what a job's own children still write cannot overwrite the last lines.
    with log.open("a", encoding="utf-8") as file:
        file.write(f"# {shlex.join(command)}\n# Started at {time.ctime(started)}\n#\n")
        file.flush()
        status = 128 + signal.SIGTERM
        try:
            status = await _status(command, file)
        except OSError as error:
            status = 127
            file.write(f"run.py: {command[0]}: {error.strerror}\n")
        finally:
            took = round(time.time() - started)
            file.write(f"# Accounting: time={took} threads={threads}\n")
            file.write(f"# Ended (code {status}) at {time.ctime()}, elapsed time {took} seconds\n")
    return status


async def _status(command: list[str], file: TextIO) -> int:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
    )
    try:
        status = await process.wait()
    except asyncio.CancelledError:
        await _end_group(process.pid)
        await process.wait()
        raise
    return status if status >= 0 else 128 - status


async def _end_group(group: int) -> None:
    """End a job and all of its children; a second interruption cuts their time short."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        try:
            for _ in range(10 * GRACE_SECONDS):
                await asyncio.sleep(0.1)
                os.killpg(group, 0)  # raises once nobody is left
        finally:
            os.killpg(group, signal.SIGKILL)


async def run_jobs(call: Call) -> list[int]:
    """Exit statuses of all jobs, by their order."""
    threads = call.count("num-threads", 1)
    free = asyncio.Semaphore(call.count("max-jobs-run", os.cpu_count() or 1))

    async def run_one(number: int) -> int:
        async with free:
            return await run_job(*call.of_job(number), threads)

    jobs = [asyncio.create_task(run_one(number)) for number in call.numbers]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, lambda: [j.cancel() for j in jobs])
    await asyncio.wait(jobs)
    return [job.result() for job in jobs]


def main() -> None:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    call = parse(sys.argv[1:])
    try:
        statuses = asyncio.run(run_jobs(call))
    except asyncio.CancelledError:
        raise SystemExit("run.py: interrupted, its jobs are ended") from None
    except OSError as error:
        raise SystemExit(f"run.py: {error.filename}: {error.strerror}") from None
    failed = [number for number, status in zip(call.numbers, statuses, strict=True) if status != 0]
    if failed:
        name = call.log if call.variable is None else call.log.replace(call.variable, "*")
        print(f"run.py: {len(failed)} / {len(statuses)} failed, log is in {name}", file=sys.stderr)
        log = call.of_job(failed[0])[0]
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        print(f"run.py: the end of {log}:", *lines, sep="\n", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
