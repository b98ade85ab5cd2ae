import os
import subprocess
import sys
from pathlib import Path

import pytest

from menan.files.atomic import atomic_open, atomic_path, write_together


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_complete_when_the_block_ends(tmp_path):
    with atomic_open(tmp_path / "out.txt") as file:
        file.write("é\n")
        file.flush()
        assert not (tmp_path / "out.txt").exists()
    assert (tmp_path / "out.txt").read_bytes() == "é\n".encode()
    assert names(tmp_path) == ["out.txt"]


def test_missing_parent_directories_are_made(tmp_path):
    with atomic_open(tmp_path / "a" / "b" / "out.bin", "wb") as file:
        file.write(b"\r\n\xff")
    assert (tmp_path / "a" / "b" / "out.bin").read_bytes() == b"\r\n\xff"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_and_no_temporary_one(tmp_path, error):
    (tmp_path / "out.txt").write_text("old")

    def interrupted():
        with atomic_open(tmp_path / "out.txt") as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert (tmp_path / "out.txt").read_text() == "old"
    assert names(tmp_path) == ["out.txt"]


def test_an_exception_makes_no_file(tmp_path):
    def broken():
        with atomic_path(tmp_path / "out.npz") as beside:
            beside.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert names(tmp_path) == []


def test_the_temporary_path_keeps_directory_and_suffix(tmp_path):
    with atomic_path(tmp_path / "figure.v1.png") as beside:
        assert (beside.parent, beside.suffix) == (tmp_path, ".png")
        assert beside.name != "figure.v1.png"
        beside.write_bytes(b"x")
    assert names(tmp_path) == ["figure.v1.png"]


def test_leftovers_are_removed_only_if_their_process_has_ended(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for process, name in ((dead.pid, "a.ark"), (dead.pid, "b.ark"), (os.getppid(), "a.ark")):
        (tmp_path / f".menan-{process}.{name}").write_text("half")
    with atomic_open(tmp_path / "a.ark") as file:
        file.write("whole")
    left = {f".menan-{os.getppid()}.a.ark", f".menan-{dead.pid}.b.ark", "a.ark"}
    assert set(names(tmp_path)) == left


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full stands for a full disk")
def test_the_error_of_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full():
        with atomic_path(tmp_path / "out.bin"), open("/dev/full", "wb") as file:
            file.write(b"x" * 100_000)

    with pytest.raises(OSError, match="No space left on device") as error:
        full()
    assert error.value.filename == str(tmp_path / "out.bin")
    assert names(tmp_path) == []


def test_files_that_belong_together_are_all_replaced_or_none(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write_together({first: "1", second: "1"})
    assert (first.read_text(), second.read_text()) == ("1", "1")
    with pytest.raises(UnicodeEncodeError):
        write_together({first: "2", second: "\ud800"})
    assert (first.read_text(), second.read_text()) == ("1", "1")
    assert names(tmp_path) == ["first", "second"]


def test_the_first_of_files_that_belong_together_is_renamed_last(tmp_path, monkeypatch):
    seen = []
    replace = Path.replace
    first, second = tmp_path / "first", tmp_path / "second"
    write_together({first: "1", second: "1"})

    def watched(self, target):
        seen.append((target.name, first.exists()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_together({first: "2", second: "2"})
    assert seen == [("second", False), ("first", False)]
