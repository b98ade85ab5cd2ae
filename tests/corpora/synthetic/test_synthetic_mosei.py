"""The generated CMU-MOSEI against what is known of the release's layout."""

import json

import h5py
import numpy as np
import pytest
import soundfile

from menan.corpora.synthetic.lengths import Lengths
from menan.corpora.synthetic.synthetic_mosei import DIMENSIONS, synthesize_mosei

SHORT = Lengths(0.5, 0.7)
WAVS = "Raw/Audio/Full/WAV_16000"
HAPPY, SAD, ANGER = (DIMENSIONS.index(name) for name in ("happy", "sad", "anger"))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    out = tmp_path_factory.mktemp("mosei") / "release"
    assert synthesize_mosei(out, videos=5, segments_per_video=8, lengths=SHORT) == 40
    return out


@pytest.fixture(scope="module")
def videos(root):
    """(features (n, 7), intervals (n, 2)) of each video."""
    with h5py.File(root / "CMU_MOSEI_Labels.csd") as file:
        data = file["All Labels/data"]
        return {name: (data[name]["features"][:], data[name]["intervals"][:]) for name in data}


def test_metadata_are_json_strings_in_arrays_of_one_element(root):
    with h5py.File(root / "CMU_MOSEI_Labels.csd") as file:
        dataset = file["All Labels/metadata/dimension names"]
        assert dataset.shape == (1,)
        names = json.loads(dataset.asstr()[0])
    assert names == ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"]


def test_labels_have_the_shapes_and_scales_of_the_corpus(videos):
    for features, intervals in videos.values():
        assert features.dtype == np.float32
        assert features.shape == (8, 7)
        assert intervals.shape == (8, 2)
        assert (np.abs(features[:, 0]) <= 3).all()
        assert ((features[:, 1:] >= 0) & (features[:, 1:] <= 3)).all()
        assert (intervals[:, 0] < intervals[:, 1]).all()


def test_ids_include_the_three_odd_kinds(videos):
    assert any(name.startswith("-") for name in videos)
    assert any("_" in name for name in videos)
    assert any(name.isdigit() for name in videos)


def test_one_labelled_video_has_no_audio(root, videos):
    heard = {path.stem for path in (root / WAVS).glob("*.wav")}
    assert heard < set(videos)
    assert len(videos) - len(heard) == 1


def test_labels_include_negative_starts_disorder_and_overlap(videos):
    starts = [intervals[:, 0] for _, intervals in videos.values()]
    assert min(s.min() for s in starts) == pytest.approx(-0.1)
    assert any((np.diff(s) < 0).any() for s in starts)
    in_time = [intervals[intervals[:, 0].argsort()] for _, intervals in videos.values()]
    assert any((i[1:, 0] < i[:-1, 1]).any() for i in in_time)


def test_happy_leads_and_several_none_and_other_emotions_occur(videos):
    ratings = np.concatenate([features for features, _ in videos.values()])
    present = ratings[:, 1:] > 0
    four = present[:, :3]
    assert four[:, 0].sum() > max(four[:, 1].sum(), four[:, 2].sum())
    assert (four.sum(1) >= 2).any()
    assert (~present.any(1)).any()
    assert (present.any(1) & ~four.any(1)).any()
    assert all(four[:, column].any() for column in range(3))


def test_videos_are_long_enough_and_sound_where_the_segments_are(root, videos):
    for path in (root / WAVS).glob("*.wav"):
        samples, rate = soundfile.read(path)
        assert (rate, samples.ndim) == (16000, 1)
        _, intervals = videos[path.stem]
        assert intervals.max() < len(samples) / rate
        silent = np.ones(len(samples), dtype=bool)
        for start, end in intervals:
            stretch = slice(round(max(start, 0) * rate), round(end * rate))
            silent[stretch] = False
            assert samples[stretch].std() > 10 * samples[-4000:].std()
        assert silent.sum() >= 0.4 * rate
        assert 0 < samples[silent].std() < 0.01


def test_angry_segments_are_louder_than_sad_ones(root, videos):
    levels = {SAD: [], ANGER: []}
    for path in (root / WAVS).glob("*.wav"):
        samples, rate = soundfile.read(path)
        for ratings, (start, end) in zip(*videos[path.stem], strict=True):
            strongest = int(ratings[1:].argmax()) + 1
            if strongest in levels:
                part = samples[round(max(start, 0) * rate) : round(end * rate)]
                levels[strongest].append(20 * np.log10(part.std()))
    assert np.mean(levels[ANGER]) > np.mean(levels[SAD]) + 3


def test_same_seed_same_bytes_other_seed_other_bytes(root, tmp_path):
    def contents(folder):
        return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}

    synthesize_mosei(tmp_path / "same", videos=5, segments_per_video=8, lengths=SHORT)
    assert contents(tmp_path / "same") == contents(root)
    synthesize_mosei(tmp_path / "other", 1, videos=4, segments_per_video=2, lengths=SHORT)
    videos = [{path.name for path in (f / WAVS).iterdir()} for f in (root, tmp_path / "other")]
    assert videos[0].isdisjoint(videos[1])
