"""The speech gate: which windows of a long recording hold speech, by the detector silero-vad.

Silero VAD (MIT, https://github.com/snakers4/silero-vad) is a small recurrent network. It comes with
its package and runs in PyTorch, without a download.
"""

from array import array
from functools import cached_property

import numpy as np
import torch

from menan.device import one_thread
from menan.errors import InputError
from menan.features.waveform import SAMPLE_RATE, to_16_khz

FRAME = 512  # samples at 16 kHz that the network takes at a time
PIECE_SECONDS = 4  # the recording is resampled in pieces of 125 frames
# The detector misses soft speech, so each piece is amplified to this peak, but not without end.
PEAK, MOST_GAIN = 0.5, 30.0
LEAST_SECONDS = 0.3  # of speech that a window needs: the length of a word


class SpeechGate:
    """Listens to a recording block by block and remembers how likely each 32 ms are speech.

    Args:
        rate: sampling rate in Hz.

    Raises:
        InputError: silero-vad is not installed.
    """

    left_out = "without speech"

    def __init__(self, rate: int):
        self.rate = rate
        self._detector = _load_detector()
        self._rest = np.empty(0, np.float32)
        self._chances = array("f")

    def hear(self, samples: np.ndarray) -> None:
        """Take in a block, float32 (n,) on the scale of 16-bit integers."""
        piece = PIECE_SECONDS * self.rate
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= piece:
            self._detect(self._rest[:piece])
            self._rest = self._rest[piece:]

    @one_thread()
    @torch.no_grad()
    def _detect(self, samples: np.ndarray) -> None:
        wave = torch.from_numpy(to_16_khz(samples, self.rate)) / 32768
        wave *= PEAK / max(float(wave.abs().max()), PEAK / MOST_GAIN)
        padded = torch.nn.functional.pad(wave, (0, -len(wave) % FRAME))
        for frame in padded.split(FRAME):
            self._chances.append(self._detector(frame, SAMPLE_RATE).item())

    @cached_property
    def _speech(self) -> tuple[np.ndarray, np.ndarray]:
        """First samples of the passages of speech, and their ends."""
        from silero_vad import get_speech_timestamps_from_probs

        if len(self._rest):
            self._detect(self._rest)
        found = get_speech_timestamps_from_probs(self._chances.tolist())
        ends = np.array([(one["start"], one["end"]) for one in found]).reshape(-1, 2)
        starts, stops = (ends * self.rate // SAMPLE_RATE).T
        return starts, stops

    def passes(self, start: int, end: int) -> bool:
        """Whether the samples ``start`` to ``end`` hold speech, once all is heard."""
        starts, stops = self._speech
        spoken = (np.minimum(stops, end) - np.maximum(starts, start)).clip(min=0).sum()
        return bool(spoken >= min(round(LEAST_SECONDS * self.rate), end - start))


def _load_detector() -> torch.jit.ScriptModule:
    threads = torch.get_num_threads()
    try:
        from silero_vad import load_silero_vad
    except ImportError:
        raise InputError(
            "to keep speech only, menan needs silero-vad: pip install 'menan[speech]'"
        ) from None
    finally:
        torch.set_num_threads(threads)  # the package sets it to 1
    return load_silero_vad()
