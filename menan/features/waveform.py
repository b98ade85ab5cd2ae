"""Waveforms before features: to 16 kHz, at another speed, cut to the middle."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
import torchaudio.transforms

SAMPLE_RATE = 16000

# The settings that torchaudio's documentation gives for resampy's "kaiser_best". From 48 kHz, 7 kHz
# pass whole (0.0 dB; with the defaults -1.8 dB) and what lies over 8.1 kHz is at least 101 dB down
# (7 dB), where the last mel bins look. 14 s of audio take 20 ms more at most.
_KAISER_BEST = {
    "resampling_method": "sinc_interp_kaiser",
    "lowpass_filter_width": 64,
    "rolloff": 0.9475937167399596,
    "beta": 14.769656459379492,
}
# The resampling kernel grows with the terms of the ratio. All rates in use are exact within this
# bound; others, and odd speeds, are at most 0.05 % off: a tenth of a step of the pitch grid.
_LARGEST_DENOMINATOR = 1000
# PyTorch plans a convolution anew for each length of its input, and that takes longer than the
# convolution. Of lengths in these steps there are few.
_LENGTH_STEP = 8000
# It computes this many channels in the time of one.
_LANES = 16


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread of PyTorch's within: their number changes sums in the last bit, and so features.

    For decorating the functions whose results are to repeat to the bit.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def to_16_khz(samples: np.ndarray, rate: int) -> np.ndarray:
    """Samples (n,) of any rate in Hz at 16 kHz, on the scale they had, as whole numbers."""
    return _resample(samples, Fraction(SAMPLE_RATE, rate))


def speed_copy(samples: np.ndarray, speed: float) -> np.ndarray:
    """Samples (n,) played ``speed`` times as fast: n / speed of them, the pitch moves along.

    The effect ``speed`` of sox, and so of Kaldi's perturb_data_dir_speed.sh (paper section 5.1).

    >>> speed_copy(np.zeros(900, np.float32), 0.9).shape
    (1000,)
    """
    return _resample(samples, 1 / Fraction(str(speed)))


def centre_crop(samples: np.ndarray, seconds: float) -> np.ndarray:
    """The middle ``seconds`` of 16 kHz samples (n,); shorter ones as they are.

    >>> centre_crop(np.arange(48000), 1.0)[[0, -1]].tolist()
    [16000, 31999]
    """
    length = round(seconds * SAMPLE_RATE)
    start = max(0, (len(samples) - length) // 2)
    return samples[start : start + length]


@one_thread()
def _resample(samples: np.ndarray, ratio: Fraction) -> np.ndarray:
    """``ratio`` times as many samples, rounded up, as a 16-bit file would hold them.

    Rounding keeps the noise floor of the originals, which are 16-bit recordings: the band that
    the filter empties would otherwise lie far below anything recorded (14 nats in the last mel
    bin at speed 0.8), and tell a copy from an original by that alone.
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
    """The convolution that resamples: a channel for each of some successive output samples.

    They are torchaudio's filters, one for each of ``ratio.numerator`` output samples; where these
    are few, they stand there several times, each ``ratio.denominator`` input samples further on.

    Returns:
        Filters (channels, 1, taps), the taps before the first output sample, and the stride.
    """
    resampler = torchaudio.transforms.Resample(
        ratio.denominator, ratio.numerator, dtype=torch.float32, **_KAISER_BEST
    )
    shifts = range(0, ratio.denominator * max(1, _LANES // ratio.numerator), ratio.denominator)
    filters = [
        torch.nn.functional.pad(resampler.kernel, (shift, shifts[-1] - shift)) for shift in shifts
    ]
    return torch.cat(filters), resampler.width, shifts.stop
