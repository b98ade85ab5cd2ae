import sys

import numpy as np
import pytest
import soundfile

from menan.datadir.utterances import Utterance, write_datadir
from menan.labels import IEMOCAP_EMOTIONS
from menan_bin import menan_folds, menan_validate


@pytest.fixture
def data(tmp_path):
    """Four speakers in pairs, one utterance each, with the four emotions of IEMOCAP."""
    utterances = []
    for speaker, emotion in zip("abcd", IEMOCAP_EMOTIONS, strict=True):
        path = tmp_path / f"{speaker}.wav"
        soundfile.write(path, np.random.default_rng(0).normal(0, 0.05, 800), 8000)
        utt = f"{speaker}-1"
        utterances.append(Utterance(utt, speaker, utt, str(path), (emotion,), 0.1))
    write_datadir(utterances, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def run(monkeypatch, capsys):
    def call(module, *arguments):
        monkeypatch.setattr(sys, "argv", ["menan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code, *capsys.readouterr()

    return call


def test_a_whole_directory_is_ok_with_status_0(run, data):
    assert run(menan_validate, data, "--read_audio", "true") == (
        0,
        f"{data}: ok, 4 utterances of 4 speakers in 2 groups\n",
        "",
    )


def test_problems_are_printed_with_status_1(run, data):
    (data / "spk2gender").write_text("a f\nb f\nc f\nd x\n")
    assert run(menan_validate, data) == (
        1,
        f"{data}/spk2gender:4: 'd' has gender 'x'; write f or m, or remove the file\n"
        f"{data}: 1 problem\n",
        "",
    )


def test_a_missing_directory_is_one_line_on_stderr(run, tmp_path):
    status, out, err = run(menan_validate, tmp_path / "absent")
    assert (status, out, err.count("\n")) == (1, "", 1)


def test_folds_are_printed_and_written_beside_the_data(run, data):
    status, out, err = run(menan_folds, data)
    assert status == 0
    assert err.splitlines() == [
        f"warning: {data}: g01: nothing of ang, hap to train on, so that their recall is 0",
        f"warning: {data}: g02: nothing of neu, sad to train on, so that their recall is 0",
        f"warning: {data}: identical audio under two speakers, so that a fold trains on what it "
        "tests: 1 group: a-1 = b-1 = c-1 = d-1; leave one of each out",
    ]
    written = (data / "folds.tsv").read_text()
    assert [line.split() for line in out.splitlines()] == [
        line.split("\t") for line in written.splitlines()
    ]
    assert written.splitlines()[1] == "g01\ta\tb\t2\t2\t1\t1"


def test_folds_are_written_where_out_says(run, data, tmp_path):
    assert run(menan_folds, data, "--out", tmp_path / "new" / "f.tsv")[0] == 0
    assert (tmp_path / "new" / "f.tsv").exists()
    assert not (data / "folds.tsv").exists()


def test_refused_folds_leave_no_table(run, data):
    (data / "spk2group").write_text("a x\nb x\nc x\nd y\n")
    status, out, err = run(menan_folds, data)
    assert (status, out) == (1, "")
    assert "group 'y' has 1 speaker" in err
    assert not (data / "folds.tsv").exists()


def test_groups_of_a_size_replace_those_of_the_data(run, data):
    (data / "spk2gender").write_text("a f\nb f\nc m\nd m\n")
    assert run(menan_folds, data, "--group-size", "2")[0] == 0
    assert (data / "spk2group").read_text() == "a g01\nb g02\nc g01\nd g02\n"
    assert (data / "folds.tsv").read_text().splitlines()[1] == "g01\ta\tc\t2\t2\t1\t1"
    status, out, err = run(menan_folds, data, "--group-size", "3")
    assert (status, out) == (1, "")
    assert f"{data}: expected 6 speakers or more for groups of 3, found 4; choose 2" in err
    assert (data / "spk2group").read_text() == "a g01\nb g02\nc g01\nd g02\n"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--groups", "x", "--group-size", "2"), "--groups and --group-size exclude each other"),
        (("--group-seed", "1"), "--group-seed needs --group-size"),
    ],
)
def test_options_of_groups_that_do_not_go_together(run, data, options, complaint):
    status, out, err = run(menan_folds, data, *options)
    assert (status, out) == (1, "")
    assert complaint in err


def test_what_is_odd_about_the_audio_is_reported_when_it_is_read(run, data):
    soundfile.write(data.parent / "a.wav", np.zeros(800), 8000)
    assert run(menan_validate, data)[2] == ""
    status, _, err = run(menan_validate, data, "--read-audio", "true")
    assert status == 0
    assert err.startswith(f"warning: digital silence: 1 of 4: {data.parent / 'a.wav'} (0.10 s)")
