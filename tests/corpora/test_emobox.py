"""EmoBox's manifests: speakers, labels, folds and audio."""

import json
import re

import pytest

from menan.corpora import ravdess
from menan.corpora.emobox import prepare
from menan.corpora.label_choice import LabelChoice
from menan.datadir.utterances import write_datadir
from menan.errors import InputError
from tests.corpora.emobox_example import EmoBoxExample, write_audio

EMODB_MAP = {"anger": "Angry", "Neutral": "Neutral", "happy": "Happy"}
RAVDESS_MAP = {name: name for name in ("Neutral", "Calm", "Happy", "Sad", "Angry")} | {
    "Fearful": "Fear",
    "Disgust": "Disgust",
    "Surprised": "Surprise",
}


def content(directory):
    return {
        path.name: path.read_bytes()
        for path in directory.iterdir()
        if path.name not in ("made_from.yaml", "utt2fold", "spk2group", ".lock")
    }


def test_ravdess_by_its_manifest_gives_the_files_of_its_own_door(tmp_path):
    box = EmoBoxExample(tmp_path, "ravdess", RAVDESS_MAP)
    for actor in ("01", "02", "03", "04"):
        for code, name in enumerate(RAVDESS_MAP, start=1):
            box.add(f"Actor_{actor}/03-01-{code:02d}-01-02-01-{actor}.wav", name)
    ours = prepare(box.write(*box.folds_by(("-01", "-03"), ("-02", "-04"))))
    own = ravdess.prepare(tmp_path / "downloads/ravdess", LabelChoice(("all",)))
    for name, preparation in (("ours", ours), ("own", own)):
        write_datadir(
            preparation.utterances,
            tmp_path / name,
            preparation.corpus,
            tmp_path,
            preparation.labels,
        )
    assert content(tmp_path / "ours") == content(tmp_path / "own")
    groups = (tmp_path / "ours/spk2group").read_text()
    assert groups == "Actor_01 fold1\nActor_02 fold2\nActor_03 fold1\nActor_04 fold2\n"
    assert "Actor_02-03-01-01-01-02-01-02 fold2\n" in (tmp_path / "ours/utt2fold").read_text()


def test_iemocap_gets_the_speakers_that_its_manifest_lacks_and_its_spk_is_called_wrong(tmp_path):
    label_map = {"neu": "Neutral", "exc": "Happy", "ang": "Angry", "sad": "Sad"}
    box = EmoBoxExample(tmp_path, "iemocap", label_map)
    names = ["Ses01F_impro01_F000", "Ses01F_impro01_M003", "Ses02M_script01_1b_F001"]
    for name, emotion in zip(names, ("exc", "neu", "ang"), strict=True):
        path = f"Session{name[4]}/sentences/wav/{name.rpartition('_')[0]}/{name}.wav"
        box.add(path, emotion, spk=name.split("_")[0])
    preparation = prepare(box.write())
    found = {u.utt: (u.speaker, u.gender, u.emotions) for u in preparation.utterances}
    assert found == {
        "Ses01F-Ses01F_impro01_F000": ("Ses01F", "f", ("hap",)),
        "Ses01M-Ses01F_impro01_M003": ("Ses01M", "m", ("neu",)),
        "Ses02F-Ses02M_script01_1b_F001": ("Ses02F", "f", ("ang",)),
    }
    assert preparation.labels.names == ("ang", "hap", "neu")
    told = "lines whose spk in iemocap.jsonl contradicts the path, which is believed"
    assert preparation.warnings[told] == [f"iemocap-{name}" for name in names[1:]]


def test_folds_that_share_speakers_are_told_and_are_no_groups(tmp_path):
    box = EmoBoxExample(tmp_path, "emodb", EMODB_MAP)
    keys = [box.add(f"wav/{spk}a0{n}Wa.wav", "anger") for spk in ("03", "08") for n in (1, 2)]
    box.lines[0]["emo"] = "neutral"  # the map has Neutral
    folds = [{"test": keys[::2], "train": keys[1::2]}, {"test": keys[1::2], "train": keys[::2]}]
    preparation = prepare(box.write(*folds))
    assert preparation.labels.names == ("angry", "neutral")
    assert [u.speaker for u in preparation.utterances] == ["03", "03", "08", "08"]
    assert [u.gender for u in preparation.utterances] == ["m", "m", "f", "f"]
    assert [u.fold for u in preparation.utterances] == ["fold1", "fold2"] * 2
    assert {u.group for u in preparation.utterances} == {None}
    told = "folds that test on speakers of their training part"
    assert preparation.warnings[told] == ["fold1 (2 of 2)", "fold2 (2 of 2)"]


def test_folds_of_one_speaker_are_told_and_are_no_groups(tmp_path):
    box = EmoBoxExample(tmp_path, "savee", {"a": "Angry", "n": "Neutral"})
    keys = [box.add(f"{spk}_{e}01.wav", e) for spk in ("DC", "JE", "JK") for e in "an"]
    folds = [{"test": keys[i : i + 2], "train": keys[:i] + keys[i + 2 :]} for i in (0, 2, 4)]
    preparation = prepare(box.write(*folds))
    assert {u.group for u in preparation.utterances} == {None}
    (cases,) = preparation.warnings.values()
    assert cases == ["fold1", "fold2", "fold3"]
    assert {u.fold for u in preparation.utterances} == {"fold1", "fold2", "fold3"}


