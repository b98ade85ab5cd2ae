from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from menan.errors import InputError
from menan.features.front_end import utterance_features
from menan.features.kaldi import KaldiExtractor
from menan.front_ends import KaldiFrontEnd

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "kaldi_reference"
SPEECH = ("espeak_de", "espeak_high", "real_ravdess_f02_sad")
ODD_LENGTHS = ("len_00640", "len_00641", "len_00799", "len_00800", "len_01277")
NOISES = ("synth_noise", "synth_silence", "synth_clipped")
LAG_STEP = 1.005
LENGTHS = range(4800, 8000, 400)

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"Kaldi's reference output is not at {REFERENCE}"
)


def reference(stem, length_ms):
    fbank = np.load(REFERENCE / f"fbank40_{length_ms}ms_snip_16000.npz")[stem]
    pitch = np.load(REFERENCE / f"pitch_{length_ms}ms_snip_16000.npz")[stem]
    samples, rate = soundfile.read(REFERENCE / "wav" / f"{stem}.wav", dtype="int16")
    assert rate == 16000
    return samples.astype(np.float32), fbank, pitch


@needs_reference
@pytest.mark.parametrize("length_ms", [40, 25])
@pytest.mark.parametrize("stem", SPEECH + ODD_LENGTHS + NOISES)
def test_features_agree_with_kaldi(stem, length_ms):
    samples, fbank, pitch = reference(stem, length_ms)
    features = KaldiExtractor(KaldiFrontEnd(frame_length_ms=length_ms))(samples)
    assert features.dtype == np.float32
    assert features.shape == (len(fbank), 43)
    pitch = pitch[: len(fbank)]
    np.testing.assert_allclose(features[:, :40], fbank[:, 1:], atol=5e-3, rtol=0)
    np.testing.assert_allclose(features[:, 42], fbank[:, 0], atol=5e-3, rtol=0)
    steps = np.log(features[:, 41] / pitch[:, 1]) / np.log(LAG_STEP)
    assert np.abs(steps).max() < 1.5
    same = np.abs(steps) < 0.5
    assert (~same).mean() <= 1e-3
    # The NCCF of Kaldi's tracker slightly exceeds 1 on strongly periodic frames; ours is clipped.
    np.testing.assert_allclose(features[same, 40], pitch[same, 0].clip(-1, 1), atol=1e-5, rtol=0)


def features_of(samples, settings, speed=1.0):
    return utterance_features(samples, 16000, settings, KaldiExtractor(settings), speed)


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(0, 1000, samples).astype(np.float32)


@pytest.mark.parametrize("length", [640, 641, 796, 797, 799, 800, 801, 1277, 1278, 1279, 1280])
def test_the_number_of_frames_is_that_of_kaldi_with_snipped_edges(length):
    assert len(KaldiExtractor(KaldiFrontEnd())(noise(length))) == 1 + (length - 640) // 160


def test_fourteen_seconds_are_1397_frames():
    config = KaldiFrontEnd()
    assert (
        KaldiExtractor(config)(noise(14 * 16000)).shape == (config.rows, config.dims) == (1397, 43)
    )


@pytest.mark.parametrize("length", [0, 1, 639])
def test_clips_under_one_frame_are_refused(length):
    with pytest.raises(InputError, match=f"{length} samples at 16 kHz are too short"):
        KaldiExtractor(KaldiFrontEnd())(noise(length))


def test_pitch_of_a_tone_is_its_frequency_in_hz():
    time = np.arange(16000) / 16000
    tone = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 8))
    features = KaldiExtractor(KaldiFrontEnd())((tone * 5000).astype(np.float32))
    assert np.median(features[:, 41]) == pytest.approx(150, rel=0.005)
    assert np.median(features[:, 40]) > 0.99


def test_frame_shift_and_number_of_mel_bins_are_applied():
    config = KaldiFrontEnd(frame_shift_ms=12.5, num_mel_bins=23)
    assert KaldiExtractor(config)(noise(16000)).shape == (1 + (16000 - 640) // 200, 26)


def test_without_pitch_the_other_columns_stay():
    samples = noise(4000)
    whole = KaldiExtractor(KaldiFrontEnd())(samples)
    without = KaldiExtractor(KaldiFrontEnd(pitch=False))(samples)
    assert (without == np.delete(whole, [40, 41], axis=1)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_samples_are_refused(value):
    samples = noise(16000)
    samples[8000] = value
    with pytest.raises(InputError, match="not finite"):
        features_of(samples, KaldiFrontEnd())


def test_extraction_does_not_change_its_input():
    samples = noise(16000)
    before = samples.copy()
    KaldiExtractor(KaldiFrontEnd())(samples)
    np.testing.assert_array_equal(samples, before)


def test_features_repeat_to_the_bit_with_any_number_of_threads():
    given = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            results.append([features_of(noise(n), KaldiFrontEnd(), 0.9) for n in LENGTHS])
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(given)
    for one, *others in zip(*results, strict=True):
        for other in others:
            np.testing.assert_array_equal(one, other)


def test_speed_comes_before_the_crop():
    config = KaldiFrontEnd(seconds=1.0)
    # 1.1 s are cropped; 1.2 times as fast they are 0.917 s, and nothing is lost.
    frames = len(features_of(noise(17600), config, speed=1.2))
    assert frames == 1 + (14667 - 640) // 160 < config.rows
    assert len(features_of(noise(17600), config)) == config.rows


def test_the_middle_of_a_long_utterance_is_kept():
    samples = noise(3 * 16000)
    np.testing.assert_array_equal(
        features_of(samples, KaldiFrontEnd(seconds=1.0)),
        KaldiExtractor(KaldiFrontEnd())(samples[16000:32000]),
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_gpu_agrees_with_cpu():
    samples = noise(32000)
    config = KaldiFrontEnd()
    np.testing.assert_allclose(
        KaldiExtractor(config, "cuda")(samples), KaldiExtractor(config)(samples), atol=5e-3, rtol=0
    )
