"""Log-mel and log energy of the paper's front-end as a PyTorch module, for ONNX.

The pitch tracker is a search through the whole utterance (Viterbi) and has no such form: the
front-end must do without (``pitch: false``).
"""

import math

import numpy as np
import torch
import torchaudio.compliance.kaldi
from torch import Tensor, nn

from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE
from menan.front_ends import KaldiFrontEnd

# Kaldi's defaults (feat/feature-window.h, feat/mel-computations.h).
_PREEMPHASIS = 0.97  # --preemphasis-coefficient
_POVEY = 0.85  # exponent of the Hann window, --window-type=povey
_LOWEST_HZ = 20.0  # --low-freq
_FULL_SCALE = 32768.0  # features are those of 16-bit integers


class KaldiModule(nn.Module):
    """The features that :class:`menan.features.kaldi.KaldiExtractor` makes, for a model's input.

    Args:
        settings: without pitch.
        is_repeated: whether frames are repeated cyclically to ``settings.rows``; otherwise only the
            last one is.

    Raises:
        InputError: with pitch.
    """

    spectrum: Tensor
    mel: Tensor

    def __init__(self, settings: KaldiFrontEnd, is_repeated: bool):
        if settings.pitch:
            raise InputError(
                "its features contain pitch, which cannot be computed in ONNX; train a model "
                "without, by 'pitch: false' in the features of its configuration"
            )
        super().__init__()
        self.is_repeated = is_repeated
        self.rows = settings.rows
        self.longest = round(settings.seconds * SAMPLE_RATE)
        self.window = int(SAMPLE_RATE * settings.frame_length_ms * 0.001)
        self.shift = int(SAMPLE_RATE * settings.frame_shift_ms * 0.001)
        self.register_buffer("spectrum", _spectrum(self.window))
        padded = 2 ** math.ceil(math.log2(self.window))
        mel, _ = torchaudio.compliance.kaldi.get_mel_banks(
            settings.num_mel_bins, padded, SAMPLE_RATE, _LOWEST_HZ, 0.0, 100.0, -500.0, 1.0
        )
        self.register_buffer("mel", mel.T.contiguous())

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """Features (batch, rows, dims), and the frames that the samples have, int64 (batch,).

        Args:
            waveform: (batch, n), 16 kHz, full scale at 1; of more than ``settings.seconds`` the
                middle is taken.
        """
        n = torch.ones_like(waveform[0], dtype=torch.int64).sum()  # a tensor, for the graph
        used = n.clamp(max=self.longest)
        frames = (used - self.window) // self.shift + 1
        frame = torch.arange(self.rows)
        frame = frame % frames if self.is_repeated else torch.minimum(frame, frames - 1)
        first = (n - used) // 2 + frame * self.shift
        samples = waveform[:, first[:, None] + torch.arange(self.window)] * _FULL_SCALE
        samples = samples - samples.mean(dim=-1, keepdim=True)
        floor = torch.finfo(torch.float32).eps
        energy = samples.square().sum(dim=-1, keepdim=True).clamp(min=floor).log()
        real, imaginary = (samples @ self.spectrum).chunk(2, dim=-1)
        power = real.square() + imaginary.square()
        mel = (power @ self.mel).clamp(min=floor).log()
        return torch.cat([mel, energy], dim=-1), frames.expand(waveform.shape[0])


def _spectrum(window: int) -> Tensor:
    """Pre-emphasis, window and Fourier transform of one frame, (window, 2 * bins).

    The first half are the real parts, the second the imaginary ones, of all bins below half the
    sampling rate; Kaldi's mel bins do not use that one.
    """
    padded = 2 ** math.ceil(math.log2(window))
    emphasis = np.eye(window) - _PREEMPHASIS * np.eye(window, k=1)
    emphasis[0, 0] -= _PREEMPHASIS
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))
    transform = np.fft.rfft(np.eye(window), padded)[:, :-1]
    complex_spectrum = (emphasis * hann**_POVEY) @ transform
    parts = np.concatenate([complex_spectrum.real, complex_spectrum.imag], axis=1)
    return torch.from_numpy(parts.astype(np.float32))
