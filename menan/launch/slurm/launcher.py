"""Run a command, or one for each number of a range, on a SLURM cluster, like Kaldi's slurm.pl.

Usage: slurm.py [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]

Works like run.py, but the jobs are the tasks of one sbatch array. The options are translated to
those of sbatch by conf/slurm.conf; --config names another file, and without any file a built-in
configuration is used.

  --mem 4G           memory per job
  --num-threads N    cores per job
  --gpu N            GPUs per job
  --time 4:00:00     time limit per job
  --max-jobs-run N   jobs at a time
  --config FILE      configuration file; it may describe more options

Example: slurm.py --mem 4G JOB=1:4 exp/log/dump.JOB.log menan-dump --nj 4 --job JOB

A job has succeeded if SLURM says so; a job that SLURM has lost has failed. The exit status is 0 if
all jobs have succeeded, and 1 otherwise. Ctrl-C cancels the array. The batch script and its output
are written to q/ beside the log.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from menan.errors import InputError
from menan.launch.command_line import Call, parse
from menan.launch.local import end_of, stop_signals
from menan.launch.slurm.batch_script import output_path, submit
from menan.launch.slurm.slurm_conf import read_conf
from menan.launch.slurm.task_states import NoAnswerError, Watch, memory_seconds

CONF = Path("conf/slurm.conf")
# Seconds between two looks; the pause grows from the first to the longest.
FIRST_PAUSE, LONGEST_PAUSE, UNCERTAIN_PAUSE = 0.2, 5.0, 1.0
# How long to wait for a controller that does not answer.
SILENCE_SECONDS = 600
# How long to wait for cancelled tasks; SLURM kills them after KillWait, usually 30 s.
CANCEL_SECONDS = 60
SHOWN_FAILURES = 10


class Interrupted(Exception):
    """A signal that stops the launcher has arrived."""


def say(text: str) -> None:
    """Print a message for the user on stderr."""
    print(f"slurm.py: {text}", file=sys.stderr, flush=True)


def wait(watch: Watch, signals: Iterable[signal.Signals]) -> None:
    """Wait until all tasks have ended; cancel those that would wait for ever.

    Args:
        signals: blocked signals that interrupt the wait.

    Raises:
        Interrupted: one of the signals has arrived.
        InputError: the controller has not answered for SILENCE_SECONDS.
    """
    longest = min(LONGEST_PAUSE, memory_seconds() / 3)
    pause = FIRST_PAUSE
    silent_since: float | None = None
    told: set[int] = set()
    while watch.open:
        if signal.sigtimedwait(signals, pause) is not None:
            raise Interrupted
        try:
            ended = watch.look()
        except NoAnswerError as error:
            if silent_since is None:
                say(f"{error}; waiting for the controller")
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > SILENCE_SECONDS:
                raise InputError(
                    f"{error}, for {SILENCE_SECONDS} s; job {watch.job} may still run, "
                    f"'scancel {watch.job}' ends it"
                ) from None
            continue
        silent_since = None
        stuck = [f"{watch.job}_{number}" for number in ended if watch.ended[number].is_stuck()]
        if stuck:
            cancel(stuck)
        for number in sorted(watch.held() - told):
            task = f"{watch.job}_{number}"
            say(f"{task} is held; 'scontrol release {task}' releases it")
        told |= watch.held()
        pause = min(longest, UNCERTAIN_PAUSE if watch.is_uncertain() else 1.1 * pause)


def cancel(jobs: list[str]) -> bool:
    """Cancel jobs or tasks; returns whether scancel succeeded."""
    done = subprocess.run(["scancel", *jobs], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(f"scancel {' '.join(jobs)}: {done.stderr.strip()}; please repeat it by hand")
    return done.returncode == 0


def cancel_all(watch: Watch) -> None:
    """Cancel the array and wait up to CANCEL_SECONDS until its tasks have ended."""
    if not cancel([watch.job]):
        return
    say(f"interrupted, job {watch.job} is cancelled")
    deadline = time.monotonic() + CANCEL_SECONDS
    while watch.open and time.monotonic() < deadline:
        time.sleep(FIRST_PAUSE)
        try:
            watch.look()
        except NoAnswerError:
            return


def report(call: Call, watch: Watch) -> bool:
    """Print which tasks have failed and the end of the first one's log.

    Returns:
        Whether any task has failed.
    """
    failed = {n: s for n, s in sorted(watch.ended.items()) if not s.is_success()}
    if not failed:
        return False
    states = [f"{number}: {state}" for number, state in failed.items()]
    if len(states) > SHOWN_FAILURES:
        states[SHOWN_FAILURES:] = [f"and {len(states) - SHOWN_FAILURES} more"]
    total = len(call.numbers)
    say(f"{len(failed)} / {total} failed ({', '.join(states)}), log is in {call.logs()}")
    first = next(iter(failed))
    log, output = call.of_job(first)[0], output_path(call, first)
    shown = next((path for path in (log, output) if path.exists()), None)
    if shown is None:
        say(f"{log}: not found, so the job has not started")
    else:
        say(f"the end of {shown}:\n{end_of(shown)}")
    return True


def main() -> None:
    """Entry point of ``slurm.py``."""
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    # Signals stay pending until wait(): an interruption must not lose the id of a submitted array.
    signals = stop_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        call = parse(sys.argv[1:])
        named = call.options.get("config")
        conf = read_conf(Path(named) if named else CONF if CONF.exists() else None)
        call = replace(call, options={**conf.defaults, **call.options})
        watch = Watch(submit(call, conf), call.numbers)
        try:
            wait(watch, signals)
        except Interrupted:
            cancel_all(watch)
            raise SystemExit(1) from None
    except InputError as error:
        raise SystemExit(f"slurm.py: {error}") from None
    except OSError as error:
        raise SystemExit(f"slurm.py: {error.filename}: {error.strerror}") from None
    if report(call, watch):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
