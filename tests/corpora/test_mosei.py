import json
import re

import h5py
import numpy as np
import pytest
import soundfile

from menan.corpora.label_choice import LabelChoice
from menan.corpora.mosei import prepare
from menan.corpora.mosei_segment import EMOTION_COLUMNS
from menan.datadir.utterances import write_datadir
from menan.errors import InputError

COLUMNS = ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"]
NEUTRAL = {}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "CMU_MOSEI"


def write_audio(root, *videos, seconds=10.0):
    folder = root / "Raw" / "Audio" / "Full" / "WAV_16000"
    folder.mkdir(parents=True, exist_ok=True)
    for video in videos:
        soundfile.write(folder / f"{video}.wav", np.zeros(round(seconds * 4000), "int16"), 4000)


def write_csd(path, videos, columns=COLUMNS, names=None):
    """A label file of {video: [(start, end, {column: rating}), ...]}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        text = json.dumps(columns) if names is None else names
        kind = h5py.string_dtype() if isinstance(text, str) else f"S{len(text)}"
        dataset = file.create_dataset("All Labels/metadata/dimension names", (1,), dtype=kind)
        dataset[0] = text
        file.create_group("All Labels/data")
        for video, segments in videos.items():
            group = file.create_group(f"All Labels/data/{video}")
            ratings = [[r.get(name, 0.0) for name in columns] for _, _, r in segments]
            group["features"] = np.array(ratings, "float32").reshape(-1, len(columns))
            group["intervals"] = np.array([s[:2] for s in segments], "float64").reshape(-1, 2)
    return path


def release(root, videos, seconds=10.0, **how):
    write_audio(root, *videos, seconds=seconds)
    return write_csd(root / "CMU_MOSEI_Labels.csd", videos, **how)


def by_utt(preparation):
    return {u.utt: u for u in preparation.utterances}


def test_a_segment_becomes_an_utterance_of_its_video(root):
    release(root, {"abc": [(1.5, 4.25, {"happy": 1.0})]})
    (u,) = prepare(root).utterances
    assert (u.utt, u.speaker, u.recording) == ("abc-0000", "abc", "abc")
    assert (u.start, u.end, u.duration, u.group) == (1.5, 4.25, 2.75, None)
    assert u.path == str((root / "Raw/Audio/Full/WAV_16000/abc.wav").absolute())


def test_emotions_rated_above_zero_are_kept_and_all_zero_is_neutral(root):
    ratings = [
        {"happy": 0.33, "anger": 2.0, "fear": 1.0},
        {"sad": 1.0, "sentiment": 3.0},
        {"sentiment": -2.0},
        {"surprise": 1.0},
        {"disgust": 3.0, "fear": 0.66},
    ]
    release(root, {"v": [(0, 1, r) for r in ratings]})
    preparation = prepare(root)
    emotions = {u.utt: u.emotions for u in preparation.utterances}
    assert emotions == {"v-0000": ("ang", "hap"), "v-0001": ("sad",), "v-0002": ("neu",)}
    assert preparation.left_out == {"only other emotions": 2}


def test_other_emotions_can_be_chosen(root):
    ratings = [{"happy": 0.33, "fear": 1.0}, {"surprise": 1.0}, {}, {"disgust": 3.0}]
    release(root, {"v": [(0, 1, r) for r in ratings]})
    preparation = prepare(root, LabelChoice(("all",)))
    assert preparation.labels.names == (*EMOTION_COLUMNS, "neutral")
    assert preparation.paper is None
    emotions = [u.emotions for u in preparation.utterances]
    assert emotions == [("happy", "fear"), ("surprise",), ("neutral",), ("disgust",)]
    preparation = prepare(root, LabelChoice(("fear", "neu"), {"neutral": "neu"}))
    assert [u.emotions for u in preparation.utterances] == [("fear",), ("neu",)]
    assert preparation.left_out == {"only other emotions": 2}


@pytest.mark.parametrize("as_bytes", [True, False])
def test_columns_are_found_by_name_in_any_order(root, as_bytes):
    columns = ["fear", "anger", "sentiment", "sad", "disgust", "happy", "surprise"]
    names = json.dumps(columns).encode() if as_bytes else None
    videos = {"v": [(0, 1, {"sad": 1.0}), (0, 1, {"anger": 1.0}), (0, 1, {"happy": 1.0})]}
    release(root, videos, columns=columns, names=names)
    assert [u.emotions for u in prepare(root).utterances] == [("sad",), ("ang",), ("hap",)]


def test_ids_follow_the_label_file_whatever_is_left_out_and_whatever_the_times(root):
    segments = [(5, 6, NEUTRAL), (7, 8, {"fear": 1.0}), (1, 6, NEUTRAL), (0, 2, NEUTRAL)]
    release(root, {"v": segments})
    starts = {u.utt: u.start for u in prepare(root).utterances}
    assert starts == {"v-0000": 5.0, "v-0002": 1.0, "v-0003": 0.0}


def test_a_negative_start_is_set_to_zero_and_told(root):
    release(root, {"v": [(-0.49, 2.0, NEUTRAL)]})
    preparation = prepare(root)
    (u,) = preparation.utterances
    assert (u.start, u.end, u.duration) == (0.0, 2.0, 2.0)
    assert preparation.warnings == {"starts below 0 s, set to 0": ["v-0000"]}


def test_an_end_past_the_recording_is_cut_there_and_told(root):
    release(root, {"v": [(8.0, 12.0, NEUTRAL)]}, seconds=10.0)
    preparation = prepare(root)
    assert (preparation.utterances[0].end, preparation.utterances[0].duration) == (10.0, 2.0)
    assert preparation.warnings == {"ends after the end of the recording, set to it": ["v-0000"]}


def test_segments_outside_the_recording_are_left_out_and_told(root):
    segments = [(0, 1, NEUTRAL), (10.5, 12, NEUTRAL), (-2, -1, NEUTRAL), (3, 3, NEUTRAL)]
    release(root, {"v": segments})
    preparation = prepare(root)
    assert list(by_utt(preparation)) == ["v-0000"]
    assert preparation.left_out == {"empty": 3}
    (cases,) = preparation.warnings.values()
    assert cases == ["v-0001", "v-0002", "v-0003"]


def test_videos_without_audio_are_told_and_their_segments_counted(root):
    segments = [(0, 1, NEUTRAL), (1, 2, NEUTRAL)]
    write_csd(root / "CMU_MOSEI_Labels.csd", {"here": segments, "gone": segments})
    write_audio(root, "here")
    preparation = prepare(root)
    assert {u.speaker for u in preparation.utterances} == {"here"}
    assert preparation.left_out == {"no audio": 2}
    assert preparation.warnings == {"labelled videos without audio": ["gone"]}


def test_no_audio_of_any_labelled_video_is_an_error(root):
    write_csd(root / "CMU_MOSEI_Labels.csd", {"gone": [(0, 1, NEUTRAL)]})
    write_audio(root, "other")
    with pytest.raises(InputError, match=r"no audio of the 1 videos.*gone\.wav"):
        prepare(root)


@pytest.mark.parametrize("video", ["-3g5yACwYnA", "_0efYOjQYRc", "a_b-c", "100178", "-_-"])
def test_odd_video_ids_stay_strings_through_the_data_directory(root, tmp_path, video):
    release(root, {video: [(0, 1, NEUTRAL)]})
    write_datadir(prepare(root).utterances, tmp_path / "data")
    assert (tmp_path / "data/utt2spk").read_text() == f"{video}-0000 {video}\n"
    assert (tmp_path / "data/segments").read_text() == f"{video}-0000 {video} 0.0000 1.0000\n"


def test_labels_are_found_below_the_root_and_ambiguity_is_refused(root):
    write_audio(root, "v")
    first = write_csd(root / "labels" / "CMU_MOSEI_Labels.csd", {"v": [(0, 1, NEUTRAL)]})
    assert len(prepare(root).utterances) == 1
    second = write_csd(root / "CMU_MOSEI_Labels.csd", {"v": [(0, 1, NEUTRAL)] * 2})
    with pytest.raises(InputError, match=r"--labels"):
        prepare(root)
    assert len(prepare(root, labels=first).utterances) == 1
    assert len(prepare(root, labels=second).utterances) == 2


def test_absent_labels_are_an_error_with_the_option_named(root):
    write_audio(root, "v")
    with pytest.raises(InputError, match=r"CMU_MOSEI_Labels\.csd.*--labels"):
        prepare(root)


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_or_missing_root_says_where_audio_belongs(root, exists):
    if exists:
        root.mkdir()
    with pytest.raises(InputError, match=r"Raw/Audio/Full/WAV_16000"):
        prepare(root)


def test_audio_that_is_text_is_an_error_with_its_name(root):
    release(root, {"v": [(0, 1, NEUTRAL)]})
    broken = root / "Raw/Audio/Full/WAV_16000/v.wav"
    broken.write_text("not audio")
    with pytest.raises(InputError, match=re.escape(f"{broken}: ")):
        prepare(root)


def test_labels_may_come_as_csv(root):
    write_audio(root, "007")
    header = "video,segment,start,end,sentiment,happy,sad,anger,surprise,disgust,fear"
    (root / "CMU_MOSEI_Labels.csv").write_text(f"{header}\n007,12,-0.5,3,0,0,1,0,0,0,0\n")
    (u,) = prepare(root).utterances
    assert (u.utt, u.start, u.end, u.emotions) == ("007-0012", 0.0, 3.0, ("sad",))


@pytest.mark.parametrize("levels", ["Audio/Full/WAV_16000", "Full/WAV_16000", "WAV_16000", "."])
def test_the_upper_levels_of_the_audio_may_be_missing(root, levels):
    release(root, {"abc": [(1.5, 4.25, {"happy": 1.0})]})
    folder = root / levels
    folder.parent.mkdir(parents=True, exist_ok=True)
    audio = root / "Raw/Audio/Full/WAV_16000"
    if levels == ".":
        (audio / "abc.wav").rename(root / "abc.wav")
        audio.rmdir()
    else:
        audio.rename(folder)
    (u,) = prepare(root).utterances
    assert u.path == str(folder.absolute() / "abc.wav")


def test_labels_without_times_say_that_whole_videos_are_taken(root, tmp_path):
    release(root, {"abc": [(1.5, 4.25, {"happy": 1.0})]})
    table = tmp_path / "label.csv"
    table.write_text("video_id,clip_id,text,label\nabc,10,hello,1.0\n")
    with pytest.raises(InputError, match=r"label.csv:1: no column 'start'; menan takes whole vid"):
        prepare(root, labels=table)