def test_a_fold_may_validate_what_another_tests(tmp_path):
    box = EmoBoxExample(tmp_path, "savee", {"a": "Angry", "n": "Neutral"})
    a, b, c, d = (box.add(f"{spk}_{e}01.wav", e) for spk in ("DC", "JE") for e in "an")
    first = {"test": [a], "valid": [b], "train": [c, d]}
    second = {"test": [b], "valid": [d], "train": [a, c]}
    preparation = prepare(box.write(first, second))
    assert [u.fold for u in preparation.utterances] == ["fold1", "fold2,fold1", None, "-,fold2"]
    write_datadir(preparation.utterances, tmp_path / "data", emotions=preparation.labels)
    assert "DC-DC_n01 fold2,fold1\n" in (tmp_path / "data/utt2fold").read_text()
    for other, told in (
        (first, rf"key '{a}' is tested by fold1 and by fold2"),
        (second | {"train": [a]}, rf"fold2 has '{c}' in no part"),
    ):
        with pytest.raises(InputError, match=told):
            prepare(box.write(first, other))


def test_one_fold_is_a_split_and_a_repeated_part_is_left_out(tmp_path):
    box = EmoBoxExample(tmp_path, "mer2023", {"happy": "Happy", "worried": "Worried"})
    keys = [box.add(f"train/s{n}.avi", "happy", audio=False) for n in range(3)]
    box.lines[0]["emo"] = "worried"
    for n in range(3):
        write_audio(tmp_path / f"downloads/mer2023/train/s{n}.wav")
    box.write({"train": keys[:1], "test": keys[1:2], "test1": keys[1:2], "test3": keys[2:]})
    with pytest.raises(InputError, match=r"mer2023.jsonl:1: .*--unknown-speakers true"):
        prepare(box.folder)
    preparation = prepare(box.folder, unknown_speakers=True)
    assert [u.split for u in preparation.utterances] == ["train", "test1", "test3"]
    assert [u.speaker for u in preparation.utterances] == ["s0", "s1", "s2"]
    assert preparation.warnings["parts that repeat another part of their fold, left out"] == [
        "fold_1 test"
    ]
    write_datadir(preparation.utterances, tmp_path / "data", emotions=preparation.labels)
    assert (tmp_path / "data/unknown_speakers").read_text() == "s0\ns1\ns2\n"
    assert (tmp_path / "data/utt2spk").read_text() == "s0 s0\ns1 s1\ns2 s2\n"
    assert (tmp_path / "data/utt2split").read_text() == "s0 train\ns1 test1\ns2 test3\n"


def test_the_speaker_of_another_corpus_is_spk_or_found_by_a_pattern(tmp_path):
    box = EmoBoxExample(tmp_path, "mine")
    for name in ("ann_1", "bob_1"):
        box.add(f"{name}.wav", name[:3], spk="the speaker")
    assert {u.speaker for u in prepare(box.write()).utterances} == {"the_speaker"}
    found = prepare(box.folder, speaker_pattern=r"/(\w)(\w+)_\d")
    assert [u.speaker for u in found.utterances] == ["a_nn", "b_ob"]
    assert found.corpus == "mine"
    box.lines[0]["spk"] = "Unknown"  # many people, as in MSP-Podcast
    box.write()
    with pytest.raises(InputError, match=r"mine.jsonl:1: nothing tells who speaks"):
        prepare(box.folder)
    unknown = [u.speaker_known for u in prepare(box.folder, unknown_speakers=True).utterances]
    assert unknown == [False, True]
    for wrong, told in (("(", "not a regular expression"), ("ann", "has no group")):
        with pytest.raises(InputError, match=f"--speaker-pattern .*{told}"):
            prepare(box.folder, speaker_pattern=wrong)
    with pytest.raises(InputError, match=r"mine.jsonl:2: nothing tells who speaks .*spk to mine"):
        prepare(box.folder, speaker_pattern="/(ann)_")


def test_audio_may_lie_anywhere_below_the_root_and_may_be_flac(tmp_path):
    box = EmoBoxExample(tmp_path / "box", "tess", {"ps": "Surprise", "sad": "Sad"})
    for name in ("OAF_lid_ps", "YAF_lid_sad"):
        box.add(f"{name}.wav", name.rpartition("_")[2], audio=False)
        write_audio(tmp_path / f"own/{name}.flac")
    box.write()
    utterances = prepare(box.folder, audio_root=tmp_path / "own").utterances
    assert [u.path for u in utterances] == [
        str(tmp_path / f"own/{name}.flac") for name in ("OAF_lid_ps", "YAF_lid_sad")
    ]
    (tmp_path / "nowhere").mkdir()
    with pytest.raises(InputError, match=r"such as .*/nowhere.*downloads/tess/OAF_lid_ps.wav"):
        prepare(box.folder, audio_root=tmp_path / "nowhere")
    (tmp_path / "own/YAF_lid_sad.flac").unlink()
    preparation = prepare(box.folder, audio_root=tmp_path / "own")
    assert preparation.left_out == {"no audio": 1}
    assert preparation.warnings["lines without audio"] == ["downloads/tess/YAF_lid_sad.wav"]


