"""When a task of an array counts as ended, and in which state; the outputs are from SLURM 22.05."""

import pytest

from menan.launch.slurm import task_states
from menan.launch.slurm.task_states import FAILED_LOOKS, LOST, LOST_LOOKS, State, Watch

LINE = (
    "JobId=7 ArrayJobId=4 ArrayTaskId={} ArrayTaskThrottle=3 JobName=x UserId=root(0) "
    "JobState={} Reason={} Dependency=(null) Requeue=1 Restarts=0 ExitCode={} CPUs/Task=1"
)
DONE = State("COMPLETED")
FAILED = State("FAILED", "3:0")
NODE_FAIL = State("NODE_FAIL")


@pytest.fixture
def slurm(monkeypatch):
    """What the controller and accounting say; both are the test's to change."""
    told = {"controller": {}, "accounting": {}}
    monkeypatch.setattr(task_states, "ask_controller", lambda job: dict(told["controller"]))
    monkeypatch.setattr(task_states, "ask_accounting", lambda job: dict(told["accounting"]))
    return told


def look(watch, times=1):
    return [number for _ in range(times) for number in watch.look()]


def test_the_controllers_lines_are_read_also_of_tasks_that_wait_together():
    lines = [
        LINE.format("1,3-4,6-8:2%3", "PENDING", "JobHeldAdmin", "0:0"),
        LINE.format("2", "FAILED", "NonZeroExitCode", "3:0"),
    ]
    held = State("PENDING", "0:0", "JobHeldAdmin")
    states = task_states.parse_controller("\n".join([*lines, ""]))
    assert states == {
        **dict.fromkeys([1, 3, 4, 6, 8], held),
        2: State("FAILED", "3:0", "NonZeroExitCode"),
    }


def test_accountings_lines_are_read():
    text = "4_1|COMPLETED|0:0\n4_2|CANCELLED by 0|0:15\n4_[5-6%2]|PENDING|0:0\n4_3|FAILED|1:0\n"
    assert task_states.parse_accounting(text) == {
        1: DONE,
        2: State("CANCELLED", "0:15"),
        **dict.fromkeys([5, 6], State("PENDING")),
        3: State("FAILED", "1:0"),
    }


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (FAILED, "FAILED exit 3"),
        (State("FAILED", "0:53"), "FAILED signal 53"),
        (State("TIMEOUT", "0:15"), "TIMEOUT"),
        (State("OUT_OF_MEMORY", "0:125"), "OUT_OF_MEMORY"),
        (State("COMPLETED", "1:0"), "COMPLETED exit 1"),
        (State("PENDING", "0:0", "BadConstraints"), "BadConstraints"),
    ],
)
def test_a_failure_is_named_as_slurm_names_it(state, text):
    assert str(state) == text
    assert not state.is_success()


def test_success_is_believed_at_once(slurm):
    watch = Watch("4", [1, 2])
    slurm["controller"] = {1: DONE, 2: State("RUNNING")}
    assert look(watch) == [1]
    assert watch.ended == {1: DONE}
    assert not watch.is_uncertain()


def test_completed_with_another_exit_code_is_no_success(slurm):
    watch = Watch("4", [1])
    slurm["controller"] = {1: State("COMPLETED", "0:9")}
    look(watch, FAILED_LOOKS)
    assert not watch.ended[1].is_success()


def test_a_requeued_task_passes_through_a_failure_unharmed(slurm):
    watch = Watch("4", [1])
    for state in (NODE_FAIL, State("PENDING", reason="BeginTime"), NODE_FAIL, State("RUNNING")):
        slurm["controller"] = {1: state}
        assert look(watch, 2) == []
    slurm["controller"] = {1: DONE}
    assert look(watch) == [1]


def test_a_failure_that_lasts_is_believed(slurm):
    watch = Watch("4", [1])
    slurm["controller"] = {1: NODE_FAIL}
    assert look(watch, FAILED_LOOKS - 1) == []
    assert watch.is_uncertain()
    assert look(watch) == [1]
    assert watch.ended == {1: NODE_FAIL}


def test_what_was_said_of_a_forgotten_task_is_remembered(slurm):
    watch = Watch("4", [1])
    slurm["controller"] = {1: FAILED}
    assert look(watch) == []
    slurm["controller"] = {}
    assert look(watch) == [1]
    assert watch.ended == {1: FAILED}


def test_accounting_tells_of_what_the_controller_has_forgotten(slurm):
    watch = Watch("4", [1, 2])
    slurm["controller"] = {2: State("RUNNING")}
    slurm["accounting"] = {1: DONE, 2: DONE}
    assert look(watch, 9) == [1]  # of task 2 the controller knows better


@pytest.mark.parametrize("said", [{}, {1: State("RUNNING")}])
def test_a_task_of_which_nobody_knows_an_end_is_lost(slurm, said):
    watch = Watch("4", [1])
    slurm["controller"] = {1: State("RUNNING")}
    look(watch)
    slurm.update(controller={}, accounting=said)
    assert look(watch, 5) == []
    assert look(watch, LOST_LOOKS - 5) == [1]
    assert watch.ended == {1: LOST}
    assert not LOST.is_success()


def test_a_task_that_would_wait_for_ever_has_ended_but_not_one_that_its_user_holds(slurm):
    watch = Watch("4", [1, 2, 3])
    reasons = {1: "BadConstraints", 2: "JobHeldUser", 3: "Resources"}
    slurm["controller"] = {n: State("PENDING", reason=reason) for n, reason in reasons.items()}
    assert look(watch, 20) == [1]
    assert watch.held() == {2}
