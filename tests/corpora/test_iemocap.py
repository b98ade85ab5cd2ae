import re

import numpy as np
import pytest
import soundfile

from menan.corpora.iemocap import PAPER, prepare
from menan.corpora.label_choice import LabelChoice
from menan.errors import InputError

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
RATERS = "C-E2:\tNeutral;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "IEMOCAP_full_release"


def label_line(turn, label, gap="\t"):
    return gap.join(["[6.2901 - 8.2357]", turn, label, "[2.5000, 2.5000, 2.5000]"])


def write_dialogue(root, dialogue, turns, gap="\t", audio=True, texts=True):
    """A dialogue of the release: its label file, recordings and transcription."""
    session = root / f"Session{dialogue[4]}"
    labels = session / "dialog" / "EmoEvaluation" / f"{dialogue}.txt"
    labels.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f"{label_line(t, label, gap)}\n{RATERS}" for t, label in turns.items())
    labels.write_text(HEADER + body)
    wavs = session / "sentences" / "wav" / dialogue
    wavs.mkdir(parents=True, exist_ok=True)
    for turn in turns if audio else ():
        soundfile.write(wavs / f"{turn}.wav", np.zeros(8000, "int16"), 16000)
    if texts:
        transcript = session / "dialog" / "transcriptions" / f"{dialogue}.txt"
        transcript.parent.mkdir(parents=True, exist_ok=True)
        transcript.write_text(
            "".join(f"{turn} [006.2901-008.2357]: Words  of {turn}.\n" for turn in turns)
        )
    return labels


def by_utt(preparation):
    return {u.utt: u for u in preparation.utterances}


def test_the_speaker_is_the_letter_after_the_last_underscore(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_M003": "ang"})
    (u,) = prepare(root).utterances
    assert (u.utt, u.speaker) == ("Ses01M-Ses01F_impro01_M003", "Ses01M")
    assert (u.group, u.gender) == ("Ses01", "m")
    assert u.duration == 0.5
    wav = root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M003.wav"
    assert u.path == str(wav.absolute())


@pytest.mark.parametrize("dialogue", ["Ses03M_impro05a", "Ses03M_impro08b", "Ses05M_script01_1b"])
def test_dialogue_names_of_any_width_are_understood(root, dialogue):
    write_dialogue(root, dialogue, {f"{dialogue}_F001": "neu", f"{dialogue}_M000": "sad"})
    genders = {u.speaker: u.gender for u in prepare(root).utterances}
    assert genders == {f"{dialogue[:5]}F": "f", f"{dialogue[:5]}M": "m"}


def test_excitement_is_happiness_and_other_labels_are_counted_out(root):
    labels = ["ang", "hap", "exc", "neu", "sad", "fru", "fru", "xxx", "sur", "fea", "oth", "dis"]
    turns = {f"Ses02F_impro02_F{i:03d}": label for i, label in enumerate(labels)}
    write_dialogue(root, "Ses02F_impro02", turns)
    preparation = prepare(root)
    emotions = [emotion for u in preparation.utterances for emotion in u.emotions]
    assert emotions == ["ang", "hap", "hap", "neu", "sad"]
    counts = {"fru": 2, "xxx": 1, "sur": 1, "fea": 1, "oth": 1, "dis": 1}
    assert preparation.left_out == counts


@pytest.mark.parametrize(
    ("choice", "labels", "excited"),
    [
        (LabelChoice(), "ang hap neu sad", "hap"),
        (LabelChoice(("all",)), "ang hap neu sad exc fru sur fea dis oth", "exc"),
        (LabelChoice(("all",), {"exc": "hap"}), "ang hap neu sad fru sur fea dis oth", "hap"),
        (
            LabelChoice(("ang", "hap", "neu", "sad", "fru"), {"exc": "hap"}),
            "ang hap neu sad fru",
            "hap",
        ),
        (LabelChoice(("sad", "exc")), "sad exc", "exc"),
        (LabelChoice(renamed={"fru": "ang", "exc": ""}), "ang hap neu sad", None),
        (LabelChoice(renamed={"fru": "fru"}), "ang hap neu sad fru", "hap"),
        (
            LabelChoice(("all",), {"xxx": "none"}),
            "ang hap neu sad exc fru sur fea dis oth none",
            "exc",
        ),
    ],
)
def test_the_emotions_of_the_release_can_be_chosen_and_merged(root, choice, labels, excited):
    found = ["ang", "hap", "exc", "neu", "sad", "fru", "xxx", "sur", "fea", "oth", "dis"]
    turns = {f"Ses02F_impro02_F{i:03d}": label for i, label in enumerate(found)}
    write_dialogue(root, "Ses02F_impro02", turns)
    preparation = prepare(root, choice)
    assert preparation.labels.names == tuple(labels.split())
    emotions = {u.utt[-3:]: u.emotions for u in preparation.utterances}
    assert emotions.get("002") == (excited and (excited,))
    assert {emotion for (emotion,) in emotions.values()} == set(labels.split())
    assert (preparation.paper is None) == (choice != LabelChoice())


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            LabelChoice(("ang", "joy")),
            "--emotions: IEMOCAP has no label 'joy'; choose from ang, hap",
        ),
        (
            LabelChoice(renamed={"joy": "hap"}),
            "--map joy=hap: IEMOCAP has no label 'joy'; choose f",
        ),
        (LabelChoice(("ang", "sad"), {"exc": "hap"}), "--map exc=hap: --emotions lacks 'hap'"),
        (LabelChoice(("ang",)), "--emotions, --map: expected 2 to 50 emotions, found 1: ang"),
        (LabelChoice(("ang", "ang")), "'ang' is listed twice"),
    ],
)
def test_a_choice_that_the_release_cannot_give_is_refused(root, choice, message):
    with pytest.raises(InputError, match=message):
        prepare(root, choice)


