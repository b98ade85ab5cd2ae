"""Tasks that SLURM ends, loses or never starts do not count as finished."""

import re
import signal
import subprocess
import sys

import pytest

from tests.slurm.cluster import await_until, processes_with

SLEEP = ("bash", "-c", 'echo "begun on $SLURMD_NODENAME"; sleep "$1" && echo slept', "x")


def nodes_of(directory, count=1):
    """Nodes on which the tasks have started; None until ``count`` have."""
    texts = [path.read_text() for path in directory.glob("*.log")]
    found = [re.search(r"^begun on (\w+)$", text, re.MULTILINE) for text in texts]
    return {match[1] for match in found} if len(found) == count and all(found) else None


def job_of(cluster, name="x"):
    return cluster.ask("squeue", "--noheader", f"--name={name}", "--format=%F").split()[0]


@pytest.fixture(scope="module", autouse=True)
def overrunning(running_cluster, tmp_path_factory):
    """A task past its time limit; started first, because SLURM checks only every half minute."""
    directory = tmp_path_factory.mktemp("overrunning")
    (directory / "on4").write_text("command sbatch --nodelist=n4 --time=1\n")
    words = ["--config", "on4", "JOB=1:1", "overrun.JOB.log", *SLEEP, "600"]
    launcher = running_cluster.start_launcher(directory, *words)
    await_until(lambda: nodes_of(directory))
    task = f"JobId={job_of(running_cluster, 'overrun')}_1"
    running_cluster.ask("scontrol", "update", task, "EndTime=now+1")
    yield launcher, directory
    launcher.kill()
    launcher.communicate()


def test_a_cancelled_task_is_named_and_gets_one_signal_to_end(start, cluster, tmp_path):
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('told', flush=True))\n"
        "print('begun on n', flush=True)\n"
        "time.sleep(2)\n"
        "sys.exit(7)"
    )
    launcher = start("JOB=1:2", "x.JOB.log", sys.executable, "-c", script)
    await_until(lambda: nodes_of(tmp_path, 2))
    cluster.ask("scancel", f"{job_of(cluster)}_2")
    assert launcher.wait(timeout=60) == 1
    assert "slurm.py: 2 / 2 failed (1: FAILED exit 7, 2: CANCELLED), log is" in (
        launcher.stderr.read()
    )
    assert "\ntold\n" not in (tmp_path / "x.1.log").read_text()
    text = (tmp_path / "x.2.log").read_text()
    assert text.count("\ntold\n") == 1
    assert "# Ended (code 7)" in text  # it had the time to end by itself


