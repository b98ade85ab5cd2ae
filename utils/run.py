#!/usr/bin/env python3
"""Run a command, or one for each number of a range, with a log each: Kaldi's run.pl.

Usage: run.py [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]

In LOG, COMMAND and ARGUMENTs the word JOB becomes the number of the job. Arguments are passed as
they are; there is no shell in between (for one, say: bash -c '...').

  --max-jobs-run N   jobs at a time; default: as many as cores and GPUs suffice for
  --num-threads N    threads of a job; default 1. Given, it is also the job's OMP_NUM_THREADS unless
                     that is set, so that jobs do not fight for cores; run.pl leaves that alone
  --gpu N            devices of a job, each its own: it sees no other (CUDA_VISIBLE_DEVICES);
                     only with a greater --max-jobs-run are they shared
  --mem, --time, --config X
                     are for launchers with a queue, and have no effect here

Example: run.py JOB=1:4 exp/log/dump.JOB.log menan-dump --nj 4 --job JOB

The exit status is 0 if all jobs ended with 0, and 1 otherwise.
"""

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TextIO

if __package__:
    from menan_utils.call import Call, CallError, end_of, parse, stop_signals
    from menan_utils.devices import device_groups
else:  # called as a script: what stands beside it is on the path
    from call import Call, CallError, end_of, parse, stop_signals
    from devices import device_groups

OPTIONS = ("max-jobs-run", "num-threads", "mem", "gpu", "time", "config")
# What a job has, from SIGTERM to SIGKILL, to put things in order: a training ends its step and
# writes its checkpoints.
GRACE_SECONDS = 20


async def run_job(
    log: Path, command: list[str], threads: int | None = None, devices: str | None = None
) -> int:
    """Run one command with its output in its log; the exit status, 128 + N for signal N.

    threads: its OMP_NUM_THREADS, unless the environment has one.
    devices: its CUDA_VISIBLE_DEVICES; None leaves the environment's.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    started = time.time()
    # Appending, so that what a job's own children still write cannot overwrite the last lines.
    with log.open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f"# {shlex.join(command)}\n# Running on {socket.gethostname()}\n")
        file.write(f"# Started at {time.ctime(started)}\n#\n")
        file.flush()
        status = 128 + signal.SIGTERM
        try:
            status = await _status(command, file, _environment(threads, devices))
        except OSError as error:
            status = 127
            file.write(f"run.py: {command[0]}: {error.strerror}\n")
        finally:
            took = round(time.time() - started)
            file.write(f"# Accounting: time={took} threads={threads or 1}\n")
            file.write(f"# Ended (code {status}) at {time.ctime()}, elapsed time {took} seconds\n")
    return status


def _environment(threads: int | None, devices: str | None) -> dict[str, str]:
    own = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    own |= os.environ  # what the user has set goes before
    return own if devices is None else {**own, "CUDA_VISIBLE_DEVICES": devices}


async def _status(command: list[str], file: TextIO, environment: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=file,
        stderr=file,
        start_new_session=True,
        env=environment,
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
    threads, gpus = call.threads, call.count("gpu", 0, least=0)
    groups = device_groups(gpus) if gpus else [None]
    suffice = max(1, _cores() // (threads or 1))
    places = call.count("max-jobs-run", min(suffice, len(groups)) if gpus else suffice)
    free: asyncio.Queue[int] = asyncio.Queue()
    for place in range(min(places, len(call.numbers))):
        free.put_nowait(place)

    async def run_one(number: int) -> int:
        place = await free.get()
        try:
            return await run_job(*call.of_job(number), threads, groups[place % len(groups)])
        finally:
            free.put_nowait(place)

    jobs = [asyncio.create_task(run_one(number)) for number in call.numbers]
    for number in stop_signals():
        asyncio.get_running_loop().add_signal_handler(number, lambda: [j.cancel() for j in jobs])
    await asyncio.wait(jobs)
    return [job.result() for job in jobs]


def _cores() -> int:
    """Those that this process may use; a scheduler may have given it but a few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    try:
        call = parse(sys.argv[1:], OPTIONS)
        statuses = asyncio.run(run_jobs(call))
    except CallError as error:
        raise SystemExit(f"run.py: {error}") from None
    except asyncio.CancelledError:
        raise SystemExit("run.py: interrupted, its jobs are ended") from None
    except OSError as error:
        raise SystemExit(f"run.py: {error.filename}: {error.strerror}") from None
    failed = [number for number, status in zip(call.numbers, statuses, strict=True) if status != 0]
    if failed:
        log, _ = call.of_job(failed[0])
        print(
            f"run.py: {len(failed)} / {len(statuses)} failed, log is in {call.logs()}",
            f"run.py: the end of {log}:\n{end_of(log)}",
            sep="\n",
            file=sys.stderr,
        )
        raise SystemExit(1)


if __name__ == "__main__":
    main()
