import dataclasses

import pytest

from menan.datadir.metadata import read_metadata
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS, LabelSet

FIRST = Utterance("b-2", "b", "b-2", "/audio/b 2.wav", ("sad",), 1.25, group="g1", gender="m")
SECOND = Utterance("a-1", "a", "a-1", "/audio/a1.wav", ("ang", "hap"), 2.0, group="g2", gender="f")


def changed(utterance=FIRST, **fields):
    return dataclasses.replace(utterance, **fields)


def files(directory):
    return {path.name: path.read_text() for path in directory.iterdir()}


def test_whole_files_make_a_directory_without_segments(tmp_path):
    write_datadir([FIRST, SECOND], tmp_path)
    assert files(tmp_path) == {
        "wav.scp": "a-1 /audio/a1.wav\nb-2 /audio/b 2.wav\n",
        "utt2spk": "a-1 a\nb-2 b\n",
        "spk2utt": "a a-1\nb b-2\n",
        "utt2emo": "a-1 ang,hap\nb-2 sad\n",
        "emotions": "ang\nhap\nneu\nsad\n",
        "spk2group": "a g2\nb g1\n",
        "spk2gender": "a f\nb m\n",
        "utt2dur": "a-1 2.000\nb-2 1.250\n",
    }


def test_stretches_of_one_recording_share_its_line_in_wav_scp(tmp_path):
    utterances = [
        changed(utt=f"b-{i}", recording="talk", start=0.5 * i, end=0.5 * i + 0.25) for i in (2, 1)
    ]
    write_datadir(utterances, tmp_path)
    assert (tmp_path / "wav.scp").read_text() == "talk /audio/b 2.wav\n"
    assert (tmp_path / "segments").read_text() == (
        "b-1 talk 0.5000 0.7500\nb-2 talk 1.0000 1.2500\n"
    )
    assert (tmp_path / "spk2utt").read_text() == "b b-1 b-2\n"


def test_whole_files_beside_stretches_get_a_segment_of_their_length(tmp_path):
    write_datadir([FIRST, changed(SECOND, start=0.5, end=2.5)], tmp_path)
    assert (tmp_path / "segments").read_text() == "a-1 a-1 0.5000 2.5000\nb-2 b-2 0.0000 1.2500\n"


def test_text_and_gender_are_written_only_if_complete(tmp_path):
    write_datadir([changed(text="no\tway \n"), changed(SECOND, text="why")], tmp_path)
    assert (tmp_path / "text").read_text() == "a-1 why\nb-2 no way\n"
    write_datadir([changed(text="no"), changed(SECOND, gender=None)], tmp_path)
    assert not (tmp_path / "text").exists()
    assert not (tmp_path / "spk2gender").exists()


def test_files_of_an_earlier_preparation_do_not_stay(tmp_path):
    write_datadir([changed(start=0.0, end=1.0)], tmp_path)
    assert (tmp_path / "segments").exists()
    write_datadir([FIRST], tmp_path)
    assert not (tmp_path / "segments").exists()


def test_without_groups_the_general_rule_makes_them(tmp_path):
    utterances = [changed(utt=f"{s}-1", speaker=s, recording=f"{s}-1", group=None) for s in "abcde"]
    write_datadir(utterances, tmp_path)
    assert (tmp_path / "spk2group").read_text() == "a g01\nb g01\nc g02\nd g02\ne g02\n"


