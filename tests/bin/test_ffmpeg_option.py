"""--ffmpeg true from a table to a prediction, with a program that stands for ffmpeg."""

import sys

import numpy as np
import pytest
import soundfile

from menan.ffmpeg import use_ffmpeg
from menan.model.model_file import save_model
from menan_bin import menan_dump, menan_predict, menan_prepare, menan_validate
from tests.test_ffmpeg import ALAC
from tests.training.training_example import build_network, model_card

ALLOWED = ("--ffmpeg", "true")


@pytest.fixture
def run(monkeypatch, capfd):
    def call(module, *arguments):
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code, *capfd.readouterr()

    yield call
    use_ffmpeg(False)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A table of four MP4 files, and a program that turns each into the same second of noise."""
    sound = tmp_path / "sound.au"
    soundfile.write(sound, np.random.default_rng(0).normal(0, 0.05, 16000), 16000)
    program = tmp_path / "bin/ffmpeg"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat {sound}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    rows = "".join(f"{s}.m4a,{s},{e}\n" for s, e in zip("abcd", ("x", "y") * 2, strict=True))
    (tmp_path / "t.csv").write_text(f"path,speaker,emotion\n{rows}")
    for speaker in "abcd":
        (tmp_path / f"{speaker}.m4a").write_bytes(ALAC)
    return tmp_path


def test_all_commands_that_read_audio_take_it(corpus, run):
    table, data, dump = corpus / "t.csv", corpus / "data", corpus / "dump"
    assert run(menan_prepare, "table", table, data, *ALLOWED)[0] == 0
    assert (data / "utt2dur").read_text().splitlines()[0] == "a-a 1.000"
    assert run(menan_validate, data, "--read-audio", "true", *ALLOWED)[0] == 0
    assert run(menan_dump, "--data", data, "--out", dump, "--nj", "2", *ALLOWED)[0] == 0
    assert (dump / "utt2num_frames").read_text().splitlines()[0] == "a-a 97"
    save_model(corpus / "m.safetensors", build_network(43, 2, 0), model_card())
    files = corpus / "a.m4a", corpus / "b.m4a"
    status, out, _ = run(menan_predict, "--model", corpus / "m.safetensors", *ALLOWED, *files)
    assert (status, out.count("\n")) == (0, 2)


def test_each_command_names_the_option_where_it_would_help(corpus, run):
    table, data = corpus / "t.csv", corpus / "data"
    named = "or read it with --ffmpeg true"
    status, _, err = run(menan_prepare, "table", table, data)
    assert (status, named in err) == (1, True)
    assert run(menan_prepare, "table", table, data, *ALLOWED)[0] == 0
    status, out, _ = run(menan_validate, data)
    assert (status, named in out) == (1, True)
    status, _, err = run(menan_dump, "--data", data, "--out", corpus / "dump")
    assert (status, named in err) == (1, True)


def test_without_the_program_it_is_one_line(corpus, run, monkeypatch):
    monkeypatch.setenv("PATH", str(corpus))
    status, out, err = run(menan_prepare, "table", corpus / "t.csv", corpus / "data", *ALLOWED)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "error: --ffmpeg true: the program ffmpeg is not on the PATH; install it" in err
