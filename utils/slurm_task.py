"""What a task of slurm.py's array runs on its node: run.py's one job, with the job's own status.

Usage: slurm_task.py [--num-threads N] [JOB=N] LOG COMMAND [ARGUMENT...]
"""

import asyncio
import signal
import sys

if __package__:
    from menan_utils.call import Call, parse
    from menan_utils.run import run_job
else:  # called as a script
    from call import Call, parse
    from run import run_job


async def run_task(call: Call) -> int:
    """The exit status of the command.

    SIGTERM is SLURM's, before the time limit or a cancellation, and goes to the command as well;
    passed on, it would be a second one, and cut short what the first has begun. SIGINT comes to
    this process alone (``sbatch --signal=B:INT@120``), and ends the command as run.py does.
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
    try:
        raise SystemExit(asyncio.run(run_task(parse(sys.argv[1:]))))
    except OSError as error:
        raise SystemExit(f"slurm.py: {error.filename}: {error.strerror}") from None


if __name__ == "__main__":
    main()
