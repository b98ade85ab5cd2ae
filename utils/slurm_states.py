"""What has become of the tasks of a SLURM array, by the scheduler's word or by accounting's.

slurmctld forgets a job some time after its end (MinJobAge), so what it said is remembered; what
nobody knows any more is lost, and never taken for finished.
"""

import math
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

# A state without an end: all others (PENDING, RUNNING, COMPLETING, ...) may still lead anywhere.
FAILURES = (
    *("BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"),
    *("REVOKED", "SPECIAL_EXIT", "TIMEOUT"),
)
# Why a task would wait for ever. A task that its own user holds (JobHeldUser) waits for him.
STUCK = (
    *("AccountNotAllowed", "BadConstraints", "DependencyNeverSatisfied", "InvalidAccount"),
    *("InvalidQOS", "JobHeldAdmin", "JobHoldMaxRequeue", "PartitionNodeLimit"),
    *("PartitionTimeLimit", "QOSNotAllowed", "launch_failed_requeued_held"),
)
# Looks in a row at a failure before it is believed: a requeued task passes through one.
FAILED_LOOKS = 3
# Looks in a row at a task that nobody knows before it is lost: accounting lags behind.
LOST_LOOKS = 10
# scontrol and sacct give up by themselves, but not always.
ANSWER_SECONDS = 60


class NoAnswerError(Exception):
    """The controller cannot be reached; it may be about to restart."""


@dataclass(frozen=True)
class State:
    """A task's state as SLURM names it, its exit code ``status:signal`` and why it waits."""

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

    ended: the tasks about which nothing will change, and their states.
    """

    def __init__(self, job: str, numbers: Iterable[int]):
        self.job = job
        self.open = set(numbers)
        self.ended: dict[int, State] = {}
        self._last: dict[int, State] = {}
        self._looks: dict[int, int] = {}

    def look(self) -> list[int]:
        """Ask what has become of the open tasks; those that have ended now.

        Raises:
            NoAnswerError: the controller does not answer.
        """
        told = ask_controller(self.job)
        forgotten = self.open - told.keys()
        if forgotten:
            # Accounting's RUNNING is old news, of a task whose end it was never told.
            known = ask_accounting(self.job).items()
            told |= {n: s for n, s in known if n in forgotten and s.is_ended()}
        before = sorted(self.open)
        for number in before:
            self._note(number, told.get(number))
        return [number for number in before if number in self.ended]

    def _note(self, number: int, state: State | None) -> None:
        last = self._last.get(number, LOST)
        if state is None:
            if last.is_failure():  # it was not requeued, or somebody would know it
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
        """Open tasks that their user holds."""
        return {n for n in self.open if self._last.get(n, LOST).reason == "JobHeldUser"}

    def is_uncertain(self) -> bool:
        """Whether an open task looks ended, so that the next looks should follow soon."""
        return any(
            state == LOST or state.is_failure() or state.is_stuck()
            for number, state in self._last.items()
            if number in self.open
        )


def ask(*command: str) -> subprocess.CompletedProcess[str]:
    """Run one of SLURM's programs that tell something."""
    # Else a list of many tasks is cut short.
    environment = {**os.environ, "SLURM_BITSTR_LEN": "0"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=ANSWER_SECONDS, env=environment
    )


def ask_controller(job: str) -> dict[int, State]:
    """States of the tasks that slurmctld still knows.

    Raises:
        NoAnswerError: it does not answer.
    """
    try:
        done = ask("scontrol", "--oneliner", "show", "job", job)
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"scontrol has said nothing for {ANSWER_SECONDS} s") from None
    if done.returncode == 0:
        return parse_controller(done.stdout)
    if "Invalid job id" in done.stderr:
        return {}
    raise NoAnswerError((done.stderr.strip().splitlines() or ["scontrol failed"])[-1])


def parse_controller(text: str) -> dict[int, State]:
    """``scontrol --oneliner show job``: a line for each task, or for several that wait."""
    states = {}
    for line in text.splitlines():
        said = dict(re.findall(r"(\w+)=(\S*)", line)[::-1])  # the first of a name counts
        for number in task_numbers(said.get("ArrayTaskId", "")):
            states[number] = State(said["JobState"], said["ExitCode"], said["Reason"])
    return states


def task_numbers(text: str) -> list[int]:
    """``3`` or, of tasks that wait, ``1,3-6,8-12:2%4``."""
    numbers = []
    for part in text.partition("%")[0].split(","):
        match = re.fullmatch(r"([0-9]+)(?:-([0-9]+)(?::([0-9]+))?)?", part)
        if match:
            first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
            numbers += range(first, last + 1, step)
    return numbers


def ask_accounting(job: str) -> dict[int, State]:
    """States of the tasks that accounting knows; none where there is no accounting."""
    try:
        done = ask("sacct", "-nPX", f"--jobs={job}", "--format=JobID,State,ExitCode")
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_accounting(done.stdout)


def parse_accounting(text: str) -> dict[int, State]:
    """``12_3|CANCELLED by 0|0:15``, a line for each task; ``12_[4-6%2]`` for several that wait."""
    states = {}
    for line in text.splitlines():
        match = re.fullmatch(r"[0-9]+_\[?([^]|]+)\]?\|(\w+)[^|]*\|([0-9]+:[0-9]+)", line)
        if match:
            states |= dict.fromkeys(task_numbers(match[1]), State(match[2], match[3]))
    return states


def memory_seconds() -> float:
    """For how long slurmctld remembers an ended job (MinJobAge); infinite if it does not say."""
    try:
        done = ask("scontrol", "show", "config")
    except subprocess.TimeoutExpired:
        return math.inf
    match = re.search(r"^MinJobAge\s*=\s*([0-9]+)", done.stdout, re.MULTILINE)
    return float(match[1]) or math.inf if match else math.inf
