"""Dumps of a pretrained encoder, from the audio to a prediction; long utterances in any dump."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.archive import read_matrix, read_scp, read_vector
from menan.datadir.tables import read_table
from menan.encoder_settings import PooledSettings
from menan.errors import InputError
from menan.features.dump import dump_features as dump_module
from menan.features.dump.dump_features import dump_features
from menan.features.dump.jobs import DumpOptions
from menan.front_ends import KaldiFrontEnd, PretrainedFrontEnd
from menan.inference.emotion_model import load_model
from menan.inference.infer import infer
from menan.settings import EmotionOnlySettings
from tests.features.encoder_example import write_encoder
from tests.training.training_example import train_runs


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("whisper"), "whisper")


@pytest.fixture
def options(data, tmp_path, whisper):
    table = (data / "utt2emo").read_text().replace("ang,sad", "neu")
    (data / "utt2emo").write_text(table)
    features = PretrainedFrontEnd(pretrained=str(whisper), speeds=(1.0, 1.1))
    return DumpOptions(data, tmp_path / "dump", features)


def matrices(dump: Path) -> dict[str, np.ndarray]:
    return {utt: read_matrix(place, utt) for utt, place in read_scp(dump / "feats.scp").items()}


def test_shards_and_interruptions_do_not_change_the_features(options, tmp_path, monkeypatch):
    dump_features(options)
    whole = matrices(options.out)
    assert len(whole) == 16
    assert {matrix.shape for matrix in whole.values()} == {(3, 32)}
    parts = replace(options, out=tmp_path / "parts", nj=3)
    write = dump_module.write_shard

    def second_fails(options, shard, total, holder):
        if shard.number == 2:
            raise KeyboardInterrupt
        write(options, shard, total, holder)

    monkeypatch.setattr(dump_module, "write_shard", second_fails)
    monkeypatch.setattr(dump_module, "_launch", None)
    parts = replace(parts, launcher=())
    with pytest.raises(KeyboardInterrupt):
        dump_features(parts)
    monkeypatch.setattr(dump_module, "write_shard", write)
    dump_features(parts)
    again = matrices(parts.out)
    assert whole.keys() == again.keys()
    assert all(np.array_equal(whole[utt], again[utt]) for utt in whole)


def test_a_dump_goes_on_with_the_same_encoder_elsewhere_and_not_with_another(
    options, whisper, tmp_path
):
    dump_features(options)
    moved = shutil.copytree(whisper, tmp_path / "moved")
    elsewhere = replace(options, features=options.features.located(str(moved)))
    assert "already complete" in dump_features(elsewhere)
    other = write_encoder(tmp_path / "other", "hubert")
    with pytest.raises(InputError, match=r"the dump has digest .*; use another --out"):
        dump_features(replace(options, features=options.features.located(str(other))))


def test_a_model_predicts_from_audio_wherever_the_encoder_lies(options, whisper, tmp_path):
    dump_features(options)
    feats = options.out / "feats.scp"
    model = ModelConfig(PooledSettings(size=4), hidden=())
    runs = RunsConfig(objective=(EmotionOnlySettings(),))
    (run,) = train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=1), runs, model=model)
    path = tmp_path / "exp" / run.name / "all.last.safetensors"
    (out,) = infer(path, feats, tmp_path / "out")
    utt, entry = next(iter(read_table(options.data / "wav.scp").items()))
    wanted = read_scp(out / "posteriors.scp")[utt]
    hidden = tmp_path / "hidden"
    whisper.rename(hidden)
    try:
        with pytest.raises(InputError, match="no such folder"):
            load_model(path)
        posterior = load_model(path, pretrained=str(hidden)).predict(entry).posteriors
    finally:
        hidden.rename(whisper)
    np.testing.assert_allclose(list(posterior.values()), read_vector(wanted, utt), atol=1e-5)


@pytest.mark.parametrize("seconds", [0.4, 30.0])
def test_cropped_utterances_are_listed_and_the_first_is_named(options, capsys, seconds):
    features = KaldiFrontEnd(seconds=seconds)
    dump_features(replace(options, features=features))
    said = capsys.readouterr().err
    listed = options.out / "long"
    if seconds == 30.0:
        assert not listed.exists()
        assert "long" not in said
        return
    long = read_table(listed)
    seconds_of = read_table(options.data / "utt2dur")
    assert set(long) == {utt for utt, text in seconds_of.items() if float(text) > 0.4}
    assert next(iter(long.values())).endswith("of which the middle 0.4 s are used")
    assert f"warning: {listed}: {len(long)} utterances are long; the first: " in said


def test_pieces_are_counted_after_cropping(whisper):
    features = PretrainedFrontEnd(pretrained=str(whisper), seconds=70, longest=30)
    assert features.remark_on_length(65) == "65.00 s in 3 pieces"
    assert (
        features.remark_on_length(95)
        == "95.00 s, of which the middle 70 s are used; 70.00 s in 3 pieces"
    )
    assert features.remark_on_length(30) == ""
