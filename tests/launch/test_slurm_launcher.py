"""slurm.py on a machine without SLURM, and how it waits for tasks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from menan.errors import InputError
from menan.launch.slurm import batch_script, launcher, task_states
from menan.launch.slurm.task_states import NoAnswerError, State, Watch

SLURM = Path(__file__).resolve().parents[2] / "utils" / "slurm.py"


def test_a_machine_without_slurm_is_told_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, SLURM, "x.log", "true"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 1
    assert done.stderr == (
        "slurm.py: sbatch: No such file or directory; to run jobs on this machine use run.py\n"
    )


@pytest.mark.parametrize(
    ("options", "users", "seen"),
    [([], None, "unset"), (["--num-threads=3"], None, "3"), (["--num-threads=3"], "2", "2")],
)
def test_num_threads_is_a_tasks_omp_num_threads_unless_the_user_has_set_it(
    tmp_path, monkeypatch, options, users, seen
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if users is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", users)
    words = ["JOB=4:4", str(tmp_path / "x.JOB.log"), "bash", "-c"]
    call = launcher.parse([*options, *words, "echo threads: ${OMP_NUM_THREADS-unset}"])
    script = batch_script.script_text(call)
    subprocess.run(
        ["bash", "-c", script], env={**os.environ, "SLURM_ARRAY_TASK_ID": "4"}, check=True
    )
    assert f"\nthreads: {seen}\n" in (tmp_path / "x.4.log").read_text()


@pytest.fixture
def pauses(monkeypatch):
    """Waiting takes no time; the pauses are noted."""
    noted = []
    monkeypatch.setattr(signal, "sigtimedwait", lambda signals, pause: noted.append(pause))
    return noted


def answers(monkeypatch, states):
    """Let the controller give these answers to the question what task 1 does."""
    given = iter(states)

    def answer(job):
        state = next(given)
        if isinstance(state, Exception):
            raise state
        return {1: state}

    monkeypatch.setattr(task_states, "ask_controller", answer)


@pytest.mark.parametrize(("memory", "longest"), [(300, 5), (6, 2)])
def test_looks_become_rarer_but_slurm_forgets_nothing_between_two(
    monkeypatch, pauses, memory, longest
):
    monkeypatch.setattr(launcher, "memory_seconds", lambda: memory)
    answers(monkeypatch, [*[State("RUNNING")] * 60, State("COMPLETED")])
    launcher.wait(Watch("4", [1]), [])
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.5
    assert pauses[-1] == longest


def test_a_controller_is_not_waited_for_for_ever(monkeypatch, pauses, capsys):
    monkeypatch.setattr(launcher, "memory_seconds", lambda: 300)
    monkeypatch.setattr(launcher, "SILENCE_SECONDS", 0)
    answers(monkeypatch, [State("RUNNING"), *[NoAnswerError("no controller")] * 2])
    with pytest.raises(
        InputError, match="no controller, for 0 s; job 4 may still run, 'scancel 4'"
    ):
        launcher.wait(Watch("4", [1]), [])
    assert capsys.readouterr().err == "slurm.py: no controller; waiting for the controller\n"


def test_a_list_of_tasks_is_not_cut_short():
    done = task_states.ask("sh", "-c", "echo $SLURM_BITSTR_LEN")
    assert done.stdout == "0\n"


def test_many_failures_are_counted_and_the_first_named(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    call = launcher.parse(["JOB=1:30", "x.JOB.log", "true"])
    watch = Watch("4", call.numbers)
    watch.ended = {n: State("TIMEOUT" if n > 5 else "COMPLETED") for n in call.numbers}
    assert launcher.report(call, watch)
    said = capsys.readouterr().err
    assert said.startswith("slurm.py: 25 / 30 failed (6: TIMEOUT, 7: TIMEOUT, ")
    assert "15: TIMEOUT, and 15 more), log is in x.*.log\n" in said
    assert "x.6.log: not found, so the job has not started\n" in said
