"""Arrays on a real SLURM cluster."""

import sys
import time

import pytest


def logs(tmp_path, numbers):
    return [(tmp_path / "log" / f"x.{n}.log").read_text().splitlines() for n in numbers]


def test_an_array_is_spread_over_nodes_each_task_with_its_log(run, tmp_path):
    began = time.monotonic()
    script = 'sleep 1; echo "part.$1 on $SLURMD_NODENAME"'
    status, said = run("JOB=2:7", "log/x.JOB.log", "bash", "-c", script, "x", "JOB")
    assert (status, said) == (0, "")
    texts = logs(tmp_path, range(2, 8))
    assert len({text[4].split()[-1] for text in texts}) >= 3
    assert [text[4].split()[0] for text in texts] == [f"part.{n}" for n in range(2, 8)]
    for text in texts:
        assert text[0].startswith("# bash -c ")
        assert text[1].startswith("# Running on ")
        assert text[2].startswith("# Started at ")
        assert text[-1].startswith("# Ended (code 0) at ")
    assert time.monotonic() - began < 20


def test_arguments_directory_and_environment_reach_the_command_as_they_are(
    start, tmp_path, monkeypatch, cluster
):
    monkeypatch.setitem(cluster.environment, "GREETING", "two words; $HOME\n#SBATCH --hold")
    words = ["two words", "$HOME", "*", "a'b\"c", ";", "--mem", "", "X=1:2", "line\nbreak", "ä"]
    words += ["`id`", "\\", "#SBATCH --hold", "%a", "!!", "\udcff"]
    script = "import os, sys; print(sys.argv[1:], os.getcwd(), [os.environ['GREETING']])"
    process = start("log/x.log", sys.executable, "-c", script, *words)
    assert process.wait(timeout=60) == 0, process.stderr.read()
    text = (tmp_path / "log" / "x.log").read_bytes().decode(errors="replace")
    (line,) = [line for line in text.splitlines() if line.startswith("[")]
    assert line == f"{words} {tmp_path} {[cluster.environment['GREETING']]}"


def test_options_become_those_of_sbatch(run, tmp_path):
    words = ["--mem", "1G", "--num-threads", "2", "--gpu=1", "--time", "0:10:00"]
    script = "scontrol show job $SLURM_JOB_ID"
    assert run(*words, "log/x.log", "bash", "-c", script) == (0, "")
    text = (tmp_path / "log" / "x.log").read_text()
    for part in ("NumCPUs=2", "MinMemoryNode=1G", "gres:gpu:1", "TimeLimit=00:10:00", "Requeue=1"):
        assert part in text
    assert " threads=2\n" in text


def test_no_more_tasks_run_at_a_time_than_allowed(run, tmp_path):
    script = "import time; print(time.time()); time.sleep(0.5); print(time.time())"
    words = ["JOB=1:2", "log/x.JOB.log", sys.executable, "-c", script]
    assert run("--max-jobs-run", 1, *words) == (0, "")
    spans = sorted([float(text[4]), float(text[5])] for text in logs(tmp_path, [1, 2]))
    assert spans[1][0] > spans[0][1]


def test_a_task_that_exits_with_3_is_named_and_its_log_shown(run, tmp_path):
    script = "import sys; print('reason', sys.argv[1]); sys.exit(3 * (sys.argv[1] in '35'))"
    words = ["JOB=1:6", tmp_path / "log" / "x.JOB.log", sys.executable, "-c", script, "JOB"]
    status, said = run(*words)
    assert status == 1
    first, *rest = said.splitlines()
    assert first == (
        "slurm.py: 2 / 6 failed (3: FAILED exit 3, 5: FAILED exit 3), "
        f"log is in {tmp_path}/log/x.*.log"
    )
    assert "reason 3" in rest
    assert "reason 5" not in rest


def test_a_task_that_never_began_shows_no_log_of_an_earlier_call(run, tmp_path):
    assert run("log/x.log", "echo", "old") == (0, "")
    (tmp_path / "slurm.conf").write_text("command sbatch --input=/no/such/file\n")
    status, said = run("--config", "slurm.conf", "log/x.log", "echo", "new")
    assert status == 1
    assert "slurm.py: 1 / 1 failed (1: FAILED" in said
    assert "slurm.py: log/x.log: not found, so the job has not started\n" in said


def test_a_task_that_cannot_write_its_log_shows_what_it_prints(run, tmp_path):
    wrapper = tmp_path / "wrapper"
    wrapper.write_text('#!/bin/bash\ntouch log/1; exec sbatch "$@"\n')
    wrapper.chmod(0o755)
    (tmp_path / "slurm.conf").write_text(f"command {wrapper}\n")
    status, said = run("--config", "slurm.conf", "JOB=1:2", "log/JOB/x.log", "true")
    assert status == 1
    assert said == (
        "slurm.py: 1 / 2 failed (1: FAILED exit 1), log is in log/*/x.log\n"
        "slurm.py: the end of log/q/x.1.out:\nslurm.py: log/1: File exists\n"
    )


def test_a_log_that_cannot_be_made_is_one_line(run, tmp_path):
    (tmp_path / "log").touch()
    assert run("log/x.log", "true") == (1, "slurm.py: log/x.log: Not a directory\n")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--mem", "9999G"], "sbatch: error: "),
        (["--time", "soon"], "sbatch: error: Invalid --time specification"),
        (["--queue", "long"], "the built-in configuration does not describe --queue long; it desc"),
        (["--max-jobs-run", "0"], "--max-jobs-run 0: expected a whole number from 1"),
        (["--config", "none"], "none: No such file or directory"),
    ],
)
def test_what_slurm_would_not_run_is_refused_in_one_line(run, words, complaint):
    status, said = run(*words, "x.log", "true")
    assert status == 1
    assert said.startswith("slurm.py: ")
    assert complaint in said
    assert said.count("\n") == 1


def test_conf_slurm_conf_is_read_where_there_is_one(run, tmp_path):
    (tmp_path / "conf").mkdir()
    conf = "command sbatch --comment=$$\noption node=* --nodelist=n$0 # one\ndefault node=4\n"
    (tmp_path / "conf" / "slurm.conf").write_text(conf)
    script = "echo $SLURMD_NODENAME; scontrol show job $SLURM_JOB_ID"
    assert run("x.log", "bash", "-c", script) == (0, "")
    text = (tmp_path / "x.log").read_text()
    assert "\nn4\n" in text
    assert "Comment=$$" in text


def test_directories_may_be_called_anything(run, tmp_path, monkeypatch):
    odd = tmp_path / "100%a of 'it' $HOME"
    odd.mkdir()
    assert run(odd / "JOB" / "x y.JOB.log", "true")[0] == 0
    assert run("JOB=1:2", odd / "JOB" / "x y.JOB.log", "echo", "is JOB") == (0, "")
    assert "is 2\n" in (odd / "2" / "x y.2.log").read_text()
    assert sorted(path.name for path in (odd / "q").iterdir()) == [
        "x y.1.out",
        "x y.2.out",
        "x y.sh",
    ]
