"""One fault is put into a data directory that is whole; validation must tell it, and where."""

import shutil

import numpy as np
import pytest
import soundfile

from menan.datadir.validate.directory import validate
from menan.errors import InputError

RATE = 8000


def test_whole_directories_pass_and_are_counted(data, dump):
    assert list(validate(data, read_audio=True).lines()) == [
        f"{data / 'emotions'}: note: no utterance has these emotions: hap sad",
        f"{data}: ok, 8 utterances of 4 speakers in 2 groups",
    ]
    (dump / "emotions").write_text("neu\nang\n")
    assert list(validate(dump).lines()) == [f"{dump}: ok, 16 utterances of 4 speakers in 2 groups"]


def test_a_whole_directory_with_segments_passes(segmented):
    assert validate(segmented, read_audio=True).problems == []


def test_a_directory_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"neither wav\.scp nor feats\.scp"):
        validate(tmp_path)
    with pytest.raises(InputError, match="no such directory"):
        validate(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        # Form.
        (
            "utt2spk",
            "s1-u0 s1\ns1-u1 s1\n",
            "s1-u1 s1\ns1-u0 s1\n",
            "utt2spk:2: 's1-u0' comes after",
        ),
        (
            "utt2emo",
            "s2-u0 neu\ns2-u1 ang",
            "s2-u1 ang\ns2-u0 neu",
            "utt2emo:4: 's2-u0' comes after",
        ),
        (
            "utt2emo",
            "s1-u1 ang\n",
            "s1-u1 ang\ns1-u1 ang\n",
            "utt2emo:3: 's1-u1' is listed again",
        ),
        ("utt2spk", "s2-u0 s2", "s2-u0 s2 extra", "utt2spk:3: 's2-u0' is followed by 2 fields"),
        ("utt2spk", "s2-u0 s2", "s2-u0", "utt2spk:3: 's2-u0' is followed by 0 fields"),
        ("text", "s2-u0 so", "s2-u0  so", "text:3: spacing of 's2-u0  so it is'"),
        ("text", "s2-u0 so", "s2-u0 so\t", "text:3: spacing"),
        ("text", "it is\n", "it is \n", "text:1: spacing"),
        ("text", "it is\n", "it\u00a0is\n", "text:1: spacing"),
        ("wav.scp", "s1-u1 ", "s1-u1  ", "wav.scp:2: spacing"),
        ("wav.scp", "s1-u1 ", "s1-u1\t", "wav.scp:2: spacing"),
        ("utt2emo", "neu\n", "neu\r\n", "utt2emo:1: lines end with CR LF"),
        ("utt2emo", "neu\n", "neu\n\n", "utt2emo:2: empty line"),
        ("utt2emo", "s1-u0", "\ufeffs1-u0", "utt2emo:1: begins with a byte-order mark"),
        # Names.
        ("utt2emo", "s2-u0 neu\n", "", "utt2emo: lacks utterance 's2-u0' of utt2spk"),
        (
            "utt2emo",
            "s2-u0 ",
            "s2-u5 ",
            "utt2emo:3: 's2-u5' is not among the utterances of utt2spk",
        ),
        ("text", "s2-u0 so it is\n", "", "text: lacks utterance 's2-u0'"),
        ("utt2dur", "s2-u0 0.500\n", "", "utt2dur: lacks utterance 's2-u0'"),
        (
            "wav.scp",
            "s1-u0 ",
            "s1-u00 ",
            "wav.scp:1: 's1-u00' is not among the recordings of utt2spk",
        ),
        ("spk2gender", "s3 f\n", "", "spk2gender: lacks speaker 's3'"),
        ("spk2group", "s3 g2\n", "", "spk2group: lacks speaker 's3'"),
        ("spk2group", "s3 g2\n", "s3 g2\ns35 g2\n", "spk2group:4: 's35' is not among the speakers"),
        # Labels.
        ("utt2spk", "s2-u1 s2", "s2-u1 s1", "utt2spk:4: 's2-u1' does not begin with 's1-'"),
        ("utt2spk", "s2-u1 s2", "s2_u1 s2", "utt2spk:4: 's2_u1' does not begin with 's2-'"),
        ("spk2utt", "s2-u0 s2-u1", "s2-u0", "spk2utt:2: 's2' disagrees with utt2spk at 's2-u1'"),
        ("spk2utt", "s2-u0 s2-u1", "s2-u1 s2-u0", "spk2utt:2: 's2' disagrees with utt2spk in"),
        ("utt2emo", "s2-u0 neu", "s2-u0 fru", "utt2emo:3: 's2-u0': unknown emotion 'fru'"),
        ("utt2emo", "s2-u0 neu", "s2-u0 neu,neu", "utt2emo:3: 's2-u0': an emotion is listed twice"),
        (
            "emotions",
            "hap\n",
            "hap,sad\n",
            "emotions:2: expected one label, a word without a comma",
        ),
        ("emotions", "hap\n", "\n", "emotions:2: expected one label"),
        ("emotions", "hap\n", "sad\n", "emotions:4: label 'sad' is listed twice; list each once"),
        (
            "emotions",
            "ang\nhap\nneu\nsad\n",
            "neu\n",
            "emotions: expected 2 to 50 emotions, found 1: neu",
        ),
        ("spk2gender", "s3 f", "s3 female", "spk2gender:3: 's3' has gender 'female'"),
        ("spk2group", "s3 g2", "s3 g3", "spk2group:3: 's3' is the only speaker of group 'g3'"),
        # Audio.
        ("wav.scp", ".wav\n", ".flac\n", "wav.scp:1: 's1-u0' has the file"),
        ("wav.scp", ".wav\n", ".wav |\n", "wav.scp:1: 's1-u0' is a pipe"),
        ("utt2dur", "s1-u1 0.500", "s1-u1 0.600", "utt2dur:2: 's1-u1' lasts 0.500 s, not 0.6 s"),
        ("utt2dur", "s1-u1 0.500", "s1-u1 nan", "utt2dur:2: 's1-u1' lasts 'nan'"),
        ("utt2dur", "s1-u1 0.500", "s1-u1 0", "utt2dur:2: 's1-u1' lasts '0'"),
    ],
)
def test_a_fault_in_a_data_directory_is_told_with_its_place(data, name, old, new, line, edit, told):
    edit(data / name, old, new)
    assert any(found.startswith(line) for found in told(data, name)), told(data, name)


