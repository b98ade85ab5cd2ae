"""Waveforms before feature extraction: resampling to 16 kHz, speed change, centre crop."""

import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
import torchaudio.transforms

from menan.device import one_thread

SAMPLE_RATE = 16000

# The settings for resampy's "kaiser_best", from torchaudio's documentation. From 48 kHz, 7 kHz pass
# at 0.0 dB (with the defaults -1.8 dB), and frequencies over 8.1 kHz, where the last mel bins lie,
# are attenuated by at least 101 dB (7 dB). The cost is at most 20 ms for 14 s of audio.
_KAISER_BEST = {
    "resampling_method": "sinc_interp_kaiser",
    "lowpass_filter_width": 64,
    "rolloff": 0.9475937167399596,
    "beta": 14.769656459379492,
}
# The resampling kernel grows with the terms of the ratio. Within this bound all usual rates are
# exact; other rates, and odd speeds, are at most 0.05 % off: a tenth of a step of the pitch grid.
_LARGEST_DENOMINATOR = 1000
# PyTorch plans a convolution for each new length of its input, which takes longer than the
# convolution itself. Lengths are rounded up to a multiple of this, so that only a few occur.
_LENGTH_STEP = 8000
# PyTorch computes this many channels in the time of one.
_LANES = 16


def to_16_khz(samples: np.ndarray, rate: int) -> np.ndarray:
    """Resample samples (n,) from ``rate`` in Hz to 16 kHz; same scale, whole numbers."""
    return _resample(samples, Fraction(SAMPLE_RATE, rate))


def speed_copy(samples: np.ndarray, speed: float) -> np.ndarray:
    """Samples (n,) played ``speed`` times as fast: n / speed samples, with the pitch changed too.

    This is the effect ``speed`` of sox, used by Kaldi's perturb_data_dir_speed.sh (paper
    section 5.1).

    >>> speed_copy(np.zeros(900, np.float32), 0.9).shape
    (1000,)
    """
    return _resample(samples, 1 / Fraction(str(speed)))


def centre_crop(samples: np.ndarray, seconds: float) -> np.ndarray:
    """The middle ``seconds`` of 16 kHz samples (n,); shorter inputs are returned unchanged.

    >>> centre_crop(np.arange(48000), 1.0)[[0, -1]].tolist()
    [16000, 31999]
    """
    length = round(seconds * SAMPLE_RATE)
    start = max(0, (len(samples) - length) // 2)
    return samples[start : start + length]


@one_thread()
def _resample(samples: np.ndarray, ratio: Fraction) -> np.ndarray:
    """Resample to ``ratio`` times as many samples, rounded up; values are rounded to integers.

    Rounding keeps the noise floor of the originals, which are 16-bit recordings. Without it the
    band that the filter empties would lie far below any recording (14 nats in the last mel bin at
    speed 0.8), and a model could tell copies from originals by this alone.
    """
    ratio = ratio.limit_denominator(_LARGEST_DENOMINATOR)
    if ratio == 1:
        return samples
    kernel, before, stride = _filters(ratio)
    steps = math.ceil(len(samples) / _LENGTH_STEP)
    padded = torch.zeros(1, 1, before + steps * _LENGTH_STEP + kernel.shape[-1])
    padded[0, 0, before : before + len(samples)] = torch.from_numpy(samples)
    resampled = torch.nn.functional.conv1d(padded, kernel, stride=stride)[0].T.flatten()
    return resampled[: math.ceil(len(samples) * ratio)].round().numpy()


@lru_cache(maxsize=16)
def _filters(ratio: Fraction) -> tuple[torch.Tensor, int, int]:
    """The convolution that resamples: one channel for each of several successive output samples.

    The filters are torchaudio's, one for each of ``ratio.numerator`` output samples. If these are
    few, they are repeated, each time shifted by ``ratio.denominator`` input samples.

    Returns:
        Filters (channels, 1, taps), the number of taps before the first output sample, and the
        stride.
    """
    resampler = torchaudio.transforms.Resample(
        ratio.denominator, ratio.numerator, dtype=torch.float32, **_KAISER_BEST
    )
    shifts = range(0, ratio.denominator * max(1, _LANES // ratio.numerator), ratio.denominator)
    filters = [
        torch.nn.functional.pad(resampler.kernel, (shift, shifts[-1] - shift)) for shift in shifts
    ]
    return torch.cat(filters), resampler.width, shifts.stop
