"""Dumps in several shards, and the jobs that write them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from menan.errors import InputError
from menan.front_ends import KaldiFrontEnd
from menan_bin import menan_dump
from tests.features.dump.dump_example import THREE_SPEEDS, contents, dump_features, names, spoil

RUN = Path(__file__).resolve().parents[3] / "utils" / "run.py"
LAUNCH = {"launcher": menan_dump.LAUNCHER, "job_command": menan_dump.JOB_COMMAND}


def assert_equal_dumps(one, many, archives):
    """The same content in one archive and in many."""
    wanted, found = contents(one), contents(many)
    assert list(wanted) == list(found)
    for key in wanted:
        np.testing.assert_array_equal(wanted[key], found[key])
    assert (
        b"".join((many / name).read_bytes() for name in archives)
        == (one / "feats.1.ark").read_bytes()
    )
    for name in set(names(one)) - {"feats.scp", "feats.1.ark"}:
        assert (one / name).read_bytes() == (many / name).read_bytes(), name


@pytest.mark.parametrize("nj", [3, 8])
def test_number_of_shards_changes_neither_content_nor_order(data, tmp_path, nj):
    dump_features(data, tmp_path / "one", THREE_SPEEDS)
    dump_features(data, tmp_path / "many", THREE_SPEEDS, nj)
    archives = [f"feats.{number}.ark" for number in range(1, nj + 1)]
    assert_equal_dumps(tmp_path / "one", tmp_path / "many", archives)


def test_jobs_of_a_launcher_make_the_same_dump(data, tmp_path):
    one, many, nj = tmp_path / "one", tmp_path / "many", 2
    dump_features(data, one, THREE_SPEEDS)
    cmd = f"{sys.executable} {RUN} --max-jobs-run {nj} --mem 2G"
    command = [sys.executable, "-m", "menan_bin.menan_dump", "--data", data, "--out", many]
    command += ["--nj", str(nj), "--speeds", "0.9,1.0,1.1", "--cmd", cmd]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{many}: 24 utterances, ")
    numbers = range(1, nj + 1)
    archives = [f"feats.{number}.ark" for number in numbers]
    assert names(many) == sorted({*names(one), *archives, "log"})
    assert names(many / "log") == [*(f"dump.{number}.log" for number in numbers), "dump.yaml"]
    assert_equal_dumps(one, many, archives)


def test_starting_jobs_needs_no_torch():
    """Its import takes seconds, and each job has to import it anyway."""
    code = "import menan_bin.menan_dump, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_failed_job_is_shown_and_the_dump_can_be_repeated(data, tmp_path, capfd):
    out = tmp_path / "dump"
    good = (tmp_path / "audio" / "a-10.wav").read_bytes()
    spoil(data, "short")
    with pytest.raises(InputError, match="not all of 2 jobs succeeded"):
        dump_features(data, out, KaldiFrontEnd(), nj=2, **LAUNCH)
    shown = capfd.readouterr().err
    assert "run.py: 1 / 2 failed" in shown
    assert "menan-dump: error: utterance 'a-10': 600 samples" in shown
    assert "Traceback" not in shown
    assert not (out / "feats.scp").exists()
    (tmp_path / "audio" / "a-10.wav").write_bytes(good)
    dump_features(data, out, KaldiFrontEnd())
    assert len(contents(out)) == 8


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nj", "2", "--cmd", "false"], "not all of 2 jobs succeeded"),
        (["--nj", "2", "--cmd", "no-such-launcher"], "no-such-launcher: No such file"),
        (["--nj", "0"], "--nj 0: must be at least 1"),
        (["--device", "tpu"], "--device tpu: unknown device; choose cpu, cuda"),
        (["--speeds", "0.9"], "speeds must contain 1.0"),
        (["--speeds", "1.0,fast"], "expected float, found 'fast'"),
        (["--config", "/nowhere.yaml"], "/nowhere.yaml: cannot be read"),
    ],
)
def test_wrong_options_are_one_line(data, tmp_path, arguments, complaint, monkeypatch, capsys):
    words = ["menan-dump", "--data", str(data), "--out", str(tmp_path / "dump"), *arguments]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit, match="1"):
        menan_dump.main()
    shown = capsys.readouterr().err
    assert complaint in shown
    assert shown.count("\n") == 1
