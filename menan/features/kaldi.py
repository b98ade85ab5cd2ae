"""The paper's front-end: log-mel energies, NCCF, f0 in Hz and log energy per frame (section 5).

All of them agree with Kaldi's binaries: log-mel and energy with ``compute-fbank-feats
--use-energy=true --dither=0``, NCCF and f0 with ``compute-kaldi-pitch-feats``.
"""

import kaldi_native_fbank as knf
import numpy as np
import torch
import torchaudio.compliance.kaldi

from menan.device import one_thread
from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE
from menan.front_ends import KaldiFrontEnd

# Kaldi's --pov-scale, and the constants of its NccfToPovFeature (feat/pitch-functions.cc).
_POV_SCALE = 2.0
_POV_BIAS, _POV_EXPONENT = 1.0001, 0.15


class KaldiExtractor:
    """Features of 16 kHz samples, edges snipped, without dither.

    On the CPU they repeat to the bit, whatever the number of threads.

    device: computes log-mel and energy; the pitch tracker only runs on the CPU.
    """

    def __init__(self, settings: KaldiFrontEnd, device: str = "cpu"):
        self.settings = settings
        self.device = device

    @one_thread()
    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Log-mel, NCCF and f0 in Hz if ``pitch``, and log energy, float32 (frames, settings.dims).

        Args:
            samples: float32 (n,) on the scale of 16-bit integers.

        Raises:
            InputError: fewer samples than one frame has.
        """
        needed = int(SAMPLE_RATE * self.settings.frame_length_ms * 0.001)
        if len(samples) < needed:
            raise InputError(
                f"{len(samples)} samples at 16 kHz are too short for one frame, which takes "
                f"{needed}; remove the utterance from the data"
            )
        energy_and_mel = self._fbank(samples)
        columns = [energy_and_mel[:, 1:], energy_and_mel[:, :1]]
        if self.settings.pitch:
            # The tracker works at 4 kHz and rounds the length up: there may be one frame more.
            columns.insert(1, self._pitch(samples)[: len(energy_and_mel)])
        return np.concatenate(columns, axis=1)

    def _fbank(self, samples: np.ndarray) -> np.ndarray:
        """Log energy and log-mel, (frames, 1 + num_mel_bins)."""
        features = torchaudio.compliance.kaldi.fbank(
            torch.from_numpy(samples).to(self.device)[None],
            sample_frequency=SAMPLE_RATE,
            frame_length=self.settings.frame_length_ms,
            frame_shift=self.settings.frame_shift_ms,
            num_mel_bins=self.settings.num_mel_bins,
            use_energy=True,
            energy_floor=0.0,
            dither=0.0,
        )
        return features.cpu().numpy()

    def _pitch(self, samples: np.ndarray) -> np.ndarray:
        """Kaldi's raw NCCF and f0 in Hz, (frames, 2); f0 lies in 50 to 400 Hz in every frame.

        The library returns processed features only, so both are computed back from those. An NCCF
        above 1 (interpolation makes Kaldi's reach 1.003 on tones) becomes 1: processing clips it.
        """
        processed = knf.compute_and_process_kaldi_pitch(
            knf.PitchExtractionOptions(
                samp_freq=SAMPLE_RATE,
                frame_length_ms=self.settings.frame_length_ms,
                frame_shift_ms=self.settings.frame_shift_ms,
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
