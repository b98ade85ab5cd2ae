import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

UTILS = Path(__file__).resolve().parents[2] / "utils"
RUN = UTILS / "run.py"

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"
)


def run(*words, **options):
    command = [sys.executable, RUN, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_a_job_for_each_number_each_with_its_log(tmp_path):
    done = run("JOB=2:4", tmp_path / "log" / "x.JOB.log", "echo", "part.JOB", "JOB of JOB")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [
        f"x.{n}.log" for n in (2, 3, 4)
    ]
    assert "part.3 3 of 3\n" in (tmp_path / "log" / "x.3.log").read_text()


def test_log_says_command_begin_output_and_end(tmp_path):
    log = tmp_path / "x.log"
    script = "import sys; print('out'); print('err', file=sys.stderr)"
    assert run("--num-threads", 3, log, sys.executable, "-c", script).returncode == 0
    lines = log.read_text().splitlines()
    assert lines[0].startswith(f"# {sys.executable} -c 'import sys; print(")
    assert lines[1] == f"# Running on {socket.gethostname()}"
    assert lines[2].startswith("# Started at ")
    assert lines[3] == "#"
    assert sorted(lines[4:6]) == ["err", "out"]
    assert lines[6].startswith("# Accounting: time=")
    assert lines[6].endswith(" threads=3")
    assert lines[7].startswith("# Ended (code 0) at ")
    assert lines[7].endswith(" seconds")


def test_arguments_are_passed_as_they_are(tmp_path):
    words = ["two words", "$HOME", "*", "a'b\"c", ";", "--mem", "", "X=1:2", "\udcff"]
    script = "import sys; print(sys.argv[1:])"
    assert run(tmp_path / "x.log", sys.executable, "-c", script, *words).returncode == 0
    assert f"\n{words}\n" in (tmp_path / "x.log").read_text(errors="replace")


def test_any_name_may_stand_for_the_number_and_options_on_both_sides_of_it(tmp_path):
    options = ["--mem", "4G", "--gpu=0", "--max_jobs_run", "2"]
    more = ["--time", "1:0:0", "--config", "x"]
    done = run(*options, "N=3", *more, tmp_path / "x.N.log", "echo", "is N")
    assert done.returncode == 0, done.stderr
    assert "is 3\n" in (tmp_path / "x.3.log").read_text()


def test_a_failing_job_is_counted_and_its_log_shown(tmp_path):
    script = "import sys; print('reason', sys.argv[1]); sys.exit(sys.argv[1] == '3')"
    done = run("JOB=1:4", tmp_path / "x.JOB.log", sys.executable, "-c", script, "JOB")
    assert done.returncode == 1
    assert f"run.py: 1 / 4 failed, log is in {tmp_path}/x.*.log\n" in done.stderr
    assert "reason 3\n" in done.stderr
    assert "# Ended (code 1)" in (tmp_path / "x.3.log").read_text()
    assert "# Ended (code 0)" in (tmp_path / "x.4.log").read_text()


def test_a_job_that_a_signal_ends_has_failed(tmp_path):
    done = run(tmp_path / "x.log", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert done.returncode == 1
    assert "# Ended (code 137)" in (tmp_path / "x.log").read_text()


def test_a_missing_command_is_a_failure_with_a_readable_log(tmp_path):
    done = run("JOB=1:2", tmp_path / "x.JOB.log", "no-such-command", "JOB")
    assert done.returncode == 1
    assert "run.py: 2 / 2 failed" in done.stderr
    assert "Traceback" not in done.stderr
    text = (tmp_path / "x.1.log").read_text()
    assert "run.py: no-such-command: No such file or directory\n" in text
    assert "# Ended (code 127)" in text


THREADS = [
    ([], None, "unset"),
    (["--num-threads", "3"], None, "3"),
    (["--num-threads=3"], "2", "2"),
]


@pytest.mark.parametrize(("options", "users", "seen"), THREADS)
def test_num_threads_is_a_jobs_omp_num_threads_unless_the_user_has_set_it(
    tmp_path, monkeypatch, options, users, seen
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if users is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", users)
    script = "echo threads: ${OMP_NUM_THREADS-unset}"
    assert run(*options, tmp_path / "x.log", "bash", "-c", script).returncode == 0
    assert f"\nthreads: {seen}\n" in (tmp_path / "x.log").read_text()


def test_an_old_log_is_not_appended_to(tmp_path):
    for word in ("first", "second"):
        run(tmp_path / "x.log", "echo", word)
    assert "first" not in (tmp_path / "x.log").read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["JOB=0:3", "x.JOB.log", "true"], "must start at 1"),
        (["JOB=3:2", "x.JOB.log", "true"], "must not end before"),
        (["JOB=1:", "x.JOB.log", "true"], "not a range of jobs"),
        (["JOB=a", "x.JOB.log", "true"], "not a range of jobs"),
        (["JOB=1:2", "x.log", "true"], "put JOB into its name"),
        (["--jobs", "2", "x.log", "true"], "unknown option --jobs"),
        (["--max-jobs-run", "0", "x.log", "true"], "--max-jobs-run 0: expected a whole number"),
        (["--num-threads", "many", "x.log", "true"], "--num-threads many: expected"),
        (["--mem"], "--mem needs a value"),
        (["x.log"], "expected a log and a command"),
        ([], "expected a log and a command"),
    ],
)
def test_wrong_calls_are_one_line_and_run_nothing(tmp_path, words, complaint):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("run.py: ")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "x.log", "true")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def spans(tmp_path, jobs, at_once):
    """When each job began and ended."""
    script = "import time; print(time.time()); time.sleep(0.4); print(time.time())"
    words = [f"JOB=1:{jobs}", tmp_path / "x.JOB.log", sys.executable, "-c", script]
    assert run("--max-jobs-run", at_once, *words).returncode == 0
    logs = [(tmp_path / f"x.{n + 1}.log").read_text().splitlines() for n in range(jobs)]
    return [tuple(map(float, lines[4:6])) for lines in logs]


