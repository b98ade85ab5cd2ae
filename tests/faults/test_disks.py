"""Disks that are full or read-only, and files that go while they are in use."""

import re
import shutil
import subprocess

import pytest

from menan.errors import InputError
from menan.features.dump import jobs
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd
from tests.faults.killing import make_corpus, recipe, run, snapshot

COMMANDS = [argv[0] for argv in recipe()]
GROWING = r"exp/.*(log.jsonl|\.pt|\.safetensors)|dump/.*\.1(\.scp)?"


def mount(folder, options):
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """Where to work, and for each command its arguments and the states before and after it."""
    root = tmp_path_factory.mktemp("disks")
    work = root / "work"
    work.mkdir()
    mount(work, "size=100m")
    try:
        make_corpus(work)
        found = {}
        for argv in recipe():
            before, after = root / f"before-{argv[0]}", root / f"after-{argv[0]}"
            shutil.copytree(work, before)
            outcome = run(work, argv)
            assert outcome.status == 0, outcome.output
            shutil.copytree(work, after)
            found[argv[0]] = argv, before, after
    finally:
        subprocess.run(["umount", work], check=True)
    return work, found


@pytest.fixture
def disk(stages):
    """Mount a small disk in the place of the work and fill it with a state."""
    work, _ = stages

    def make(state, free=None):
        mount(work, "size=100m")
        shutil.copytree(state, work, dirs_exist_ok=True)
        if free is not None:
            pages = sum(-(-p.stat().st_size // 4096) for p in work.rglob("*") if p.is_file())
            limit(4096 * pages + free)
        return work

    def limit(size):
        subprocess.run(["mount", "-o", f"remount,size={size}", work], check=True)

    make.limit = limit
    yield make
    subprocess.run(["umount", work], check=True)


def error_of(outcome):
    lines = [line for line in outcome.output.splitlines() if ": error: " in line]
    assert outcome.status == 1, outcome.output
    assert "Traceback" not in outcome.output
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("free", [0, 40_960])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line_and_with_room_the_same_command_goes_on(
    stages, disk, command, free
):
    argv, before, after = stages[1][command]
    wanted = snapshot(after)
    work = disk(before, free)
    untouched = snapshot(work)
    outcome = run(work, argv)
    if free == 0 or outcome.status != 0:
        assert "No space left on device" in error_of(outcome)
        # What was there is as it was; what is new is whole, but for trainings, which grow by
        # epochs, and for tables of a dump's parts, which go when it is complete.
        there = snapshot(work)
        assert {name: there[name] for name in untouched} == untouched
        for name in there.keys() - untouched.keys():
            assert there[name] == wanted.get(name) or re.fullmatch(GROWING, name), name
    disk.limit("100m")
    assert run(work, argv).status == 0
    assert snapshot(work) == wanted


# Pages of 4 kB that are free: the disk is full with the lock, or with one of the files.
@pytest.mark.parametrize("pages", [0, 2, 4])
@pytest.mark.parametrize(
    "command", ["menan-prepare", "menan-infer", "menan-score", "menan-results"]
)
def test_a_full_disk_leaves_an_older_result_whole(stages, disk, command, pages):
    argv, _, after = stages[1][command]
    work = disk(after, 4096 * pages)
    older = snapshot(work)
    outcome = run(work, argv)
    assert (pages and outcome.status == 0) or "No space left on device" in error_of(outcome)
    assert snapshot(work) == older


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_only_disk_is_one_line(stages, disk, command):
    argv, before, _ = stages[1][command]
    work = disk(before)
    untouched = snapshot(work)
    subprocess.run(["mount", "-o", "remount,ro", work], check=True)
    line = error_of(run(work, argv))
    assert "Read-only file system" in line
    assert f"{argv[0]}: error: " in line
    assert snapshot(work) == untouched


def test_audio_that_goes_while_it_is_dumped_is_named(tmp_path, monkeypatch):
    make_corpus(tmp_path)
    assert run(tmp_path, recipe()[0]).status == 0
    order = DumpOptions(tmp_path / "data", tmp_path / "dump", KaldiFrontEnd(seconds=0.5))
    describe = jobs.describe_audio

    def losing(source):
        described = describe(source)
        shutil.rmtree(tmp_path / "corpus", ignore_errors=True)
        return described

    monkeypatch.setattr(jobs, "describe_audio", losing)
    with pytest.raises(InputError, match=r"utterance '.*': .*\.wav: audio file not found"):
        dump_features(order)
    assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize("command", ["menan-train", "menan-infer"])
def test_an_archive_that_is_gone_is_named(stages, disk, command):
    argv, before, _ = stages[1][command]
    work = disk(before)
    (work / "dump/feats.1.ark").unlink()
    assert "dump/feats.1.ark cannot be read" in error_of(run(work, argv))
