import os
import signal
import subprocess
import sys

import pytest

from menan.errors import InputError
from menan.files import lock
from menan.files.lock import Holder, only_writer

HOLD = """
import sys, time
from menan.files.lock import only_writer
with only_writer(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds a directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_writer_is_refused_with_the_holders_name(other, tmp_path):
    with pytest.raises(InputError, match=rf"out: -c \(process {other.pid} on .*, since 20"):
        only_writer(tmp_path / "out").__enter__()


def test_the_lock_of_a_killed_process_is_free(other, tmp_path):
    other.send_signal(signal.SIGKILL)
    other.wait()
    with only_writer(tmp_path / "out"):
        assert names(tmp_path / "out") == [".lock"]
    assert names(tmp_path / "out") == []


def test_a_failure_leaves_no_empty_directories(tmp_path):
    with pytest.raises(KeyError), only_writer(tmp_path / "a" / "b"):
        raise KeyError
    assert names(tmp_path) == []


def test_a_failure_keeps_finished_and_existing_files(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(KeyError), only_writer(tmp_path / "empty"):
        raise KeyError
    assert names(tmp_path) == ["empty"]

    def fail():
        with only_writer(tmp_path / "full"):
            (tmp_path / "full" / "whole").touch()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert names(tmp_path / "full") == ["whole"]


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="out: exists and is not a directory"):
        only_writer(tmp_path / "out").__enter__()


def test_one_process_cannot_hold_a_directory_twice(tmp_path):
    with only_writer(tmp_path), pytest.raises(InputError, match=f"process {os.getpid()} "):
        only_writer(tmp_path).__enter__()


def test_a_lock_file_removed_before_locking_is_made_again(tmp_path, monkeypatch):
    """Its last holder removes it, perhaps between our opening and our locking it."""
    plain = lock._lock

    def removed_first(file):
        monkeypatch.setattr(lock, "_lock", plain)
        (tmp_path / ".lock").unlink()
        return plain(file)

    monkeypatch.setattr(lock, "_lock", removed_first)
    with only_writer(tmp_path), pytest.raises(InputError, match="is writing to it"):
        only_writer(tmp_path).__enter__()


def test_a_file_system_without_locks_gets_a_warning(tmp_path, monkeypatch, capsys):
    def none(*_):
        raise OSError(lock.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", none)
    with only_writer(tmp_path):
        pass
    assert "this file system does not support locks" in capsys.readouterr().err


def test_a_job_knows_whether_its_command_is_alive(other, tmp_path):
    holder = Holder(tmp_path / "out")
    holder.check()
    other.kill()
    other.wait()
    with pytest.raises(InputError, match="has ended"):
        holder.check()
    with only_writer(tmp_path / "out"), pytest.raises(InputError, match="has ended"):
        holder.check()