def test_spaces_for_tabs_and_windows_line_ends_are_accepted(root):
    labels = write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"}, gap="  ")
    labels.write_bytes(labels.read_bytes().replace(b"\n", b"\r\n"))
    assert list(by_utt(prepare(root))) == ["Ses01F-Ses01F_impro01_F000"]


def test_single_raters_folders_and_dot_files_are_passed_over(root):
    labels = write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    for folder in ("Attribute", "Categorical", "Self-evaluation"):
        (labels.parent / folder).mkdir()
        (labels.parent / folder / "Ses01F_impro01_e1.txt").write_text("[not this one\n")
    (labels.parent / "._Ses01F_impro01.txt").write_bytes(b"\x00\x05\x16\x07[\xff\xfe")
    wavs = root / "Session1/sentences/wav/Ses01F_impro01"
    (wavs / "._Ses01F_impro01_F000.wav").write_bytes(b"\x00\x05\x16\x07")
    preparation = prepare(root)
    assert list(by_utt(preparation)) == ["Ses01F-Ses01F_impro01_F000"]
    assert preparation.warnings == {}


@pytest.mark.parametrize(
    "line",
    [
        "[6.2901 - 8.2357]\tSes01F_impro01_F001\tneu",
        "[6.2901 8.2357]\tSes01F_impro01_F001\tneu\t[2.5, 2.5, 2.5]",
        "[6.2901 - 8.2357]\tSes01F_impro01_F001\t[2.5, 2.5, 2.5]",
        "[6.2901 - 8.2357]\tSes01F_impro01_X001\tneu\t[2.5, 2.5, 2.5]",
        "[6.2901 - 8.2357]\tSes01F_impro07_F001\tneu\t[2.5, 2.5, 2.5]",
        "[6.2901 - 8.2357]\tSes01F_impro01_F000\tsad\t[2.5, 2.5, 2.5]",
    ],
    ids=["no ratings", "no dash", "no label", "no speaker", "other dialogue", "turn twice"],
)
def test_a_wrong_bracketed_line_is_named_with_its_number(root, line):
    labels = write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    number = labels.read_text().count("\n") + 1
    labels.write_text(labels.read_text() + line + "\n")
    with pytest.raises(InputError, match=re.escape(f"{labels}:{number}: ")):
        prepare(root)


