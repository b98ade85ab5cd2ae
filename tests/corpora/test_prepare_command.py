import json
import sys
from unittest.mock import ANY
from zlib import crc32

import h5py
import numpy as np
import pytest
import soundfile

from menan.corpora.known_corpora import CORPORA
from menan.datadir.metadata import read_metadata
from menan.datadir.utterances import DATA_FILES
from menan.datadir.validate.directory import validate
from menan.errors import InputError
from menan.features.dump.resume import describe_audio
from menan.features.dump.sources import read_sources
from menan_bin.menan_prepare import main
from tests.corpora.emobox_example import EmoBoxExample


@pytest.fixture
def prepare(monkeypatch, capsys):
    """Run the command; gives exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["menan-prepare", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


def write_wav(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(crc32(path.name.encode()))
    soundfile.write(path, rng.normal(0, 0.05, 16000), 16000)


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def assert_one_line(result, *words):
    status, out, err = result
    assert status == 1
    assert out == ""
    assert err.startswith("menan-prepare: error: ")
    assert err.count("\n") == 1
    for word in words:
        assert str(word) in err


def test_iemocap_becomes_a_data_directory_and_a_report(tmp_path, prepare):
    session = tmp_path / "IEMOCAP_full_release" / "Session1"
    turns = ["Ses01F_impro01_F000", "Ses01F_impro01_M000"]
    lines = (f"[0.1 - 1.0]\t{turn}\texc\t[2.5, 2.5, 2.5]\n" for turn in turns)
    write_text(session / "dialog/EmoEvaluation/Ses01F_impro01.txt", "".join(lines))
    lines = (f"{turn} [000.1000-001.0000]: Hello.\n" for turn in turns)
    write_text(session / "dialog/transcriptions/Ses01F_impro01.txt", "".join(lines))
    for turn in turns:
        write_wav(session / f"sentences/wav/Ses01F_impro01/{turn}.wav")
    data = tmp_path / "data"
    status, out, err = prepare("iemocap", session.parent, data)
    assert (status, err) == (0, "")
    assert out.startswith(f"{data}: IEMOCAP, 2 utterances of 2 speakers")
    assert "hap 2 (1636)" in out
    assert (data / "text").read_text() == (
        "Ses01F-Ses01F_impro01_F000 Hello.\nSes01M-Ses01F_impro01_M000 Hello.\n"
    )
    metadata = read_metadata(data)
    assert metadata.spk2group == {"Ses01F": "Ses01", "Ses01M": "Ses01"}
    assert metadata.spk2gender == {"Ses01F": "f", "Ses01M": "m"}
    unused = {
        "segments",
        "utt2intensity",
        "reco2channel",
        "utt2split",
        "utt2fold",
        "unknown_speakers",
    }
    assert {path.name for path in data.iterdir()} == set(DATA_FILES) - unused


def test_mosei_becomes_a_data_directory_with_segments(tmp_path, prepare):
    root = tmp_path / "CMU_MOSEI"
    write_wav(root / "Raw/Audio/Full/WAV_16000/-a_b.wav")
    names = ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"]
    with h5py.File(tmp_path / "labels.csd", "w") as file:
        file["All Labels/metadata/dimension names"] = [json.dumps(names)]
        file["All Labels/data/-a_b/features"] = [[0.0, 1, 0, 1, 0, 0, 0], [0.0] * 7]
        file["All Labels/data/-a_b/intervals"] = [[-0.2, 0.5], [0.25, 0.75]]
    result = prepare("mosei", root, tmp_path / "data", "--labels", tmp_path / "labels.csd")
    assert result[0] == 0
    assert "2 utterances of 1 videos" in result[1]
    assert "hap 1 (12465)" in result[1]
    assert (tmp_path / "data/segments").read_text() == (
        "-a_b-0000 -a_b 0.0000 0.5000\n-a_b-0001 -a_b 0.2500 0.7500\n"
    )
    assert read_metadata(tmp_path / "data").utt2emo["-a_b-0000"] == ("ang", "hap")


@pytest.mark.parametrize(
    ("options", "labels", "utterances"),
    [
        ([], "ang hap neu sad", 1),
        (["--map", "calm=neu"], "ang hap neu sad", 2),
        (["--emotions", "all"], "neutral calm happy sad angry fearful disgust surprised", 3),
        (["--emotions", "fearful,calm"], "fearful calm", 2),
        (["--emotions", "all", "--map", "calm=neutral,fearful="], "neutral happy sad angry", 2),
    ],
)
def test_emotions_and_map_choose_among_the_labels_of_ravdess(
    tmp_path, prepare, options, labels, utterances
):
    for emotion in ("01", "02", "06"):
        write_wav(tmp_path / f"ravdess/Actor_04/03-01-{emotion}-01-01-01-04.wav")
    data = tmp_path / "data"
    status, out, _ = prepare("ravdess", tmp_path / "ravdess", data, *options)
    assert status == 0
    assert f"data: RAVDESS, {utterances} utterances of 1 speakers" in out
    assert (data / "emotions").read_text().split()[: len(labels.split())] == labels.split()


def test_every_corpus_of_the_table_of_names_is_a_subcommand(prepare):
    status, out, _ = prepare("--help")
    assert status == 0
    for name in CORPORA:
        assert f"  {name} " in out


@pytest.mark.parametrize("corpus", CORPORA)
@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--emotions", "ang", "--emotions, --map: expected 2 to 50 emotions, found 1: ang"),
        ("--map", "ang", "--map: expected old=new, or old= to leave a label out, found 'ang'"),
    ],
)
def test_a_malformed_choice_of_labels_is_one_line(tmp_path, prepare, corpus, option, value, told):
    root = tmp_path / "root"
    if corpus == "table":
        write_wav(tmp_path / "a.wav")
        root = write_text(tmp_path / "t.csv", "path,speaker,emotion\na.wav,s,ang\n")
    if corpus == "emobox":
        box = EmoBoxExample(tmp_path, "tess", {"ang": "ang"})
        box.add("OAF_a_ang.wav", "ang")
        root = box.write()
    other = ("cremad", "emodb", "meld", "mosei", "msp-podcast", "ravdess")  # have no label ang
    value = (
        ("fear" if corpus == "meld" else "happy")
        if option == "--emotions" and corpus in other
        else value
    )
    result = prepare(corpus, root, tmp_path / "data", option, value)
    assert_one_line(result, told.replace("ang", value))


def test_a_table_is_translated_by_map_and_chosen_by_split(tmp_path, prepare):
    write_wav(tmp_path / "a.wav")
    write_wav(tmp_path / "b.wav")
    rows = "path,speaker,emotion,split\na.wav,s1,angry,train\nb.wav,s2,sad,test\n"
    table = write_text(tmp_path / "t.csv", rows)
    data = tmp_path / "data"
    assert prepare("table", table, data, "--map", "angry=ang")[0] == 0
    assert read_metadata(data).utt2emo == {"s1-a": ("ang",), "s2-b": ("sad",)}
    assert prepare("table", table, data, "--map", "angry=ang", "--split", "test")[0] == 0
    assert read_metadata(data).utt2emo == {"s2-b": ("sad",)}
    assert prepare("table", table, data, "--map", "angry=ang", "--split", "")[0] == 0
    assert len(read_metadata(data).utt2emo) == 2


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_missing_root_is_one_line_and_leaves_nothing(tmp_path, prepare, corpus):
    assert_one_line(prepare(corpus, tmp_path / "none", tmp_path / "data"), tmp_path / "none")
    assert not (tmp_path / "data").exists()


def test_a_label_that_cannot_be_one_is_one_line_and_leaves_nothing(tmp_path, prepare):
    write_wav(tmp_path / "a.wav")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion\na.wav,s1,great joy\n")
    assert_one_line(prepare("table", table, tmp_path / "data"), f"{table}:2", "great joy", "--map")
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_is_a_file_is_one_line(tmp_path, prepare):
    write_wav(tmp_path / "a.wav")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion\na.wav,s1,ang|sad\n")
    assert_one_line(prepare("table", table, table), table, "not a directory")


def test_an_unknown_corpus_is_one_line(tmp_path, prepare):
    assert_one_line(prepare("emodbb", tmp_path, tmp_path / "data"), "emodbb")


def test_what_is_odd_about_the_audio_is_reported_on_stderr(tmp_path, prepare):
    write_wav(tmp_path / "a.wav")
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000), 16000)
    rows = "path,speaker,emotion\na.wav,s1,ang\nsilent.wav,s2,sad\n"
    table = write_text(tmp_path / "t.csv", rows)
    status, out, err = prepare("table", table, tmp_path / "data")
    assert status == 0
    assert "warning" not in out
    assert err.startswith(f"warning: digital silence: 1 of 2: {tmp_path / 'silent.wav'} (1.00 s); ")
    assert err.count("\n") == 1


def stereo(path):
    """A file with two people, one on each channel."""
    both = np.random.default_rng(0).integers(-3000, 3000, (16000, 2)).astype(np.int16)
    soundfile.write(path, both, 16000)
    return both.T.astype(np.float32)


def test_the_people_on_two_channels_are_kept_apart(tmp_path, prepare):
    left, right = stereo(tmp_path / "call.wav")
    rows = "call.wav,a,ang,1,0,0.5,g1\ncall.wav,b,sad,2,0,0.5,g2\ncall.wav,c,sad,,0.5,1,g2\n"
    table = write_text(tmp_path / "t.csv", f"path,speaker,emotion,channel,start,end,group\n{rows}")
    data = tmp_path / "data"
    status, _, err = prepare("table", table, data)
    assert status == 0
    assert err.startswith("warning: channels that differ: 1 of 3: ")  # the row without a channel
    assert (data / "reco2channel").read_text() == "a-call 1\nb-call 2\nc-call mix\n"
    sources = read_sources(data, ["a-call", "b-call", "c-call"])
    first, second, third = (source.read()[0] for source in sources.values())
    np.testing.assert_array_equal(first, left[:8000])
    np.testing.assert_array_equal(second, right[:8000])
    np.testing.assert_array_equal(third, (left + right)[8000:] / 2)
    assert len({describe_audio(source) for source in sources.values()}) == 3
    assert [p for p in validate(data).problems if "group" not in p.message] == []


def test_the_channel_of_a_whole_corpus_is_an_option(tmp_path, prepare):
    _, right = stereo(tmp_path / "a.wav")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion\na.wav,s,ang\n")
    assert prepare("table", table, tmp_path / "data", "--channel", "2") == (0, ANY, "")
    source = read_sources(tmp_path / "data", ["s-a"])["s-a"]
    np.testing.assert_array_equal(source.read()[0], right)
    assert prepare("table", table, tmp_path / "data")[0] == 0
    assert not (tmp_path / "data/reco2channel").exists()


def test_a_table_with_channels_and_the_option_contradict_each_other(tmp_path, prepare):
    stereo(tmp_path / "a.wav")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion,channel\na.wav,s,ang,1\n")
    result = prepare("table", table, tmp_path / "data", "--channel", "2", "--emotions", "ang,sad")
    assert_one_line(result, f"{table}: its column channel names channels; leave out --channel")
    assert not (tmp_path / "data").exists()


def test_a_channel_that_does_not_exist_is_refused(tmp_path, prepare):
    stereo(tmp_path / "a.wav")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion,channel\na.wav,s,ang,left\n")
    assert_one_line(prepare("table", table, tmp_path / "data"), f"{table}:2: channel: expected mix")
    table = write_text(tmp_path / "t.csv", "path,speaker,emotion\na.wav,s,ang\n")
    assert_one_line(
        prepare("table", table, tmp_path / "d", "--channel", "0"), "--channel: expected"
    )
    _, _, err = prepare("table", table, tmp_path / "data", "--channel", "3")
    assert "has no channel 3, only 1 to 2; choose another, or mix" in err
    assert any("has no channel 3" in str(p) for p in validate(tmp_path / "data").problems)
    with pytest.raises(InputError, match="has no channel 3"):
        read_sources(tmp_path / "data", ["s-a"])["s-a"].read()
