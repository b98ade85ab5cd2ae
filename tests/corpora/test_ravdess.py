from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from menan.audio import audio_info
from menan.corpora.label_choice import LabelChoice
from menan.corpora.ravdess import prepare
from menan.errors import InputError

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
RELEASE = SHARED / "ravdess"
ORIGINALS = SHARED / "ravdess_originals"
needs_release = pytest.mark.skipif(not RELEASE.is_dir(), reason="no RAVDESS beside the project")
needs_originals = pytest.mark.skipif(
    not ORIGINALS.is_dir(), reason="no original files of RAVDESS beside the project"
)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "ravdess"


def write(root, *names, folder="Actor_01"):
    """Noise under the release's names, different in each file."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        rng = np.random.default_rng(sum(map(ord, name)))
        samples = rng.integers(-9, 9, size=4000).astype("int16")
        soundfile.write(root / folder / name, samples, 16000)


@needs_release
def test_the_whole_release_gives_672_utterances_of_24_speakers():
    preparation = prepare(RELEASE)
    utterances = preparation.utterances
    assert len(utterances) == 672
    assert len({u.speaker for u in utterances}) == 24
    emotions = Counter(emotion for u in utterances for emotion in u.emotions)
    assert emotions == {"neu": 96, "ang": 192, "hap": 192, "sad": 192}
    assert preparation.left_out == dict.fromkeys(["calm", "fearful", "disgust", "surprised"], 192)
    genders = Counter({u.speaker: u.gender for u in utterances}.values())
    assert genders == {"f": 12, "m": 12}


@needs_release
def test_calm_can_be_taken_as_neutral():
    preparation = prepare(RELEASE, LabelChoice(renamed={"calm": "neu"}))
    assert Counter(u.emotions for u in preparation.utterances)[("neu",)] == 96 + 192
    assert preparation.labels.names == ("ang", "hap", "neu", "sad")


@needs_release
def test_all_emotions_are_the_1440_utterances_with_the_eight_labels_of_the_release():
    preparation = prepare(RELEASE, LabelChoice(("all",)))
    labels = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
    assert preparation.labels.names == labels
    emotions = Counter(emotion for u in preparation.utterances for emotion in u.emotions)
    assert emotions == {"neutral": 96} | dict.fromkeys(labels[1:], 192)
    assert preparation.left_out == {}


@needs_release
def test_the_four_emotions_that_the_default_leaves_out_can_be_taken_alone():
    others = ("calm", "fearful", "disgust", "surprised")
    preparation = prepare(RELEASE, LabelChoice(others))
    assert preparation.labels.names == others
    assert len(preparation.utterances) == 4 * 192


@needs_originals
def test_original_files_are_read_whatever_their_rate_channels_and_chunks():
    utterances = prepare(ORIGINALS, LabelChoice(renamed={"calm": "neu"})).utterances
    assert {audio_info(u.path).sample_rate for u in utterances} == {48000}
    assert {audio_info(u.path).channels for u in utterances} == {1, 2}
    assert all(3 < u.duration < 5 for u in utterances)
    lengths = {u.utt: round(u.duration * 48000) for u in utterances}
    assert lengths["Actor_20-03-01-03-01-02-01-20"] == 166566


@needs_originals
def test_the_identical_pair_in_the_originals_is_named():
    preparation = prepare(ORIGINALS)
    assert preparation.warnings == {
        "groups of byte-identical files, all kept": [
            "03-01-03-01-02-01-07.wav = 03-01-03-01-02-02-07.wav"
        ]
    }
    assert sum(u.speaker == "Actor_07" for u in preparation.utterances) == 2


def test_name_fields_become_id_speaker_gender_and_emotion(root):
    write(root, "03-01-05-01-01-02-01.wav")
    write(root, "03-01-04-02-01-01-12.flac", folder="Actor_12")
    first, second = prepare(root).utterances
    assert (first.utt, first.speaker) == ("Actor_01-03-01-05-01-01-02-01", "Actor_01")
    assert (first.gender, first.emotions, first.group) == ("m", ("ang",), None)
    assert (second.speaker, second.gender, second.emotions) == ("Actor_12", "f", ("sad",))
    assert first.duration == 0.25


def test_video_song_and_other_emotions_are_counted_out(root):
    write(root, "03-01-01-01-01-01-01.wav", "01-01-01-01-01-01-01.wav", "03-02-01-01-01-01-01.wav")
    write(root, "03-01-06-01-01-01-01.wav", "03-01-02-01-01-01-01.wav")
    (root / "Actor_01" / "01-01-01-01-01-01-01.mp4").touch()
    preparation = prepare(root)
    assert [u.emotions for u in preparation.utterances] == [("neu",)]
    assert preparation.left_out == {
        **dict.fromkeys(["modality 01", "channel 02", "fearful", "calm", "not wav or flac"], 1)
    }


def test_a_file_in_another_actors_folder_is_told_and_taken_for_its_own(root):
    write(root, "03-01-01-01-01-01-02.wav")
    preparation = prepare(root)
    assert preparation.utterances[0].speaker == "Actor_02"
    (cases,) = preparation.warnings.values()
    assert cases == [str(root / "Actor_01" / "03-01-01-01-01-01-02.wav")]


def test_names_of_another_form_are_told_and_dot_files_passed_over(root):
    write(root, "03-01-01-01-01-01-01.wav", "03-01-01-01-01-01.wav", "take two.wav")
    (root / "Actor_01" / "._03-01-01-01-01-01-01.wav").write_bytes(b"\x00\x05\x16\x07")
    preparation = prepare(root)
    assert len(preparation.utterances) == 1
    (cases,) = preparation.warnings.values()
    assert [Path(case).name for case in cases] == ["03-01-01-01-01-01.wav", "take two.wav"]
    assert preparation.left_out == {"misnamed": 2}


def test_files_of_one_size_but_other_bytes_are_no_duplicates(root):
    names = [f"03-01-01-01-01-0{take}-01.wav" for take in (1, 2)]
    write(root, *names)
    assert len({(root / "Actor_01" / name).stat().st_size for name in names}) == 1
    assert prepare(root).warnings == {}


@pytest.mark.parametrize("content", [b"", b"sorry, not audio", b"RIFF\x24\x00\x00\x00WAVEfm"])
def test_a_file_that_is_no_audio_stops_with_its_name(root, content):
    write(root, "03-01-01-01-01-01-01.wav")
    broken = root / "Actor_01" / "03-01-03-01-01-01-01.wav"
    broken.write_bytes(content)
    with pytest.raises(InputError, match=rf"{broken.name}: .*replace the file"):
        prepare(root)


def test_a_file_cut_short_stops_with_its_name(root):
    write(root, "03-01-01-01-01-01-01.wav", "03-01-03-01-01-01-01.wav")
    cut = root / "Actor_01" / "03-01-03-01-01-01-01.wav"
    cut.write_bytes(cut.read_bytes()[:2000])
    with pytest.raises(InputError, match=rf"{cut.name}: truncated.*replace the file"):
        prepare(root)


def test_files_in_one_flat_folder_are_read(root):
    root.mkdir()
    write(root, "03-01-05-01-01-02-01.wav", "03-01-04-02-01-01-12.flac", folder=".")
    preparation = prepare(root)
    assert [u.speaker for u in preparation.utterances] == ["Actor_12", "Actor_01"]
    assert preparation.warnings == {}


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_or_missing_root_says_what_was_expected(root, exists):
    if exists:
        root.mkdir()
    with pytest.raises(InputError, match=r"Actor_01 to Actor_24"):
        prepare(root)


def test_nothing_to_take_is_an_error_with_an_example(root):
    write(root, "03-02-01-01-01-01-01.wav")
    with pytest.raises(InputError, match=r"Actor_01/03-01-05-01-01-01-01\.wav"):
        prepare(root)
