"""run.py with --gpu; nvidia-smi is a fake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "utils" / "run.py"
SHOW = ("bash", "-c", 'date +%s.%N; echo "sees $CUDA_VISIBLE_DEVICES"; sleep 0.4; date +%s.%N')


@pytest.fixture
def run(tmp_path):
    """Call run.py on a machine with ``cards`` GPUs."""

    def run(*words, cards=0, visible=None):
        smi = tmp_path / "bin" / "nvidia-smi"
        smi.parent.mkdir(exist_ok=True)
        lines = [f"echo 'GPU {n}: NVIDIA H100 (UUID: GPU-{n})'" for n in range(cards)]
        smi.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        smi.chmod(0o755)
        environment = {**os.environ, "PATH": f"{smi.parent}:{os.environ['PATH']}"}
        environment.pop("CUDA_VISIBLE_DEVICES", None)
        if visible is not None:
            environment["CUDA_VISIBLE_DEVICES"] = visible
        command = [sys.executable, RUN, *map(str, words)]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60
        )

    return run


def seen(tmp_path):
    """For each job: the devices it sees, its begin and its end (seconds)."""
    jobs = []
    for path in sorted(tmp_path.glob("x.*.log")):
        begin, sees, end = path.read_text().splitlines()[4:7]
        jobs.append((sees.removeprefix("sees").strip(), float(begin), float(end)))
    return jobs


def most_at_once(jobs):
    return max(sum(b <= begin < e for _, b, e in jobs) for _, begin, _ in jobs)


def test_jobs_at_a_time_have_each_a_device_of_their_own(run, tmp_path):
    done = run("--gpu", 1, "--max-jobs-run", 2, "JOB=1:4", "x.JOB.log", *SHOW, cards=2)
    assert (done.returncode, done.stderr) == (0, "")
    jobs = seen(tmp_path)
    assert {sees for sees, _, _ in jobs} == {"0", "1"}
    for sees, begin, end in jobs:
        others = [other for other, b, e in jobs if (b, e) != (begin, end) and b < end and begin < e]
        assert sees not in others


def test_no_more_jobs_run_than_devices_suffice_for(run, tmp_path):
    done = run("--gpu", 2, "JOB=1:3", "x.JOB.log", *SHOW, cards=3)
    assert (done.returncode, done.stderr) == (0, "")
    assert {sees for sees, _, _ in seen(tmp_path)} == {"0,1"}
    assert most_at_once(seen(tmp_path)) == 1


def test_told_to_run_more_they_share_the_devices(run, tmp_path):
    done = run("--gpu", 1, "--max-jobs-run", 4, "JOB=1:4", "x.JOB.log", *SHOW, cards=2)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(sees for sees, _, _ in seen(tmp_path)) == ["0", "0", "1", "1"]
    assert most_at_once(seen(tmp_path)) > 2


def test_only_devices_that_the_caller_may_see_are_given(run, tmp_path):
    done = run("--gpu", 1, "--max-jobs-run", 2, "JOB=1:2", "x.JOB.log", *SHOW, visible="GPU-7,3")
    assert (done.returncode, done.stderr) == (0, "")
    assert [sees for sees, _, _ in seen(tmp_path)] == ["GPU-7", "3"]


def test_jobs_that_ask_for_no_device_see_what_the_caller_sees(run, tmp_path):
    run("--gpu", 0, "JOB=1:1", "x.JOB.log", *SHOW, cards=2, visible="1")
    assert seen(tmp_path)[0][0] == "1"


@pytest.mark.parametrize(
    ("machine", "found"), [({}, 0), ({"cards": 1}, 1), ({"cards": 4, "visible": "-1"}, 0)]
)
def test_a_machine_with_too_few_devices_is_refused_in_one_line(run, tmp_path, machine, found):
    done = run("--gpu", 2, "x.log", "true", **machine)
    assert done.returncode == 1
    assert done.stderr.startswith(f"run.py: --gpu 2: this machine has {found} GPUs (counted by ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x.log").exists()


def test_no_more_jobs_run_than_there_are_cores_for_their_threads(run, tmp_path):
    threads = os.cpu_count()
    done = run("--num-threads", threads, "JOB=1:2", "x.JOB.log", *SHOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert most_at_once(seen(tmp_path)) == 1