@pytest.mark.parametrize(
    ("utterances", "message"),
    [
        ([], "no utterance to write"),
        ([changed(utt="a-1")], "utterance 'a-1' must begin with 'b-'"),
        ([changed(utt="b2")], "utterance 'b2' must begin with 'b-'"),
        ([changed(utt="b-2 x")], "utterance id 'b-2 x' is empty or contains white space"),
        ([changed(speaker="b\u00a0")], "speaker id .* contains white space"),
        ([changed(group="")], "group id '' is empty"),
        ([FIRST, FIRST], "utterance id 'b-2' is used by"),
        ([FIRST, changed(SECOND, group=None)], "speaker 'a' has no group"),
        (
            [FIRST, changed(utt="b-3", path="/audio/other.wav")],
            "recording 'b-2' has path '/audio/other.wav' here",
        ),
        ([FIRST, changed(utt="b-3", group="g9")], "speaker 'b' has group 'g9' here"),
        ([FIRST, changed(utt="b-3", gender="f")], "speaker 'b' has gender 'f' here"),
    ],
)
def test_values_that_tables_cannot_hold_are_refused_before_writing(tmp_path, utterances, message):
    with pytest.raises(InputError, match=message):
        write_datadir(utterances, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_file_in_place_of_the_directory_is_refused(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(InputError, match="is not a directory"):
        write_datadir([FIRST], tmp_path / "data")


def test_labels_are_read_as_they_were_written(tmp_path):
    write_datadir([FIRST, SECOND], tmp_path)
    labels = read_metadata(tmp_path)
    assert labels.utt2spk == {"a-1": "a", "b-2": "b"}
    assert labels.utt2emo == {"a-1": ("ang", "hap"), "b-2": ("sad",)}
    assert labels.spk2group == {"a": "g2", "b": "g1"}
    assert labels.spk2gender == {"a": "f", "b": "m"}
    assert labels.utt2uniq == {"a-1": "a-1", "b-2": "b-2"}
    assert labels.speakers == ["a", "b"]


def test_labels_are_in_the_order_of_ids_whatever_the_order_of_the_files(tmp_path):
    write_datadir([FIRST, SECOND], tmp_path)
    for name in ("utt2spk", "utt2emo"):
        lines = (tmp_path / name).read_text().splitlines(keepends=True)
        (tmp_path / name).write_text("".join(reversed(lines)))
    labels = read_metadata(tmp_path)
    assert list(labels.utt2spk) == list(labels.utt2emo) == ["a-1", "b-2"]


def test_copies_lead_to_their_originals(tmp_path):
    write_datadir([FIRST, changed(utt="b-2-sp0.9")], tmp_path)
    (tmp_path / "utt2uniq").write_text("b-2 b-2\nb-2-sp0.9 b-2\n")
    assert read_metadata(tmp_path).utt2uniq == {"b-2": "b-2", "b-2-sp0.9": "b-2"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("utt2spk", "", "utt2spk: empty"),
        ("utt2emo", "a-1 ang\n", "utt2emo: lacks 'b-2' of utt2spk"),
        ("utt2emo", "a-1 ang\nb-2 sad\nc-1 sad\n", "utt2emo: has 'c-1', which utt2spk lacks"),
        ("utt2emo", "a-1 ang\nb-2 fru\n", "utt2emo:2: unknown emotion 'fru'"),
        ("utt2uniq", "a-1 a-1\n", "utt2uniq: lacks 'b-2'"),
        ("spk2group", "a g1\n", "spk2group: lacks 'b'"),
        ("spk2group", "a g1\nb g1\nc g1\n", "spk2group: has 'c'"),
    ],
)
def test_label_files_that_disagree_are_refused(tmp_path, name, content, message):
    write_datadir([FIRST, SECOND], tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_metadata(tmp_path)


@pytest.mark.parametrize("count", [2, 7, 8, 50])
def test_any_label_set_goes_from_a_preparation_to_whoever_reads_the_directory(tmp_path, count):
    labels = LabelSet(tuple(f"label{i}" for i in reversed(range(count))))
    utterances = [
        changed(utt=f"b-{i}", recording=f"b-{i}", emotions=(labels.names[i % 2],)) for i in range(4)
    ]
    write_datadir(utterances, tmp_path, emotions=labels)
    assert (tmp_path / "emotions").read_text().split() == list(labels)
    found = read_metadata(tmp_path)
    assert found.emotions == labels
    assert found.utt2emo["b-1"] == (labels.names[1],)


def test_without_the_file_emotions_the_labels_are_those_of_iemocap_or_those_found(tmp_path):
    write_datadir([FIRST, SECOND], tmp_path)
    (tmp_path / "emotions").unlink()
    assert read_metadata(tmp_path).emotions == IEMOCAP_EMOTIONS
    (tmp_path / "utt2emo").write_text("a-1 joy,ang\nb-2 sad\n")
    assert read_metadata(tmp_path).emotions.names == ("ang", "joy", "sad")


def test_a_label_that_the_set_lacks_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"a1\.wav: unknown emotion 'ang'; choose from no yes"):
        write_datadir([SECOND], tmp_path / "data", emotions=LabelSet(("no", "yes")))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "emotions: expected 2 to 50 emotions, found 0; write one per line"),
        ("sad\n", "emotions: expected 2 to 50 emotions, found 1: sad; write"),
        ("ang hap sad\n", "emotions:1: expected one label, a word without a comma, found 'ang hap"),
        ("ang\n\nsad\n", "emotions:2: expected one label, a word without a comma, found ''"),
        ("ang\nsad\nang\n", "emotions:3: label 'ang' is listed twice; list each once"),
        ("ang\nneu\n", "utt2emo:1: unknown emotion 'hap'; choose from ang neu"),
        (
            "".join(f"l{i}\n" for i in range(51)),
            "emotions: expected 2 to 50 emotions, found 51: l0 l1",
        ),
        (b"ang\nsad\xff\n", "emotions: not UTF-8 text"),
    ],
)
def test_a_malformed_file_of_emotions_is_one_error_with_its_place(tmp_path, content, message):
    write_datadir([FIRST, SECOND], tmp_path)
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "emotions").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_metadata(tmp_path)
