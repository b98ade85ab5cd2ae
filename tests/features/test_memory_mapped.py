"""Frames on a disk: outside the memory of the process, and no file remains."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from menan.datadir.dump_directory import open_dump
from menan.errors import InputError
from menan.features import memory_mapped as mapped
from menan.features.store import load_frames
from menan.front_ends import KaldiFrontEnd
from menan_bin import menan_train

CPU = torch.device("cpu")


def test_the_file_has_no_name_and_does_not_remain(make_dump, tmp_path):
    dump = open_dump(make_dump())
    utts = list(dump.scp)
    store = load_frames(dump, utts, CPU, directory=tmp_path / "frames")
    assert list((tmp_path / "frames").iterdir()) == []
    assert torch.equal(store.frames, load_frames(dump, utts, CPU).frames)


def test_a_disk_with_too_little_space_is_named_with_both_sizes(make_dump, tmp_path, monkeypatch):
    dump = open_dump(make_dump())
    monkeypatch.setattr(dump.features.__class__, "dims", 10**13)
    with pytest.raises(InputError) as error:
        load_frames(dump, list(dump.scp), CPU, directory=tmp_path)
    size = sum(dump.num_frames.values()) * 4 * 10**4
    assert re.fullmatch(
        rf"{tmp_path}: the frames take {size}\.00 GB, and [\d.]+ GB are free .*--store.*",
        str(error.value),
    )


def test_a_disk_that_fills_up_while_writing_is_one_line(make_dump, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(mapped.os, "posix_fallocate", full)
    dump = open_dump(make_dump())
    with pytest.raises(InputError, match=rf"{tmp_path}: .*\(No space left on device\).*--store"):
        load_frames(dump, list(dump.scp), CPU, directory=tmp_path)


def test_a_path_that_is_not_a_directory_is_named(make_dump, tmp_path):
    dump = open_dump(make_dump())
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=rf"{tmp_path}/file: .*\(File exists\)"):
        load_frames(dump, list(dump.scp), CPU, directory=tmp_path / "file")


def test_the_command_takes_the_directory(make_dump, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    options = ["--feats", make_dump(), "--exp", tmp_path / "exp", "--store", tmp_path / "file"]
    monkeypatch.setattr(sys, "argv", ["menan-train", *map(str, options)])
    with pytest.raises(SystemExit, match="1"):
        menan_train.main()
    assert capsys.readouterr().err.startswith(
        f"menan-train: error: {tmp_path}/file: cannot create a "
    )
    assert not (tmp_path / "exp").exists()


def test_a_gpus_frames_are_not_kept_on_a_disk(make_dump, tmp_path):
    dump = open_dump(make_dump())
    with pytest.raises(InputError, match=r"--store .* --device cuda:1 .*; leave --store out"):
        load_frames(dump, list(dump.scp), torch.device("cuda:1"), directory=tmp_path)


GROWTH = r"""
import re, sys
from pathlib import Path
from menan.datadir.dump_directory import open_dump
from menan.features.store import load_frames

def anonymous():
    return 1024 * int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1])

dump = open_dump(sys.argv[1])
utts = list(dump.scp)
load_frames(dump, utts[:1], "cpu", directory=Path(sys.argv[2]))  # memory of the first use
stores, sizes = [], [anonymous()]
for directory in (Path(sys.argv[2]), None):
    stores.append(load_frames(dump, utts, "cpu", directory=directory))
    stores[-1].mean_and_std(stores[-1].index_of(utts))  # touches every frame
    sizes.append(anonymous())
print(stores[0].frames.nbytes, sizes[1] - sizes[0], sizes[2] - sizes[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
def test_frames_on_a_disk_do_not_count_as_memory_of_the_process(make_dump, tmp_path):
    feats = make_dump(features=KaldiFrontEnd(seconds=4), utts_per_emotion=40)
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, feats, tmp_path / "frames"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    size, on_disk, in_memory = map(int, done.stdout.split())
    assert size > 20e6
    assert on_disk < 0.2 * size
    assert in_memory > 0.8 * size
