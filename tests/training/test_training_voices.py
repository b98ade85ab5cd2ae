"""Voices, and what encoders prepare from them."""

import numpy as np
import torch

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.dump_directory import open_dump
from menan.datadir.tables import write_table
from menan.encoder_settings import PooledSettings
from menan.features.store import FrameStore, load_frames
from menan.model.encoders import make_encoder
from menan.model.model_file import load_model
from menan.training.plan import UtteranceSet, utterance_set
from menan.training.training_voices import TrainingVoices
from tests.training.training_example import objectives, train_runs

ROWS, DIMS, UTTS = 3, 6, 300


def test_means_of_voices_are_those_beside_their_emotions():
    """Voices say emotions unequally often; what is left of each is its own shift."""
    rng = np.random.default_rng(0)
    voice, emotion = rng.integers(4, size=UTTS), rng.integers(3, size=UTTS)
    emotion[voice == 0] = rng.integers(2, size=(voice == 0).sum())
    shift, tone = rng.normal(size=(4, ROWS, DIMS)), rng.normal(size=(3, ROWS, DIMS))
    x = shift[voice] + tone[emotion]
    frames = torch.from_numpy(x).float().flatten(0, 1)
    first = ROWS * torch.arange(UTTS)
    utts = tuple(f"u{n:03d}" for n in range(UTTS))
    store = FrameStore(utts, frames, first, torch.full((UTTS,), ROWS))
    numbers = torch.from_numpy(voice)
    train = UtteranceSet(
        store, torch.arange(UTTS), torch.from_numpy(emotion), numbers, tuple("abcd"), numbers
    )
    encoder = make_encoder(PooledSettings(size=5, erase=3), ROWS, DIMS)
    encoder.mean.fill_(0.5)
    found = TrainingVoices(train, encoder, ROWS, 3).means()
    of_emotion = np.stack([x[emotion == one].mean(axis=0) for one in range(3)])
    for number in range(4):
        own = voice == number
        wanted = (x[own] - of_emotion[emotion[own]]).mean(axis=0)
        np.testing.assert_allclose(found[number], wanted, atol=1e-5)
    # Unknown speakers, -1, are no voice.
    unknown = torch.cat([numbers, torch.full((UTTS,), -1)])
    both = torch.arange(UTTS).repeat(2)
    more = UtteranceSet(
        store, both, torch.zeros(2 * UTTS, dtype=torch.int64), unknown, tuple("abcd"), unknown
    )
    more.emotions[:UTTS] = train.emotions
    torch.testing.assert_close(TrainingVoices(more, encoder, ROWS, 3).means(), found)


def test_the_covariance_is_that_of_what_voices_say_within_their_emotions():
    rng = np.random.default_rng(0)
    voice, emotion = rng.integers(4, size=UTTS), rng.integers(3, size=UTTS)
    within = rng.normal(size=(UTTS, ROWS, DIMS)) * np.arange(1, DIMS + 1)
    x = within + 10 * rng.normal(size=(4, 3, 1, DIMS))[voice, emotion]
    cell = 3 * voice + emotion
    rest = x.sum(axis=1) - np.stack([x[cell == c].sum(axis=1).mean(axis=0) for c in cell])
    store = FrameStore(
        tuple(f"u{n:03d}" for n in range(UTTS)),
        torch.from_numpy(x).float().flatten(0, 1),
        ROWS * torch.arange(UTTS),
        torch.full((UTTS,), ROWS),
    )
    numbers = torch.from_numpy(voice)
    train = UtteranceSet(
        store, torch.arange(UTTS), torch.from_numpy(emotion), numbers, tuple("abcd"), numbers
    )
    encoder = make_encoder(PooledSettings(size=5), ROWS, DIMS)
    mean, covariance = TrainingVoices(train, encoder, ROWS, 3).within(lambda one: one.sum(dim=1))
    np.testing.assert_allclose(mean, x.sum(axis=1).mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(covariance, rest.T @ rest / UTTS, rtol=1e-4, atol=1e-3)


def test_a_speaker_at_a_speed_is_a_voice(make_dump):
    feats = make_dump(speakers=3, speeds=(1.0, 0.9, 1.1))
    dump = open_dump(feats)
    utts = list(dump.scp)
    train = utterance_set(load_frames(dump, utts, "cpu"), dump, utts)
    by_voice = {}
    for utt, voice in zip(train.utts, train.voices.tolist(), strict=True):
        speed = utt.rpartition("-sp")[2] if "-sp" in utt else "1"
        by_voice.setdefault(voice, set()).add((dump.metadata.utt2spk[utt], speed))
    assert len(by_voice) == 9
    assert all(len(names) == 1 for names in by_voice.values())


def test_a_trained_model_has_erased_the_voices_of_its_training_speakers_only(tmp_path):
    """From the dump of another toolkit to the model file: two rows for each utterance."""
    rng = np.random.default_rng(0)
    voices = 3 * rng.normal(size=(6, 2, 12))
    data, vectors = tmp_path / "data", {}
    for speaker in range(6):
        for n in range(8):
            vectors[f"s{speaker}-{n}"] = voices[speaker] + rng.normal(size=(2, 12))
    with ArchiveWriter(data, "feats") as archive:
        for utt in sorted(vectors):
            archive.write(utt, vectors[utt].astype(np.float32))
    write_table(data / "utt2spk", {utt: utt[:2] for utt in vectors})
    write_table(data / "utt2emo", {utt: "ab"[int(utt[-1]) % 2] for utt in vectors})
    model = ModelConfig(PooledSettings(size=5, erase=64), hidden=())
    runs = RunsConfig(objective=objectives("ec"), hold_out=("g01",))
    training = TrainingConfig(epochs=2, batch_size=16)
    train_runs(data / "feats.scp", tmp_path / "exp", training, runs, model=model)
    (path, *_) = sorted((tmp_path / "exp").glob("ec_seed0/g01/*.last.safetensors"))
    network, card = load_model(path)
    assert card.speakers == ("s2", "s3", "s4", "s5")
    features = {utt: torch.from_numpy(vectors[utt][None]).float() for utt in vectors}
    left = {
        speaker: torch.stack(
            [network.encoder.normalised(features[f"s{speaker}-{n}"])[0] for n in range(8)]
        ).mean(dim=0)
        for speaker in range(6)
    }
    known = torch.stack([left[speaker] for speaker in range(2, 6)])
    assert (known - known.mean(dim=0)).abs().max() < 1e-3
    assert (left[0] - left[1]).abs().max() > 0.3
