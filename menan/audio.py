"""Audio files of any rate and channel count, through libsndfile."""

import os
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
# Resampling takes ever more memory outside of what speech is recorded at.
_LOWEST_RATE, _HIGHEST_RATE = 4_000, 384_000  # hz
# FLAC packs most of all: 65,535 samples of silence in 12 bytes. A header that promises more lies.
_MOST_SAMPLES_A_BYTE = 2**13
_BLOCK = 2**18  # samples of all channels together; memory follows what is read, no header


@dataclass(frozen=True)
class AudioInfo:
    """What the header of an audio file says; ``samples`` counts one channel's."""

    sample_rate: int
    samples: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.samples / self.sample_rate


def is_file(path: str | Path) -> bool:
    """Whether there is such a file; there is none of a name too long for any."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises OSError of such a name)


def audio_info(path: str | Path) -> AudioInfo:
    """The header of an audio file.

    Raises:
        InputError: missing, empty, not audio, not of a rate of 4 to 384 kHz, a WAV that was cut
            short, or a header that promises more than the file can hold.
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
        InputError: as :func:`audio_info`; cut short, samples that are NaN or Inf, or the stretch
            lies outside.
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
            samples = _mono(file, last - first)
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
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: holds NaN or Inf samples; convert the file again")
    return samples, rate


def _mono(file: soundfile.SoundFile, count: int) -> np.ndarray:
    """The next ``count`` samples, or as many as there are, as :func:`read_audio` gives them."""
    blocks = []
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused later
        while count > 0:
            block = file.read(min(count, _BLOCK // file.channels), dtype="float32", always_2d=True)
            if len(block) == 0:
                break
            blocks.append(block.mean(axis=1) * np.float32(32768))
            count -= len(block)
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)


def _opened(path: str | Path) -> soundfile.SoundFile:
    path = Path(path)
    if not is_file(path):
        raise InputError(f"{path}: no such audio file")
    if (size := path.stat().st_size) == 0:
        raise InputError(f"{path}: empty file where audio was expected")
    try:
        file = soundfile.SoundFile(os.fsencode(path))  # of names as text it takes only UTF-8
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path}: not readable as audio ({error.error_string})") from None
    if fault := _fault(file, size):
        file.close()
        raise InputError(f"{path}: {fault}")
    return file


def _fault(file: soundfile.SoundFile, size: int) -> str | None:
    """What is wrong with the header of a file of ``size`` bytes, and the cure."""
    if file.frames == 0:
        return "holds no samples"
    if file.frames > _MOST_SAMPLES_A_BYTE * size:
        return (
            f"its header promises {file.frames} samples, which {size} bytes cannot hold; fetch the "
            "file again"
        )
    if not _LOWEST_RATE <= file.samplerate <= _HIGHEST_RATE:
        return (
            f"{file.samplerate} samples a second are not speech ({_LOWEST_RATE} to "
            f"{_HIGHEST_RATE}); convert the file again"
        )
    if shortened := _SHORTENED.search(file.extra_info):
        promised, there = map(int, shortened.groups())
        if promised < _LONGEST_PROMISE and there < _LEAST_PART * promised:
            return (
                f"cut short, its header promises {promised} bytes of samples and {there} are "
                "there; fetch the file again"
            )
    return None
