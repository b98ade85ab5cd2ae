"""The states of the tasks of a SLURM array, from the controller or from accounting.

slurmctld forgets a job some time after its end (MinJobAge), so its last answer is remembered. A
task that neither knows any more is lost, and never counts as finished.
"""

import math
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

# States of tasks that have failed. A task in any other state but COMPLETED (PENDING, RUNNING, ...)
# has not ended yet.
FAILURES = (
    *("BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"),
    *("REVOKED", "SPECIAL_EXIT", "TIMEOUT"),
)
# Reasons for which a task would wait for ever. A task that its own user holds (JobHeldUser) is not
# one of them: the user can release it.
STUCK = (
    *("AccountNotAllowed", "BadConstraints", "DependencyNeverSatisfied", "InvalidAccount"),
    *("InvalidQOS", "JobHeldAdmin", "JobHoldMaxRequeue", "PartitionNodeLimit"),
    *("PartitionTimeLimit", "QOSNotAllowed", "launch_failed_requeued_held"),
)
# Number of consecutive looks that must see a failure: a requeued task passes through such a state.
FAILED_LOOKS = 3
# Number of consecutive looks that must see an unknown task before it is lost: accounting lags.
LOST_LOOKS = 10
# Time limit for scontrol and sacct, which do not always give up by themselves.
ANSWER_SECONDS = 60


class NoAnswerError(Exception):
    """The controller cannot be reached; it may be restarting."""


@dataclass(frozen=True)
class State:
    """State of a task.

    name: as SLURM names it, such as ``RUNNING``.
    exit: exit code, ``status:signal``.
    reason: why the task waits.
    """

    name: str
    exit: str = "0:0"
    reason: str = ""

    def is_success(self) -> bool:
        return self.name == "COMPLETED" and self.exit == "0:0"

    def is_failure(self) -> bool:
        return self.name in FAILURES or (self.name == "COMPLETED" and not self.is_success())

    def is_ended(self) -> bool:
        return self.is_success() or self.is_failure()

    def is_stuck(self) -> bool:
        return self.name == "PENDING" and self.reason in STUCK

    def __str__(self) -> str:
        if self.is_stuck():
            return self.reason
        status, _, number = self.exit.partition(":")
        if self.name in ("FAILED", "COMPLETED") and status != "0":
            return f"{self.name} exit {status}"
        if self.name == "FAILED" and number != "0":
            return f"{self.name} signal {number}"
        return self.name


LOST = State("lost: neither the scheduler nor accounting knows it")


class Watch:
    """The tasks of one array.

    job: id of the array.
    open: numbers of the tasks that have not ended.
    ended: final states of the other tasks, by number.
    """

    def __init__(self, job: str, numbers: Iterable[int]):
        self.job = job
        self.open = set(numbers)
        self.ended: dict[int, State] = {}
        self._last: dict[int, State] = {}
        self._looks: dict[int, int] = {}

    def look(self) -> list[int]:
        """Ask for the states of the open tasks.

        Returns:
            Numbers of the tasks that have ended since the last look.

        Raises:
            NoAnswerError: the controller does not answer.
        """
        told = ask_controller(self.job)
        forgotten = self.open - told.keys()
        if forgotten:
            # If accounting says RUNNING, it has missed the end of the task.
            known = ask_accounting(self.job).items()
            told |= {n: s for n, s in known if n in forgotten and s.is_ended()}
        before = sorted(self.open)
        for number in before:
            self._note(number, told.get(number))
        return [number for number in before if number in self.ended]

    def _note(self, number: int, state: State | None) -> None:
        last = self._last.get(number, LOST)
        if state is None:
            if last.is_failure():  # the task was not requeued: then the controller would know it
                self._end(number, last)
                return
            state = LOST
        self._looks[number] = self._looks.get(number, 0) + 1 if state == last else 1
        self._last[number] = state
        looks = self._looks[number]
        if (
            state.is_success()
            or ((state.is_failure() or state.is_stuck()) and looks >= FAILED_LOOKS)
            or (state == LOST and looks >= LOST_LOOKS)
        ):
            self._end(number, state)

    def _end(self, number: int, state: State) -> None:
        self.open.discard(number)
        self.ended[number] = state

    def held(self) -> set[int]:
        """Numbers of the open tasks that their user holds."""
        return {n for n in self.open if self._last.get(n, LOST).reason == "JobHeldUser"}

    def is_uncertain(self) -> bool:
        """Whether a task may have ended, so that the next look should follow soon."""
        return any(
            state == LOST or state.is_failure() or state.is_stuck()
            for number, state in self._last.items()
            if number in self.open
        )


def ask(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a SLURM program that prints information."""
    # Without this, SLURM truncates a list of many tasks.
    environment = {**os.environ, "SLURM_BITSTR_LEN": "0"}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=ANSWER_SECONDS,
        env=environment,
        check=False,
    )


def ask_controller(job: str) -> dict[int, State]:
    """States by number of the tasks that slurmctld still knows.

    Raises:
        NoAnswerError: slurmctld does not answer.
    """
    try:
        done = ask("scontrol", "--oneliner", "show", "job", job)
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"scontrol has not answered for {ANSWER_SECONDS} s") from None
    if done.returncode == 0:
        return parse_controller(done.stdout)
    if "Invalid job id" in done.stderr:
        return {}
    raise NoAnswerError((done.stderr.strip().splitlines() or ["scontrol failed"])[-1])


def parse_controller(text: str) -> dict[int, State]:
    """Parse ``scontrol --oneliner show job``: one line per task, or per group of waiting tasks."""
    states = {}
    for line in text.splitlines():
        said = dict(re.findall(r"(\w+)=(\S*)", line)[::-1])  # the first value of a name counts
        for number in task_numbers(said.get("ArrayTaskId", "")):
            states[number] = State(said["JobState"], said["ExitCode"], said["Reason"])
    return states


def task_numbers(text: str) -> list[int]:
    """Parse the number of a task, or the numbers of waiting tasks.

    >>> task_numbers("1,3-4,8-12:2%4")
    [1, 3, 4, 8, 10, 12]
    """
    numbers: list[int] = []
    for part in text.partition("%")[0].split(","):
        match = re.fullmatch(r"([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?", part)
        if match:
            first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
            numbers += range(first, last + 1, step)
    return numbers


def ask_accounting(job: str) -> dict[int, State]:
    """States by number of the tasks that accounting knows; empty without accounting."""
    try:
        done = ask("sacct", "-nPX", f"--jobs={job}", "--format=JobID,State,ExitCode")
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_accounting(done.stdout)


def parse_accounting(text: str) -> dict[int, State]:
    """Parse ``12_3|CANCELLED by 0|0:15``, one line per task; ``12_[4-6%2]`` if several wait."""
    states: dict[int, State] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"[0-9]+_\[?([^]|]+)\]?\|(\w+)[^|]*\|([0-9]+:[0-9]+)", line)
        if match:
            states |= dict.fromkeys(task_numbers(match[1]), State(match[2], match[3]))
    return states


def memory_seconds() -> float:
    """Seconds for which slurmctld remembers an ended job (MinJobAge); infinite if unknown."""
    try:
        done = ask("scontrol", "show", "config")
    except subprocess.TimeoutExpired:
        return math.inf
    match = re.search(r"^MinJobAge\s*=\s*([0-9]+)", done.stdout, re.MULTILINE)
    return float(match[1]) or math.inf if match else math.inf
