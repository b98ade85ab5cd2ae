"""Run a command, or one command for each number of a range, with a log each, like Kaldi's run.pl.

Usage: run.py [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]

The word JOB in LOG, COMMAND and ARGUMENTs is replaced by the number of the job. Arguments are
passed unchanged; no shell interprets them (if you need one: bash -c '...').

  --max-jobs-run N   jobs at a time; default: as many as the cores and GPUs allow
  --num-threads N    threads per job; default 1. If given, it is also OMP_NUM_THREADS of the job,
                     unless that is set already, so that jobs do not compete for cores (run.pl does
                     not do this)
  --gpu N            GPUs per job, not shared with other jobs (CUDA_VISIBLE_DEVICES); they are only
                     shared if --max-jobs-run asks for more jobs than the GPUs allow
  --mem, --time, --config X
                     options of launchers with a queue; they have no effect here

Example: run.py JOB=1:4 exp/log/dump.JOB.log menan-dump --nj 4 --job JOB

The exit status is 0 if all jobs ended with status 0, and 1 otherwise.
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

from menan.errors import InputError
from menan.launch.command_line import Call, parse
from menan.launch.gpus import device_groups

OPTIONS = ("max-jobs-run", "num-threads", "mem", "gpu", "time", "config")
# Time between SIGTERM and SIGKILL, in which a training ends its step and writes checkpoints.
GRACE_SECONDS = 20
TAIL_LINES = 10


async def run_job(
    log: Path, command: list[str], threads: int | None = None, devices: str | None = None
) -> int:
    """Run one command and write its output to its log.

    Args:
        threads: OMP_NUM_THREADS of the command, unless the environment sets it.
        devices: CUDA_VISIBLE_DEVICES of the command; None keeps that of the environment.

    Returns:
        The exit status; 128 + N if signal N ended the command.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    started = time.time()
    # Append mode: children of the job that still write cannot overwrite the last lines.
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
    own |= os.environ  # the user's own setting wins
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
    """End a job and all of its children; a second interruption kills them at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        try:
            for _ in range(10 * GRACE_SECONDS):
                await asyncio.sleep(0.1)
                os.killpg(group, 0)  # raises when the group has no process left
        finally:
            os.killpg(group, signal.SIGKILL)


async def run_jobs(call: Call) -> list[int]:
    """Run all jobs, and return their exit statuses in the order of their numbers."""
    threads, gpus = call.threads, call.count("gpu", 0, least=0)
    groups: list[str] | list[None] = device_groups(gpus) if gpus else [None]
    by_cores = max(1, _cores() // (threads or 1))
    places = call.count("max-jobs-run", min(by_cores, len(groups)) if gpus else by_cores)
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

    def cancel_all() -> None:
        for job in jobs:
            job.cancel()

    for number in stop_signals():
        asyncio.get_running_loop().add_signal_handler(number, cancel_all)
    await asyncio.wait(jobs)
    return [job.result() for job in jobs]


def _cores() -> int:
    """Cores that this process may use; a scheduler may restrict it to a few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def stop_signals() -> list[signal.Signals]:
    """The signals that stop a launcher; SIGHUP is not among them under nohup."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


def end_of(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def main() -> None:
    """Entry point of ``run.py``."""
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    try:
        call = parse(sys.argv[1:], OPTIONS)
        statuses = asyncio.run(run_jobs(call))
    except InputError as error:
        raise SystemExit(f"run.py: {error}") from None
    except asyncio.CancelledError:
        raise SystemExit("run.py: interrupted; all jobs have been ended") from None
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