def test_missing_audio_is_named_and_the_rest_prepared(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    write_dialogue(root, "Ses01F_impro02", {"Ses01F_impro02_F000": "sad"}, audio=False)
    preparation = prepare(root)
    assert list(by_utt(preparation)) == ["Ses01F-Ses01F_impro01_F000"]
    (name,) = preparation.warnings["labelled turns without audio"]
    assert name.endswith("Ses01F_impro02_F000.wav")
    assert preparation.left_out == {"no audio": 1}


def test_a_turn_of_too_long_a_name_has_no_audio(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "ang"})
    labels = write_dialogue(root, "Ses01F_impro02", {"Ses01F_impro02_F000": "ang"})
    long = f"Ses01F_impro02_F{'0' * 300}"
    labels.write_text(labels.read_text() + label_line(long, "sad"))
    preparation = prepare(root)
    assert preparation.left_out == {"no audio": 1}
    assert long in preparation.warnings["labelled turns without audio"][0]


def test_no_audio_at_all_is_an_error(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"}, audio=False)
    with pytest.raises(InputError, match=r"sentences/wav"):
        prepare(root)


def test_audio_that_is_text_is_an_error_that_names_it(root):
    write_dialogue(root, "Ses01F_impro01", {f"Ses01F_impro01_F00{i}": "neu" for i in range(2)})
    broken = root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F001.wav"
    broken.write_text("404 not found\n")
    with pytest.raises(InputError, match=rf"{re.escape(str(broken))}: .*replace the file"):
        prepare(root)


def test_transcriptions_are_taken_as_text(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    (u,) = prepare(root).utterances
    assert u.text == "Words  of Ses01F_impro01_F000."


def test_a_stray_byte_in_a_transcription_stops_nothing(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    transcript = root / "Session1/dialog/transcriptions/Ses01F_impro01.txt"
    transcript.write_bytes(b"M: aside\nSes01F_impro01_F000 [006.2901-008.2357]: It\x92s me.\n")
    (u,) = prepare(root).utterances
    assert u.text.endswith("s me.")


def test_turns_without_transcription_are_named_only_where_others_have_one(root):
    what = "turns without transcription, so no text is written"
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"}, texts=False)
    assert prepare(root).warnings == {}
    write_dialogue(root, "Ses01F_impro02", {"Ses01F_impro02_F000": "neu"})
    assert prepare(root).warnings == {what: ["Ses01F-Ses01F_impro01_F000"]}


def test_part_of_the_release_will_do(root):
    write_dialogue(root, "Ses04M_script02_2", {"Ses04M_script02_2_F011": "exc"})
    (root / "Session5").mkdir()
    preparation = prepare(root)
    assert preparation.utterances[0].group == "Ses04"
    assert preparation.warnings["sessions without label files"] == [str(root / "Session5")]


def test_the_folder_above_or_a_session_is_refused_with_the_release_named(root):
    write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_F000": "neu"})
    for wrong in (root.parent, root / "Session1"):
        with pytest.raises(InputError, match=rf"did you mean {re.escape(str(root))}\?"):
            prepare(wrong)


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_or_missing_root_says_what_was_expected(root, exists):
    if exists:
        root.mkdir()
    with pytest.raises(InputError, match=r"Session1 to Session5"):
        prepare(root)


def test_sessions_without_any_label_are_an_error(root):
    (root / "Session1").mkdir(parents=True)
    with pytest.raises(InputError, match=r"dialog/EmoEvaluation/\*\.txt"):
        prepare(root)


def test_the_papers_counts_add_up():
    assert PAPER.total == {"ang": 1103, "hap": 1636, "neu": 1708, "sad": 1084, "all": 5531}
    sizes = {name: row["all"] for name, row in PAPER.speakers.items()}
    assert list(sizes) == [f"Ses0{session}{letter}" for session in range(1, 6) for letter in "FM"]
    assert list(sizes.values()) == [528, 557, 481, 542, 522, 629, 528, 503, 590, 651]


@pytest.mark.parametrize("suffix", [" (1)", " - Copy", " copy", " - Copie (2)"])
def test_a_copy_of_a_label_file_is_told_and_not_read(root, suffix):
    labels = write_dialogue(root, "Ses01F_impro01", {"Ses01F_impro01_M003": "ang"})
    copy = labels.with_name(f"{labels.stem}{suffix}.txt")
    copy.write_bytes(labels.read_bytes())
    preparation = prepare(root)
    assert len(preparation.utterances) == 1
    assert preparation.warnings["copies of label files, not read"] == [str(copy.absolute())]
    labels.unlink()
    with pytest.raises(InputError, match=r"is not a turn of Ses01F_impro01"):
        prepare(root)
