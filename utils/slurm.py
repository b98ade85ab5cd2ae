#!/usr/bin/env python3
"""Run a command, or one for each number of a range, on a SLURM cluster: Kaldi's slurm.pl.

Usage: slurm.py [options] [JOB=1:N] LOG COMMAND [ARGUMENT...]

As run.py, but the jobs are the tasks of one sbatch array. Options become sbatch's own by way of
conf/slurm.conf, or of the file that --config names, or of what is built in:

  --mem 4G           memory of a job
  --num-threads N    cores of a job
  --gpu N            devices of a job
  --time 4:00:00     time limit of a job
  --max-jobs-run N   jobs at a time
  --config FILE      and more options, which that file describes

Example: slurm.py --mem 4G JOB=1:4 exp/log/dump.JOB.log menan-dump --nj 4 --job JOB

A job has ended well if SLURM says so; one that SLURM has lost has failed. The exit status is 0 if
all jobs ended well, and 1 otherwise. Ctrl-C cancels the array. The batch script and what it prints
stand in q/ beside the log.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

if __package__:
    from menan_utils.call import Call, CallError, end_of, parse, stop_signals
    from menan_utils.slurm_batch import output_path, submit
    from menan_utils.slurm_conf import read_conf
    from menan_utils.slurm_states import NoAnswerError, Watch, memory_seconds
else:  # called as a script: what stands beside it is on the path
    from call import Call, CallError, end_of, parse, stop_signals
    from slurm_batch import output_path, submit
    from slurm_conf import read_conf
    from slurm_states import NoAnswerError, Watch, memory_seconds

CONF = Path("conf/slurm.conf")
# Seconds between two looks: they grow from the first to the longest.
FIRST_PAUSE, LONGEST_PAUSE, UNCERTAIN_PAUSE = 0.2, 5.0, 1.0
# A controller that restarts is waited for.
SILENCE_SECONDS = 600
# What tasks may take to end when cancelled: SLURM has them killed after KillWait, usually 30 s.
CANCEL_SECONDS = 60
SHOWN_FAILURES = 10


class Interrupted(Exception):
    """A signal asks to stop."""


def say(text: str) -> None:
    print(f"slurm.py: {text}", file=sys.stderr, flush=True)


def wait(watch: Watch, signals: Iterable[signal.Signals]) -> None:
    """Wait until all tasks have ended; those that would wait for ever are cancelled.

    Raises:
        Interrupted: one of the (blocked) signals has come.
        CallError: the controller has not answered for long.
    """
    longest = min(LONGEST_PAUSE, memory_seconds() / 3)
    pause, silent_since = FIRST_PAUSE, None
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
                raise CallError(
                    f"{error}, for {SILENCE_SECONDS} s; job {watch.job} may still run, "
                    f"'scancel {watch.job}' ends it"
                ) from None
            continue
        silent_since = None
        stuck = [f"{watch.job}_{number}" for number in ended if watch.ended[number].is_stuck()]
        if stuck:
            cancel(stuck)
        for number in sorted(watch.held() - told):
            say(f"{watch.job}_{number} is held; 'scontrol release {watch.job}_{number}' frees it")
        told |= watch.held()
        pause = min(longest, UNCERTAIN_PAUSE if watch.is_uncertain() else 1.1 * pause)


def cancel(jobs: list[str]) -> bool:
    """Cancel jobs or tasks; whether it was possible."""
    done = subprocess.run(["scancel", *jobs], capture_output=True, text=True)
    if done.returncode != 0:
        say(f"scancel {' '.join(jobs)}: {done.stderr.strip()}; repeat it by hand")
    return done.returncode == 0


def cancel_all(watch: Watch) -> None:
    """Cancel the array and wait, not for ever, until its tasks have put things in order."""
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
    """Say which tasks have failed and how the first one's log ends; whether there are any."""
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
        say(f"there is no {log}: the job has not begun")
    else:
        say(f"the end of {shown}:\n{end_of(shown)}")
    return True


def main() -> None:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    # Pending until they are waited for: an array must not be submitted and its number lost.
    signals = stop_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        call = parse(sys.argv[1:])
        named = call.options.get("config")
        conf = read_conf(Path(named) if named else CONF if CONF.exists() else None)
        call.options = {**conf.defaults, **call.options}
        watch = Watch(submit(call, conf), call.numbers)
        try:
            wait(watch, signals)
        except Interrupted:
            cancel_all(watch)
            raise SystemExit(1) from None
    except CallError as error:
        raise SystemExit(f"slurm.py: {error}") from None
    except OSError as error:
        raise SystemExit(f"slurm.py: {error.filename}: {error.strerror}") from None
    if report(call, watch):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