def test_a_signal_to_the_batch_script_alone_ends_the_command_in_order(start, cluster, tmp_path):
    launcher = start("JOB=1:1", "x.JOB.log", *SLEEP, "600")
    await_until(lambda: nodes_of(tmp_path))
    cluster.ask("scancel", "--batch", "--signal=INT", f"{job_of(cluster)}_1")
    assert launcher.wait(timeout=60) == 1
    assert "1 / 1 failed (1: FAILED exit 130)" in launcher.stderr.read()
    assert "# Ended (code 143)" in (tmp_path / "x.1.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_cancels_the_array(start, cluster, tmp_path, number):
    launcher = start("--max-jobs-run", 2, "JOB=1:4", "x.JOB.log", *SLEEP, "600")
    await_until(lambda: nodes_of(tmp_path, 2))
    job = job_of(cluster)
    launcher.send_signal(number)
    assert launcher.wait(timeout=60) == 1
    assert launcher.stderr.read() == f"slurm.py: interrupted, job {job} is cancelled\n"
    assert processes_with(f"SLURM_ARRAY_JOB_ID={job}") == []
    assert f"JobId={job}" not in cluster.ask("squeue", "--noheader", "--format=JobId=%F")
    assert sorted(path.name for path in tmp_path.glob("*.log")) == ["x.1.log", "x.2.log"]
    assert "# Ended (code 143)" in (tmp_path / "x.1.log").read_text()


def test_states_are_remembered_when_slurm_has_forgotten_them(start, tmp_path):
    script = 'sleep "$(( 8 * ($1 == 3) ))"; exit "$(( $1 == 2 ))"'
    launcher = start("JOB=1:3", "x.JOB.log", "bash", "-c", script, "x", "JOB")
    assert launcher.wait(timeout=60) == 1
    assert "slurm.py: 1 / 3 failed (2: FAILED exit 1), log is" in launcher.stderr.read()


def test_a_controller_that_restarts_is_waited_for(start, cluster, tmp_path):
    launcher = start("JOB=1:2", "x.JOB.log", *SLEEP, "6")
    await_until(lambda: nodes_of(tmp_path, 2))
    cluster.stop_controller()
    assert "; waiting for the controller\n" in launcher.stderr.readline()
    cluster.start_controller()
    assert launcher.wait(timeout=60) == 0
    assert launcher.stderr.read() == ""


def test_a_held_task_is_cancelled_unless_its_own_user_holds_it(start, cluster, tmp_path):
    (tmp_path / "held").write_text("command sbatch --hold\n")
    launcher = start("--config", "held", "JOB=1:3", "x.JOB.log", "true")
    await_until(lambda: cluster.ask("squeue", "--noheader", "--name=x"))
    job = job_of(cluster)
    cluster.ask("scontrol", "uhold", f"{job}_1")
    cluster.ask("scontrol", "hold", f"{job}_2")
    cluster.ask("scontrol", "uhold", f"{job}_3")
    said = [launcher.stderr.readline() for _ in "13"]
    assert said == [
        f"slurm.py: {job}_{n} is held; 'scontrol release {job}_{n}' releases it\n" for n in "13"
    ]
    cluster.ask("scontrol", "release", f"{job}_1", f"{job}_3")
    assert launcher.wait(timeout=60) == 1
    assert "slurm.py: 1 / 3 failed (2: JobHeldAdmin), log is" in launcher.stderr.read()
    assert f"JobId={job}" not in cluster.ask("squeue", "--noheader", "--format=JobId=%F")


def test_a_task_whose_node_is_killed_runs_elsewhere_or_has_failed(start, cluster, tmp_path):
    for name, option in [("again", "--requeue"), ("once", "--no-requeue")]:
        (tmp_path / name).mkdir()
        conf = f"command sbatch {option} --nodelist=n1 --time=10\n"
        (tmp_path / name / "conf").write_text(conf)
    again, once = (
        start("--config", f"{name}/conf", "JOB=1:1", f"{name}/x.JOB.log", *SLEEP, "2")
        for name in ("again", "once")
    )
    await_until(lambda: nodes_of(tmp_path / "again") and nodes_of(tmp_path / "once"))
    cluster.kill_node("n1")
    assert once.wait(timeout=90) == 1
    assert "slurm.py: 1 / 1 failed (1: NODE_FAIL), log is" in once.stderr.read()
    assert again.poll() is None
    cluster.start_node("n1")
    assert again.wait(timeout=90) == 0, again.stderr.read()
    assert "\nslept\n" in (tmp_path / "again" / "x.1.log").read_text()


def test_a_task_past_its_time_limit_is_named(overrunning):
    launcher, directory = overrunning
    try:
        assert launcher.wait(timeout=90) == 1
    except subprocess.TimeoutExpired:
        pytest.fail("SLURM has not ended it")
    assert "slurm.py: 1 / 1 failed (1: TIMEOUT), log is" in launcher.stderr.read()
    assert "# Ended (code 143)" in (directory / "overrun.1.log").read_text()


def test_what_the_controller_has_lost_is_asked_of_accounting_or_has_failed(
    start, cluster, tmp_path, monkeypatch
):
    sacct = tmp_path / "bin" / "sacct"
    sacct.parent.mkdir()
    lines = ["1_1|COMPLETED|0:0", "1_2|RUNNING|0:0", "1_3|TIMEOUT|0:15", "1_4|CANCELLED by 0|0:0"]
    sacct.write_text("#!/bin/sh\n" + "\n".join(f"echo '{line}'" for line in lines) + "\n")
    sacct.chmod(0o755)
    monkeypatch.setitem(
        cluster.environment, "PATH", f"{sacct.parent}:{cluster.environment['PATH']}"
    )
    (tmp_path / "held").write_text("command sbatch --hold\n")
    launcher = start("--config", "held", "JOB=1:5", "x.JOB.log", "true")
    await_until(lambda: cluster.ask("squeue", "--noheader", "--name=x"))
    cluster.stop_controller()
    cluster.start_controller("-c")  # all jobs are forgotten
    assert launcher.wait(timeout=60) == 1
    lost = "lost: neither the scheduler nor accounting knows it"
    assert f"4 / 5 failed (2: {lost}, 3: TIMEOUT, 4: CANCELLED, 5: {lost})" in (
        launcher.stderr.read()
    )
