"""The generated IEMOCAP against what is known of the release's layout."""

import re
from collections import Counter
from itertools import pairwise

import pytest
import soundfile

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_iemocap import DIALOGUES, synthesize_iemocap

SHORT = Lengths(0.5, 0.7)
TURN = re.compile(
    r"\[(\d+\.\d{4}) - (\d+\.\d{4})\]\t(Ses0\d[FM]_\w+_[FM]\d{3})\t([a-z]{3})\t"
    r"\[\d\.\d{4}, \d\.\d{4}, \d\.\d{4}\]"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    out = tmp_path_factory.mktemp("iemocap") / "release"
    assert synthesize_iemocap(out, sessions=2, utts_per_emotion=3, lengths=SHORT) == 60
    return out


def label_files(root):
    paths = sorted(root.glob("Session*/dialog/EmoEvaluation/*.txt"))
    return [path for path in paths if not path.name.startswith(".")]


def turns(root):
    """(start, end, name, label) of every bracketed line."""
    lines = [line for path in label_files(root) for line in path.read_text().splitlines()]
    return [TURN.fullmatch(line).groups() for line in lines if line.startswith("[")]


def contents(root):
    return {
        path.relative_to(root): path.read_bytes() for path in root.rglob("*.*") if path.is_file()
    }


def test_each_speaker_has_the_turns_asked_of_each_emotion(root):
    counts = Counter(
        (name[:5] + name.split("_")[-1][0], label) for _, _, name, label in turns(root)
    )
    for speaker in ("Ses01F", "Ses01M", "Ses02F", "Ses02M"):
        of_speaker = {label: n for (s, label), n in counts.items() if s == speaker}
        assert of_speaker == {
            "ang": 3,
            "exc": 2,
            "hap": 1,
            "neu": 3,
            "sad": 3,
            "fru": 1,
            "sur": 1,
            "xxx": 1,
        }


def test_both_speakers_talk_in_every_dialogue_whoever_wears_the_markers(root):
    names = {path.stem for path in label_files(root)}
    assert names == {f"Ses0{n}{dialogue}" for n in (1, 2) for dialogue in DIALOGUES}
    letters = {(name.rsplit("_", 1)[0], name.rsplit("_", 1)[1][0]) for _, _, name, _ in turns(root)}
    assert letters == {(name, letter) for name in names for letter in "FM"}


def test_every_turn_has_16_khz_audio_as_long_as_its_times(root):
    for start, end, name, _ in turns(root):
        session, dialogue = int(name[3:5]), name.rsplit("_", 1)[0]
        info = soundfile.info(root / f"Session{session}/sentences/wav/{dialogue}/{name}.wav")
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert info.duration == pytest.approx(float(end) - float(start), abs=2e-4)
        assert 0.5 <= info.duration <= 0.7


def test_turns_of_a_dialogue_follow_each_other(root):
    for path in label_files(root):
        times = [TURN.match(line) for line in path.read_text().splitlines()]
        times = [(float(t[1]), float(t[2])) for t in times if t]
        assert all(end < start for (_, end), (start, _) in pairwise(times))


def test_label_file_has_header_raters_and_their_mean(root):
    lines = label_files(root)[0].read_text().splitlines()
    assert lines[:2] == ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    turn = lines[2:9]
    assert [re.split(r"\t", line)[0] for line in turn[1:6]] == [
        "C-E2:",
        "C-E3:",
        "C-E4:",
        "A-E3:",
        "A-E4:",
    ]
    assert turn[6] == ""
    ratings = [
        re.match(r"A-E\d:\tval (\d); act (\d); dom  (\d);\t\(\)$", line) for line in turn[4:6]
    ]
    means = [sum(int(r[k]) for r in ratings) / 2 for k in (1, 2, 3)]
    assert turn[0].endswith("\t[" + ", ".join(f"{mean:.4f}" for mean in means) + "]")


def test_raters_agree_by_majority_except_on_xxx(root):
    for path in label_files(root):
        for block in path.read_text().split("\n\n")[1:]:
            words = re.findall(r"^C-E\d:\t(.+);\t\(\)$", block, flags=re.MULTILINE)
            if words:
                label = TURN.match(block.strip().splitlines()[0])[4]
                assert (len(set(words)) == 3) == (label == "xxx")


def test_transcriptions_name_the_same_turns(root):
    written = [
        re.fullmatch(r"(\w+) \[\d{3}\.\d{4}-\d{3}\.\d{4}\]: \S.+", line)[1]
        for path in root.glob("Session*/dialog/transcriptions/*.txt")
        for line in path.read_text().splitlines()
    ]
    assert sorted(written) == sorted(name for _, _, name, _ in turns(root))


def test_the_release_has_everything_that_preparation_must_skip(root):
    folder = root / "Session1/dialog/EmoEvaluation"
    for single in ("Attribute", "Categorical", "Self-evaluation"):
        assert len(list((folder / single).glob("Ses01*.txt"))) == len(DIALOGUES)
    doubles = [folder / "._Ses01F_impro01.txt"]
    doubles += root.glob("Session1/sentences/wav/Ses01F_impro01/._*.wav")
    assert len(doubles) == 2
    assert all(path.read_bytes().startswith(b"\x00\x05\x16\x07") for path in doubles)


def test_same_seed_same_bytes_other_seed_other_bytes(root, tmp_path):
    synthesize_iemocap(tmp_path / "same", sessions=2, utts_per_emotion=3, lengths=SHORT)
    assert contents(tmp_path / "same") == contents(root)
    synthesize_iemocap(tmp_path / "other", 1, sessions=1, utts_per_emotion=1, lengths=SHORT)
    wav = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
    assert (tmp_path / "other" / wav).read_bytes() != (root / wav).read_bytes()


def test_a_session_does_not_depend_on_how_many_there_are(root, tmp_path):
    synthesize_iemocap(tmp_path / "one", sessions=1, utts_per_emotion=3, lengths=SHORT)
    assert contents(tmp_path / "one" / "Session1") == contents(root / "Session1")