def test_a_label_that_emotions_lacks_is_a_problem_of_each_utterance_that_has_it(data, edit, told):
    edit(data / "emotions", "ang\n", "")
    problem = "utt2emo:2: 's1-u1': unknown emotion 'ang'; choose from hap neu sad"
    assert told(data, "utt2emo")[0] == problem
    assert len(told(data, "utt2emo")) == 4


def test_without_the_file_emotions_the_labels_are_those_found(data):
    (data / "emotions").unlink()
    assert validate(data).ok
    text = (data / "utt2emo").read_text()
    (data / "utt2emo").write_text(text.replace("neu", "calm"))
    assert validate(data).ok
    (data / "utt2emo").write_text(text.replace("neu", "calm").replace("ang", "calm"))
    assert [str(problem) for problem in validate(data).problems] == [
        f"{data / 'utt2emo'}: expected 2 to 50 emotions, found 1: calm; prepare the data again"
    ]


def test_a_command_is_accepted_where_pipes_are_allowed(data, tmp_path):
    text = (data / "wav.scp").read_text()
    (data / "wav.scp").write_text(text.replace(".wav\n", f".wav; touch {tmp_path}/ran |\n", 1))
    assert validate(data, allow_pipes=True).ok
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("s1-u0 s1 0.0000 0.5000", "s1-u0 s1 0.0000", "segments:1: 's1-u0' is followed by 2"),
        ("0.0000 0.5000", "0.0000 0.5000 1", "segments:1: 's1-u0' is followed by 4 fields"),
        ("0.0000 0.5000", "0.5000 0.5000", "segments:1: 's1-u0' starts at 0.5 s and ends at 0.5"),
        ("0.0000 0.5000", "-0.1000 0.5000", "segments:1: 's1-u0' starts at -0.1 s"),
        ("0.0000 0.5000", "0:00 0.5000", "segments:1: 's1-u0' has the segment 's1 0:00 0.5000'"),
        ("0.5000 1.0000", "0.5000 1.0200", "segments:2: 's1-u1' ends at 1.02 s, but 's1' lasts"),
        ("s2-u0 s2 0.0000 0.5000\n", "", "segments: lacks utterance 's2-u0'"),
    ],
)
def test_a_fault_in_segments_is_told_with_its_place(segmented, old, new, line, edit, told):
    edit(segmented / "segments", old, new)
    lines = told(segmented, "segments")
    assert any(found.startswith(line) for found in lines), lines


def test_a_segment_may_end_past_its_recording_by_less_than_a_frame_shift(segmented, edit):
    edit(segmented / "segments", "0.5000 1.0000", "0.5000 1.0090")
    assert validate(segmented).problems == []


def test_segments_and_recordings_must_name_each_other(segmented, edit, told):
    edit(segmented / "segments", "s1-u0 s1 ", "s1-u0 s9 ")
    edit(segmented / "wav.scp", "s4 ", "s5 ")
    assert [line.partition(";")[0] for line in told(segmented, "wav.scp")] == [
        "wav.scp: lacks recording 's4' of segments",
        "wav.scp: lacks recording 's9' of segments",
        "wav.scp:4: 's5' is not among the recordings of segments",
    ]


