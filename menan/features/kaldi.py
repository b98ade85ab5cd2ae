"""The paper's 43 numbers a frame: 40 log-mel energies, NCCF, f0 in Hz, log energy (section 5).

All of them agree with Kaldi's binaries: log-mel and energy with ``compute-fbank-feats
--use-energy=true --dither=0``, NCCF and f0 with ``compute-kaldi-pitch-feats``.
"""

import kaldi_native_fbank as knf
import numpy as np
import torch
import torchaudio.compliance.kaldi

from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE, centre_crop, one_thread, speed_copy, to_16_khz
from menan.front_ends import KaldiFrontEnd

# Kaldi's --pov-scale, and the constants of its NccfToPovFeature (feat/pitch-functions.cc).
_POV_SCALE = 2.0
_POV_BIAS, _POV_EXPONENT = 1.0001, 0.15


def utterance_features(
    samples: np.ndarray,
    rate: int,
    config: KaldiFrontEnd,
    speed: float = 1.0,
    device: str = "cpu",
) -> np.ndarray:
    """Features of an utterance as it was recorded: 16 kHz, then speed, then crop, then frames.

    Args:
        samples: float32 (n,) on the scale of 16-bit integers.
        rate: of the samples, in Hz.
        config, device: as in :func:`extract`.
        speed: how many times as fast it is to be spoken.

    Returns:
        float32 (frames, config.dims), at most config.rows of them.

    Raises:
        InputError: see :func:`extract`.
    """
    samples = speed_copy(to_16_khz(samples, rate), speed)
    return extract(centre_crop(samples, config.seconds), config, device)


@one_thread()
def extract(samples: np.ndarray, config: KaldiFrontEnd, device: str = "cpu") -> np.ndarray:
    """Features of 16 kHz samples, edges snipped, without dither.

    On the CPU they repeat to the bit, whatever the number of threads.

    Args:
        samples: float32 (n,) on the scale of 16-bit integers.
        config: frame length and shift, mel bins.
        device: where log-mel and energy are computed; the pitch tracker knows the CPU only.

    Returns:
        float32 (frames, config.dims): log-mel, NCCF, f0 in Hz, log energy.

    Raises:
        InputError: fewer samples than one frame, or features that are not finite.
    """
    if len(samples) < (needed := int(SAMPLE_RATE * config.frame_length_ms * 0.001)):
        raise InputError(
            f"{len(samples)} samples at 16 kHz are too short for one frame, which takes {needed}; "
            "remove the utterance from the data"
        )
    energy_and_mel = _fbank(samples, config, device)
    # The pitch tracker's own rate of 4 kHz rounds the length up: it may see one frame more.
    pitch = _pitch(samples, config)[: len(energy_and_mel)]
    features = np.concatenate([energy_and_mel[:, 1:], pitch, energy_and_mel[:, :1]], axis=1)
    if not np.isfinite(features).all():
        raise InputError("its features are not finite; look for broken samples in the audio")
    return features


def _fbank(samples: np.ndarray, config: KaldiFrontEnd, device: str) -> np.ndarray:
    """Log energy and log-mel, (frames, 1 + num_mel_bins)."""
    features = torchaudio.compliance.kaldi.fbank(
        torch.from_numpy(samples).to(device)[None],
        sample_frequency=SAMPLE_RATE,
        frame_length=config.frame_length_ms,
        frame_shift=config.frame_shift_ms,
        num_mel_bins=config.num_mel_bins,
        use_energy=True,
        energy_floor=0.0,
        dither=0.0,
    )
    return features.cpu().numpy()


def _pitch(samples: np.ndarray, config: KaldiFrontEnd) -> np.ndarray:
    """Kaldi's raw pair, NCCF and f0 in Hz, (frames, 2); f0 is never "unvoiced", 50 to 400 Hz.

    The library gives processed features only, so both are computed back from those. An NCCF above
    1 (interpolation makes Kaldi's reach 1.003 on tones) comes out as 1: processing clips it.
    """
    processed = knf.compute_and_process_kaldi_pitch(
        knf.PitchExtractionOptions(
            samp_freq=SAMPLE_RATE,
            frame_length_ms=config.frame_length_ms,
            frame_shift_ms=config.frame_shift_ms,
        ),
        knf.ProcessPitchOptions(
            pov_scale=_POV_SCALE,
            add_pov_feature=True,
            add_raw_log_pitch=True,
            add_normalized_log_pitch=False,
            add_delta_pitch=False,
        ),
        samples,
    ).astype(np.float64)
    nccf = _POV_BIAS - (processed[:, 0] / _POV_SCALE + 1) ** (1 / _POV_EXPONENT)
    return np.stack([nccf, np.exp(processed[:, 1])], axis=1).astype(np.float32)
