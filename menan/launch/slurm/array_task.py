"""The program that each task of slurm.py's array runs on its node.

It runs the one job of this task as run.py does, and exits with the job's own status.

Usage: python -m menan.launch.slurm.array_task [--num-threads N] [JOB=N] LOG COMMAND [ARGUMENT...]
"""

import asyncio
import signal
import sys

from menan.launch.command_line import Call, parse
from menan.launch.local import run_job


async def run_task(call: Call) -> int:
    """Run the command, and return its exit status.

    SLURM sends SIGTERM before the time limit or on cancellation, to the command as well. It is not
    passed on: a second SIGTERM would interrupt what the command does about the first. SIGINT comes
    to this process alone (``sbatch --signal=B:INT@120``) and ends the command as in run.py.
    """
    job = asyncio.create_task(run_job(*call.of_job(call.numbers[0]), call.threads))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: None)
    loop.add_signal_handler(signal.SIGINT, job.cancel)
    try:
        return await job
    except asyncio.CancelledError:
        return 128 + signal.SIGINT


def main() -> None:
    """Entry point of a task."""
    try:
        raise SystemExit(asyncio.run(run_task(parse(sys.argv[1:]))))
    except OSError as error:
        raise SystemExit(f"slurm.py: {error.filename}: {error.strerror}") from None


if __name__ == "__main__":
    main()
