from fractions import Fraction

import numpy as np
import pytest
import torch
import torchaudio.functional

from menan.features.waveform import _KAISER_BEST, centre_crop, speed_copy, to_16_khz


def tone(hz, rate, seconds=1.0):
    time = np.arange(round(rate * seconds)) / rate
    return (10000 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def loudest_hz(samples, rate=16000):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


def level(samples):
    inner = samples[500:-500].astype(np.float64)
    return 10 * np.log10(np.mean(inner**2) / (10000**2 / 2))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000])
def test_any_rate_becomes_16_khz_with_the_same_duration_pitch_and_level(rate):
    resampled = to_16_khz(tone(1000, rate), rate)
    assert resampled.dtype == np.float32
    assert len(resampled) == pytest.approx(16000, abs=1)
    assert loudest_hz(resampled) == pytest.approx(1000, abs=1.5)
    assert level(resampled) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("rate", [15999, 16001, 44056])
def test_unusual_rates_are_exact_to_a_twentieth_of_a_percent(rate):
    resampled = to_16_khz(tone(1000, rate), rate)
    assert len(resampled) == pytest.approx(16000, rel=6e-4)
    assert loudest_hz(resampled) == pytest.approx(1000, abs=1.5)


def test_16_khz_is_returned_unchanged():
    samples = np.array([0.5, -3.25], np.float32)
    np.testing.assert_array_equal(to_16_khz(samples, 16000), samples)
    np.testing.assert_array_equal(speed_copy(samples, 1.0), samples)


def test_the_speech_band_is_kept_and_nothing_aliases_into_it():
    assert level(to_16_khz(tone(7000, 48000), 48000)) == pytest.approx(0, abs=0.1)
    assert np.abs(to_16_khz(tone(8500, 48000), 48000)[500:-500]).max() <= 1


@pytest.mark.parametrize("speed", [0.8, 0.9, 1.1, 1.2, 0.85])
def test_speed_changes_duration_and_pitch_together(speed):
    copy = speed_copy(tone(1000, 16000), speed)
    assert len(copy) == pytest.approx(16000 / speed, abs=1)
    assert loudest_hz(copy) == pytest.approx(1000 * speed, abs=1.5)
    assert level(copy) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("length", [640, 7999, 8001, 48000])
@pytest.mark.parametrize("ratio", ["4/5", "9/10", "11/10", "6/5", "1/2", "3", "441/160"])
def test_samples_equal_those_of_torchaudio(ratio, length):
    """Except for values close to a half, which may be rounded either way."""
    samples = np.random.default_rng(0).normal(0, 3000, length).round().astype(np.float32)
    before, after = Fraction(ratio).as_integer_ratio()
    wanted = torchaudio.functional.resample(
        torch.from_numpy(samples), before, after, **_KAISER_BEST
    )
    rate = Fraction(ratio) * 16000
    for found in (to_16_khz(samples, int(rate)), speed_copy(samples, before / after)):
        assert found.shape == wanted.shape
        assert np.abs(found - wanted.numpy()).max() < 0.6
        assert (found != wanted.numpy().round()).mean() < 0.01


def test_copies_have_the_noise_floor_of_a_16_bit_recording():
    samples = np.random.default_rng(0).normal(0, 300, 16000).round().astype(np.float32)
    copy = speed_copy(samples, 0.8)
    np.testing.assert_array_equal(copy, copy.round())
    # 0.8 empties the band above 6.4 kHz; rounding fills it with a variance of 1/12.
    window = np.hanning(len(copy))
    power = np.abs(np.fft.rfft(copy * window)) ** 2 / np.sum(window**2)
    empty = power[int(0.95 * len(power)) :].mean()
    assert empty == pytest.approx(1 / 12, rel=0.2)


@pytest.mark.parametrize(("length", "first", "last"), [(5, 0, 4), (16000, 0, 15999)])
def test_short_clips_are_not_cropped(length, first, last):
    cropped = centre_crop(np.arange(length), 1.0)
    assert (cropped[0], cropped[-1]) == (first, last)


@pytest.mark.parametrize("length", [16001, 16002, 50001])
def test_crop_is_the_exact_length_from_the_middle(length):
    cropped = centre_crop(np.arange(length), 1.0)
    assert len(cropped) == 16000
    before, after = cropped[0], length - 1 - cropped[-1]
    assert after - before in (0, 1)