def test_two_paths_are_never_one_file(tmp_path):
    box = EmoBoxExample(tmp_path / "box", "mine")
    for part in ("train", "test"):
        box.add(f"{part}/dia0.wav", f"label_{part}", f"{part}-dia0", audio=False, spk=part)
    write_audio(tmp_path / "flat/dia0.wav")
    box.write()
    with pytest.raises(InputError, match="no audio of its 2 lines"):
        prepare(box.folder, audio_root=tmp_path / "flat")
    for part in ("train", "test"):
        write_audio(tmp_path / f"flat/{part}/dia0.wav")
    assert len(prepare(box.folder, audio_root=tmp_path / "flat").utterances) == 2


def test_segments_of_one_recording_share_it(tmp_path):
    box = EmoBoxExample(tmp_path, "pavoque", {"sad": "Sad", "poker": "Poker"})
    box.add("long.flac", "sad", "a1", start_time=0.0, end_time=0.2)
    box.add("long.flac", "poker", "a2", start_time=0.2, end_time=0.4)
    first, second = prepare(box.write()).utterances
    assert (first.utt, second.utt) == ("pavoque-a1", "pavoque-a2")
    assert first.recording == second.recording
    assert (second.start, second.end, second.duration) == (0.2, 0.4, pytest.approx(0.2))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("not json", ":2: not JSON"),
        ("[" * 100_000, ":2: not JSON"),
        ("[1]", ":2: expected a JSON object"),
        ('{"key": "a", "emo": "sad"}', ":2: expected the field 'wav', found 'key', 'emo'"),
        ('{"key": 3, "wav": "a", "emo": "sad"}', ":2: expected text as 'key', found '3'"),
        ('{"key": "tess-OAF_a_sad", "wav": "a", "emo": "sad"}', r":2: key .* at .*:1 too"),
        ('{"key": "b", "wav": "OAF_b.wav", "emo": "joy"}', ":2: label 'joy' is not in the label"),
        (
            '{"key": "b", "wav": "/OAF_b.wav", "emo": "sad", "start_time": 2, "end_time": 1}',
            ":2: start_time 2, end_time 1",
        ),
        (
            '{"key": "b", "wav": "/OAF_b.wav", "emo": "sad", "start_time": NaN, "end_time": true}',
            ":2: start_time nan",
        ),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, told):
    box = EmoBoxExample(tmp_path, "tess", {"sad": "Sad", "ps": "Surprise"})
    box.add("OAF_a_sad.wav", "sad")
    manifest = box.write() / "tess.jsonl"
    with manifest.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=re.escape(str(manifest)) + told):
        prepare(box.folder)


def test_a_fold_with_a_foreign_key_and_one_with_a_key_in_two_parts_are_named(tmp_path):
    box = EmoBoxExample(tmp_path, "tess", {"sad": "Sad", "ps": "Surprise"})
    keys = [box.add("OAF_a_sad.wav", "sad"), box.add("OAF_b_ps.wav", "ps")]
    box.write({"train": keys, "test": keys[:1]})
    with pytest.raises(InputError, match=rf"fold_1: key '{keys[0]}' is in test and in train"):
        prepare(box.folder)
    path = box.folder / "fold_1/tess_test_fold_1.jsonl"
    path.write_text(json.dumps({"key": "tess-c"}))
    with pytest.raises(InputError, match=re.escape(f"{path}:1: key 'tess-c' is not in the man")):
        prepare(box.folder)


def test_a_manifest_that_never_ends_is_refused(tmp_path):
    box = EmoBoxExample(tmp_path, "tess", {"sad": "Sad", "ps": "Surprise"})
    for name in ("tess.jsonl", "label_map.json"):
        box.lines.clear()
        box.add("OAF_a_sad.wav", "sad")
        box.write()
        (box.folder / name).unlink()
        (box.folder / name).symlink_to("/dev/zero")
        with pytest.raises(InputError, match=re.escape(f"{box.folder / name}: not a regular")):
            prepare(box.folder)
        (box.folder / name).unlink()


def test_a_folder_of_corpora_names_them(tmp_path):
    EmoBoxExample(tmp_path, "tess", {}).write()
    EmoBoxExample(tmp_path, "savee", {}).write()
    with pytest.raises(InputError, match="choose one of them: savee, tess"):
        prepare(tmp_path / "data")


def test_one_scored_label_is_too_few(tmp_path):
    box = EmoBoxExample(tmp_path, "emodb", EMODB_MAP)
    key = box.add("wav/03a01Wa.wav", "anger")
    folder = box.write({"test": [key], "train": [key]})
    with pytest.raises(InputError, match=r"emodb\.jsonl: .*expected 2 to 50 emotions, found 1"):
        prepare(folder)
