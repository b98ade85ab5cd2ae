"""Audio files of any rate and channel count, through libsndfile."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from menan.errors import InputError

# Of a cut WAV libsndfile reads what is left and tells of it in its log only. Lengths near 2^31 and
# above are left by programs that write to a pipe, and a few lost bytes are a careless writer's.
_SHORTENED = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_LONGEST_PROMISE = 2**31 - 2**16
_LEAST_PART = 0.99


@dataclass(frozen=True)
class AudioInfo:
    """What the header of an audio file says; ``samples`` counts one channel's."""

    sample_rate: int
    samples: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate


def audio_info(path: str | Path) -> AudioInfo:
    """The header of an audio file.

    Raises:
        InputError: missing, empty, not audio, or a WAV that was cut short.
    """
    with _opened(path) as file:
        return AudioInfo(file.samplerate, file.frames, file.channels)


def read_audio(
    path: str | Path, start: float | None = None, end: float | None = None
) -> tuple[np.ndarray, int]:
    """The samples of a file, or of a stretch of it, channels averaged.

    Args:
        path: any format that libsndfile reads.
        start, end: seconds, both or neither; a stretch is cut at the end of the file.

    Returns:
        float32 samples (n,) on the scale of 16-bit integers as in Kaldi, and the rate in Hz.

    Raises:
        InputError: missing, not audio, cut short, or the stretch lies outside.
    """
    with _opened(path) as file:
        first, last = 0, file.frames
        if start is not None:
            first = round(start * file.samplerate)
            last = min(round(end * file.samplerate), file.frames)
            if not 0 <= first < last:
                raise InputError(
                    f"{path}: the stretch {start:.3f} to {end:.3f} s lies outside its "
                    f"{file.frames / file.samplerate:.3f} s"
                )
        try:
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise InputError(
                f"{path}: damaged ({error.error_string.strip()}); fetch the file again"
            ) from None
        rate = file.samplerate
    if len(samples) != last - first:
        raise InputError(
            f"{path}: cut short, its header promises {last} samples and {first + len(samples)} "
            "can be read; fetch the file again"
        )
    return samples.mean(axis=1) * np.float32(32768), rate


def _opened(path: str | Path) -> soundfile.SoundFile:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such audio file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty file where audio was expected")
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path}: not readable as audio ({error.error_string})") from None
    if file.frames == 0:
        file.close()
        raise InputError(f"{path}: holds no samples")
    if shortened := _SHORTENED.search(file.extra_info):
        promised, there = map(int, shortened.groups())
        if promised < _LONGEST_PROMISE and there < _LEAST_PART * promised:
            file.close()
            raise InputError(
                f"{path}: cut short, its header promises {promised} bytes of samples and {there} "
                "are there; fetch the file again"
            )
    return file
