import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.metadata import read_metadata
from menan.datadir.tables import c_sorted, read_table
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.features import waveform
from menan.features.front_end import make_extractor, utterance_features
from menan.front_ends import KaldiFrontEnd
from tests.features.dump.dump_example import (
    THREE_SPEEDS,
    contents,
    dump_features,
    names,
    noise,
    spoil,
)


def test_every_copy_has_the_features_of_its_utterance_at_its_speed(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, THREE_SPEEDS)
    stored = contents(out)
    extractor = make_extractor(THREE_SPEEDS)
    utts = read_metadata(data).utt2spk
    assert list(stored) == c_sorted([*utts, *(f"{u}-sp{s}" for u in utts for s in ("0.9", "1.1"))])
    for utt in utts:
        samples, rate = soundfile.read(tmp_path / "audio" / f"{utt}.wav", dtype="int16")
        samples = samples.astype(np.float32)
        for speed, suffix in ((0.9, "-sp0.9"), (1.0, ""), (1.1, "-sp1.1")):
            wanted = utterance_features(samples, rate, THREE_SPEEDS, extractor, speed)
            np.testing.assert_array_equal(stored[utt + suffix], wanted)
    frames = {key: str(len(matrix)) for key, matrix in stored.items()}
    assert read_table(out / "utt2num_frames") == frames


def test_a_file_is_resampled_to_16_khz_once_for_all_its_copies(data, tmp_path, monkeypatch):
    for number, path in enumerate((tmp_path / "audio").iterdir()):
        soundfile.write(path, noise(8000, number), 8000)
    rates = []
    to_16_khz = waveform.to_16_khz
    monkeypatch.setattr(
        waveform, "to_16_khz", lambda x, rate: rates.append(rate) or to_16_khz(x, rate)
    )
    dump_features(data, tmp_path / "dump", THREE_SPEEDS)
    assert [rate for rate in rates if rate != 16000] == [8000] * 8


def test_copies_keep_their_labels_and_point_to_their_original(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, THREE_SPEEDS)
    there, here = read_metadata(out), read_metadata(data)
    assert len(there.utt2spk) == 3 * len(here.utt2spk)
    for name, original in read_table(out / "utt2uniq").items():
        assert name.split("-sp")[0] == original
        assert there.utt2spk[name] == here.utt2spk[original]
        assert there.utt2emo[name] == here.utt2emo[original]
    assert there.spk2group == here.spk2group
    assert there.spk2gender == here.spk2gender
    assert there.emotions == here.emotions
    assert there.corpus == here.corpus == "data"
    assert read_table(out / "spk2utt")["a"].split() == [u for u in there.utt2spk if u[0] == "a"]


def test_a_dump_has_its_files_and_no_shards(data, tmp_path):
    dump_features(data, tmp_path / "dump", THREE_SPEEDS)
    assert names(tmp_path / "dump") == sorted(
        [
            *(
                "corpus",
                "emotions",
                "feats.1.ark",
                "feats.scp",
                "features.yaml",
                "spk2gender",
                "spk2group",
            ),
            *("spk2utt", "utt2audio", "utt2emo", "utt2num_frames", "utt2spk", "utt2uniq"),
        ]
    )
    stored = yaml.safe_load((tmp_path / "dump" / "features.yaml").read_text())
    assert stored["features"]["speeds"] == [0.9, 1.0, 1.1]
    assert set(stored) == {"features", "version", "code"}


def test_a_complete_dump_is_not_made_again(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, THREE_SPEEDS)
    before = (out / "feats.1.ark").stat().st_mtime_ns
    assert "already complete" in dump_features(data, out, THREE_SPEEDS, nj=3)
    assert (out / "feats.1.ark").stat().st_mtime_ns == before


def test_corrected_labels_reach_a_complete_dump(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, THREE_SPEEDS)
    text = (data / "utt2emo").read_text()
    (data / "utt2emo").write_text(text.replace("ang,sad", "ang"))
    dump_features(data, out, THREE_SPEEDS)
    assert read_metadata(out).utt2emo["c-8-sp0.9"] == ("ang",)