def test_jobs_run_side_by_side_but_no_more_than_allowed(tmp_path):
    together = spans(tmp_path, 2, 2)
    assert max(begin for begin, _ in together) < min(end for _, end in together)
    (_, first_end), (second_begin, _) = sorted(spans(tmp_path, 2, 1))
    assert second_begin > first_end


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # ended, though its parent has not asked for its status


def await_until(condition):
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.05)
    return False


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_jobs_and_their_children(tmp_path, number):
    job = "sleep 60 & echo $! $$; wait"
    command = [sys.executable, RUN, "JOB=1:2", str(tmp_path / "x.JOB.log"), "bash", "-c", job]
    launcher = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def pids():
        logs = [path.read_text().splitlines() for path in tmp_path.glob("x.*.log")]
        return [int(pid) for lines in logs for line in lines[4:5] for pid in line.split()]

    assert await_until(lambda: len(pids()) == 4)
    running = pids()
    launcher.send_signal(number)
    assert launcher.wait(timeout=4) == 1  # nobody had to be waited for and killed
    assert "interrupted" in launcher.stderr.read()
    assert await_until(lambda: not any(map(alive, running)))
    assert "# Ended (code 143)" in (tmp_path / "x.1.log").read_text()


@needs_proc
def test_a_second_interruption_kills_jobs_that_refuse_to_end(tmp_path):
    command = [sys.executable, RUN, str(tmp_path / "x.log"), "bash", "-c"]
    command += ["trap '' TERM; echo $$; while true; do sleep 0.1; done"]
    launcher = subprocess.Popen(command, stderr=subprocess.PIPE)

    def lines():
        return (tmp_path / "x.log").read_text().splitlines() if any(tmp_path.iterdir()) else []

    assert await_until(lambda: len(lines()) == 5)
    launcher.terminate()
    time.sleep(0.5)
    assert alive(int(lines()[4]))
    launcher.terminate()
    assert launcher.wait(timeout=4) == 1
    assert await_until(lambda: not alive(int(lines()[4])))


@needs_proc
def test_jobs_outlive_a_terminal_under_nohup(tmp_path):
    command = ["nohup", sys.executable, RUN, str(tmp_path / "x.log"), "sh", "-c", "echo 1; sleep 1"]
    launcher = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    assert await_until(lambda: (tmp_path / "x.log").exists())
    launcher.send_signal(signal.SIGHUP)
    assert launcher.wait(timeout=20) == 0


@pytest.mark.parametrize("script", [["run"], ["slurm", "--mem", "4G"]], ids=str)
def test_a_launcher_runs_by_path_and_as_a_module_and_explains_itself(script, tmp_path):
    name, *options = script
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # as path.sh sets it
    for call in ([UTILS / f"{name}.py"], [sys.executable, "-m", f"menan_utils.{name}"]):
        done = subprocess.run(
            [*call, "--help"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, done.stderr
        assert " ".join([f"{name}.py", *options, "JOB=1:4 "]) in done.stdout


@pytest.mark.parametrize("name", ["run.py", "slurm.py"])
def test_a_python_without_menan_gets_one_line_with_a_cure(name):
    bare = [sys.executable, "-S", UTILS / name]  # -S: no packages are installed
    done = subprocess.run([*bare, "x.log", "true"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name}: {sys.executable} has no module menan; run 'make'")
    assert done.stderr.count("\n") == 1