@pytest.mark.parametrize("name", ["utt2spk", "spk2utt", "utt2emo"])
def test_a_missing_or_empty_file_is_one_problem_of_that_file(data, name, told):
    (data / name).write_text("")
    assert told(data, name)[0].startswith(f"{name}: empty file")
    (data / name).unlink()
    # Nobody needs to have labelled the data.
    missing = [] if name == "utt2emo" else [f"{name}: no such file; prepare the data again"]
    assert told(data, name) == missing


def test_a_missing_newline_at_the_end_is_told(data, told):
    path = data / "utt2emo"
    path.write_text(path.read_text().rstrip("\n"))
    assert [p.line for p in validate(data).problems] == [8]
    assert told(data, "utt2emo") == ["utt2emo:8: the last line has no newline; add one at the end"]


def test_bytes_that_are_not_utf8_are_told_by_line(data, told):
    path = data / "text"
    path.write_bytes(path.read_bytes().replace(b"s1-u1 so", b"s1-u1 s\xf6"))
    assert told(data, "text") == ["text:2: byte 8 is not UTF-8; save the file as UTF-8"]


def test_crlf_is_one_problem_and_hides_nothing_else(data):
    path = data / "utt2emo"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(validate(data).problems) == 1


def test_a_path_may_hold_double_spaces_but_not_end_with_one(data, edit, told):
    odd = data.parent / "a  b.wav"
    shutil.copy(data.parent / "s1-u0.wav", odd)
    edit(data / "wav.scp", str(data.parent / "s1-u0.wav"), str(odd))
    assert validate(data).problems == []
    edit(data / "wav.scp", "b.wav\n", "b.wav \n")
    assert "spacing" in told(data, "wav.scp")[0]


def test_utterances_must_sort_like_their_speakers(data, told, write):
    # '+' sorts before '-': a-1 comes after a+-1, but speaker a before a+.
    write(data, "utt2spk", ["a+-1 a+", "a-1 a"])
    assert (
        "'a-1' sorts after utterances of 'a+', but its speaker 'a' before"
        in told(data, "utt2spk")[-1]
    )


def test_one_group_is_too_few(data, told, write):
    write(data, "spk2group", [f"{speaker} g1" for speaker in ("s1", "s2", "s3", "s4")])
    assert "all speakers are in group 'g1'" in told(data, "spk2group")[0]


def test_without_spk2group_groups_follow_the_general_rule(data):
    (data / "spk2group").unlink()
    report = validate(data)
    assert (report.ok, report.groups) == (True, 2)


def test_unreadable_audio_is_told_from_the_header_alone(data, told):
    (data.parent / "s1-u0.wav").write_bytes(b"no audio at all")
    (data.parent / "s1-u1.wav").write_bytes(b"")
    lines = told(data, "wav.scp")
    assert "wav.scp:1: 's1-u0' has the file" in lines[0]
    assert "cannot be read as audio" in lines[0]
    assert "wav.scp:2: 's1-u1' has the file" in lines[1]
    assert "empty file" in lines[1]


def test_damaged_samples_are_told_only_when_audio_is_read(data, edit, told):
    good = data.parent / "s1-u0.wav"
    flac = good.with_suffix(".flac")
    noise = np.random.default_rng(0).normal(0, 0.1, RATE // 2)
    soundfile.write(flac, noise, RATE)
    flac.write_bytes(flac.read_bytes()[:3000])
    edit(data / "wav.scp", str(good), str(flac))
    assert validate(data).problems == []
    assert "damaged" in told(data, "wav.scp", read_audio=True)[0]


def test_samples_that_are_not_numbers_are_told_when_audio_is_read(data, told):
    samples = np.full(RATE // 2, 0.1, np.float32)
    samples[7] = np.nan
    soundfile.write(data.parent / "s1-u0.wav", samples, RATE, subtype="FLOAT")
    assert "samples contain NaN or Inf" in told(data, "wav.scp", read_audio=True)[0]


def test_many_problems_of_one_kind_are_cut_and_all_counted(data, write):
    count = 5000
    lines = (data / "utt2emo").read_text().splitlines()
    write(data, "utt2emo", [*lines, *(f"x{i:05d} ang" for i in range(count)), "y"])
    report = validate(data)
    text = list(report.lines())
    assert len(report.problems) == count + 2
    assert sum("is not among the utterances" in line for line in text) == 10
    assert f"{data}/utt2emo: and {count + 1 - 10} more of this kind; remove this line" in text
    assert any("'y' is followed by 0 fields" in line for line in text)
    assert text[-1] == f"{data}: {count + 2} problems"


def test_a_third_column_is_one_problem_and_no_other_file_is_blamed(data, edit):
    edit(data / "utt2spk", "s2-u0 s2", "s2-u0 s2 extra")
    assert len(validate(data).problems) == 1