def test_a_dump_of_another_configuration_is_refused(data, tmp_path):
    out = tmp_path / "dump"
    dump_features(data, out, KaldiFrontEnd())
    with pytest.raises(
        InputError,
        match=r"the dump has frame_length_ms 40.0, but 25.0 is wanted; .* --resume false",
    ):
        dump_features(data, out, KaldiFrontEnd(frame_length_ms=25.0))
    (out / "features.yaml").write_text("nonsense")
    with pytest.raises(InputError, match="not a record written by menan-dump"):
        dump_features(data, out, KaldiFrontEnd())


@pytest.mark.parametrize(
    ("lose_in", "complaint"),
    [("dump", "utterance 'a-10' .* missing"), ("data", "utterance 'a-9' is not in the data")],
)
def test_a_dump_of_other_utterances_is_refused(data, tmp_path, lose_in, complaint):
    out = tmp_path / "dump"
    dump_features(data, out, KaldiFrontEnd())
    if lose_in == "dump":
        lines = (out / "feats.scp").read_text().splitlines(keepends=True)
        (out / "feats.scp").write_text("".join(lines[1:]))
    else:
        for name in ("utt2spk", "utt2emo", "wav.scp"):
            lines = (data / name).read_text().splitlines(keepends=True)
            (data / name).write_text("".join(x for x in lines if not x.startswith("a-9")))
    with pytest.raises(InputError, match=f"feats.scp: {complaint}"):
        dump_features(data, out, KaldiFrontEnd())


def test_files_of_an_interrupted_dump_are_removed(data, tmp_path):
    out = tmp_path / "dump"
    out.mkdir()
    for name in ("feats.7.ark", ".menan-123.feats.7.ark", "feats.7.scp", "utt2num_frames.7"):
        (out / name).write_text("stale")
    dump_features(data, out, KaldiFrontEnd())
    assert not any("7" in name for name in names(out))
    assert len(read_table(out / "utt2num_frames")) == 8


def test_segments_are_cut_out_of_their_recording(tmp_path):
    samples = noise(16000, 0)
    soundfile.write(tmp_path / "r.wav", samples, 16000)
    both = {"recording": "r", "path": str(tmp_path / "r.wav"), "duration": 0.5}
    utterances = [
        Utterance("s-1", "s", emotions=("ang",), start=0.25, end=0.75, **both),
        Utterance("s-2", "s", emotions=("sad",), start=0.5, end=1.0, **both),
    ]
    write_datadir(utterances, tmp_path / "data")
    dump_features(tmp_path / "data", tmp_path / "dump", KaldiFrontEnd())
    wanted = make_extractor(KaldiFrontEnd())(samples[4000:12000].astype(np.float32))
    np.testing.assert_array_equal(contents(tmp_path / "dump")["s-1"], wanted)


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("short", r"utterance 'a-10': 600 samples at 16 kHz are too short"),
        ("broken", r"utterance 'a-10': .*a-10.wav: samples contain NaN or Inf"),
        ("gone", r"utterance 'a-10': .*a-10.wav: audio file not found"),
    ],
)
def test_a_bad_utterance_is_named_and_no_dump_remains(data, tmp_path, what, complaint):
    spoil(data, what)
    with pytest.raises(InputError, match=complaint):
        dump_features(data, tmp_path / "dump", KaldiFrontEnd())
    assert not (tmp_path / "dump").exists()


def test_dumping_into_the_data_directory_is_refused(data):
    with pytest.raises(InputError, match="--out is the data directory"):
        dump_features(data, data / ".." / "data", KaldiFrontEnd())


def test_a_copy_whose_name_is_taken_is_refused(data, tmp_path):
    for name in ("utt2spk", "utt2emo", "wav.scp"):
        text = (data / name).read_text()
        (data / name).write_text(text.replace("a-10 ", "a-9-sp0.9 "))
    with pytest.raises(InputError, match=r"'a-9-sp0.9' is already taken"):
        dump_features(data, tmp_path / "dump", THREE_SPEEDS)
