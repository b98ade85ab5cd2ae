import random
import shutil

import numpy as np
import pytest
import soundfile

from menan.datadir.channels import parse_channel
from menan.datadir.division import divided
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.same_audio import across, identical_audio
from menan.datadir.tables import write_table
from menan.datadir.utterances import Utterance, write_datadir
from menan.datadir.validate.directory import validate
from menan.datadir.validity import (
    folds_findings,
    untrained,
    untrained_finding,
)
from menan.errors import InputError
from menan.labels import LabelSet


@pytest.fixture
def files(tmp_path):
    """Recordings a.wav, b.wav and same.wav, a copy of a.wav."""
    rng = np.random.default_rng(0)
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", rng.normal(0, 0.1, 800), 8000)
    shutil.copy(tmp_path / "a.wav", tmp_path / "same.wav")
    return tmp_path


def utterance(utt, speaker, path, emotions=("ang",), **facts):
    return Utterance(utt, speaker, utt, str(path), emotions, 0.1, **facts)


def test_copies_are_found_by_content_and_other_files_of_their_size_are_not(files):
    names = {"x-1": "a.wav", "y-1": "b.wav", "z-1": "same.wav"}
    utterances = [utterance(u, u[0], files / path) for u, path in names.items()]
    write_datadir(utterances, files / "data")
    assert identical_audio(files / "data") == [("x-1", "z-1")]


def test_segments_are_identical_only_with_equal_times(files):
    write_datadir(
        [
            utterance("x-1", "x", files / "a.wav", start=0.0, end=0.05),
            utterance("y-1", "y", files / "same.wav", start=0.0, end=0.05),
            utterance("z-1", "z", files / "same.wav", start=0.05, end=0.1),
        ],
        files / "data",
    )
    assert identical_audio(files / "data") == [("x-1", "y-1")]


def test_a_dump_is_compared_by_its_record_of_the_audio(files):
    write_table(files / "dump/utt2audio", {"x-1": "9 aa", "y-1": "9 aa", "z-1": "9 ab"})
    assert identical_audio(files / "dump") == [("x-1", "y-1")]


def test_groups_within_one_part_do_not_count():
    groups = [("a", "b"), ("c", "d")]
    assert across(groups, {"a": "train", "b": "train", "c": "train", "d": "test"}) == [("c", "d")]
    assert across(groups, {"c": "train"}) == []


@pytest.fixture
def data(files):
    utterances = [
        utterance("a-1", "a", files / "a.wav", ("joy",)),
        utterance("b-1", "b", files / "b.wav", ("joy",)),
        utterance("c-1", "c", files / "b.wav", ("joy",), split="train"),
        utterance("d-1", "d", files / "same.wav", ("ire",), split="test"),
        utterance("nobody", "nobody", files / "b.wav", (), split="test"),
    ]
    write_datadir(utterances, files / "data")
    return files / "data"


def test_unknown_speakers_and_unknown_emotions_are_read_back(data):
    metadata = read_metadata(data)
    assert metadata.speakers == ["a", "b", "c", "d"]
    assert metadata.unknown_speakers == {"nobody"}
    assert metadata.utt2emo["nobody"] == ()
    assert metadata.unlabelled == ["nobody"]
    assert metadata.spk2group.keys() == {"a", "b", "c", "d"}
    assert (data / "utt2emo").read_text().endswith("nobody -\n")
    assert (data / "unknown_speakers").read_text() == "nobody\n"
    report = validate(data)
    assert report.ok, list(report.lines())
    assert report.speakers == 4
    assert report.notes[-1].endswith("utt2emo: note: 1 of 5 utterances have no emotion")


def test_data_that_nobody_has_labelled_have_no_utt2emo(files):
    write_datadir([utterance("a-1", "a", files / "a.wav", ())], files / "data")
    assert not (files / "data/utt2emo").exists()
    assert not (files / "data/emotions").exists()
    assert read_metadata(files / "data").unlabelled == ["a-1"]
    assert "no utterance has an emotion (there is no utt2emo)" in validate(files / "data").notes[0]


@pytest.mark.parametrize("name", ["somebody", "a-1"])
def test_a_name_that_is_no_utterance_without_speaker_is_refused(data, name):
    (data / "unknown_speakers").write_text(f"nobody\n{name}\n")
    message = r"unknown_speakers:2: expected the id of an utterance that utt2spk maps to itself"
    with pytest.raises(InputError, match=message):
        read_metadata(data)
    assert "unknown_speakers:2: expected the id of an utterance" in next(validate(data).lines())


def test_folds_findings(data):
    lines = folds_findings(read_metadata(data), identical_audio(data))
    assert lines == [
        "g02: nothing of ire to train on, so that their recall is 0",
        "1 of 5 utterances are of unknown speakers: they train the emotion wherever a group is "
        "held out, and some may be of held-out speakers",
        "identical audio under two speakers, so that a fold trains on what it tests: 2 groups: "
        "a-1 = d-1, b-1 = c-1 = nobody; leave one of each out",
        "identical audio in two parts of the split: 1 group: b-1 = c-1 = nobody; leave one of each "
        "out",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_emotions_of_one_group_are_those_that_nobody_outside_it_has(seed):
    draw = random.Random(seed)
    labels = LabelSet(tuple("abcdefgh"))
    speakers = {f"s{n}": draw.choice("xyz") for n in range(6)}
    utt2spk = {f"u{n:02}": draw.choice([*speakers, "nobody"]) for n in range(14)}
    emotions = {u: tuple(draw.sample(labels.names, draw.choice((0, 1, 1, 2)))) for u in utt2spk}
    uniq = {u: u for u in utt2spk}
    metadata = Metadata(utt2spk, emotions, speakers, {}, uniq, "made up", labels)
    expected = [
        untrained_finding(group, found)
        for group in "xyz"
        if (found := untrained(metadata, *divided(metadata, group)))
    ]
    assert folds_findings(metadata, []) == expected


def test_a_channel_is_a_number_that_a_file_can_have():
    with pytest.raises(InputError, match="expected mix or the number of a channel from 1"):
        parse_channel("9" * 5000)  # more digits than Python converts
