"""Audio files of any rate and channel count, through libsndfile."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from menan.errors import InputError

# libsndfile reads a truncated WAV without an error; the only trace is a line in its log. Programs
# that write to a pipe leave lengths near 2^31 and above, which are accepted, and so are files that
# lack a few bytes only.
_SHORTENED = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_LONGEST_PROMISE = 2**31 - 2**16
_LEAST_PART = 0.99
# Rates at which speech is recorded; beyond them resampling takes more and more memory.
_LOWEST_RATE, _HIGHEST_RATE = 4_000, 384_000  # hz
# FLAC compresses best: 65,535 samples of silence in 12 bytes. A header that promises more is wrong.
_MOST_SAMPLES_A_BYTE = 2**13
# Samples read at once, of all channels together: memory grows with the data, not with what the
# header promises.
_BLOCK = 2**18


@dataclass(frozen=True)
class AudioInfo:
    """The header of an audio file.

    sample_rate: in Hz.
    samples: number of samples per channel.
    """

    sample_rate: int
    samples: int
    channels: int

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.samples / self.sample_rate


def is_file(path: str | Path) -> bool:
    """Whether a regular file of this name exists; False for names that are too long."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises OSError for such a name)


def audio_info(path: str | Path) -> AudioInfo:
    """The header of an audio file.

    Raises:
        InputError: a file that is missing, empty, not audio or truncated, a rate outside 4 to
            384 kHz, or a header that promises more than the file can hold.
    """
    with _opened(path) as file:
        return AudioInfo(file.samplerate, file.frames, file.channels)


def read_audio(
    path: str | Path, start: float | None = None, end: float | None = None
) -> tuple[np.ndarray, int]:
    """The samples of a file or of a segment of it, averaged over channels.

    Args:
        path: any format that libsndfile reads.
        start, end: segment in seconds, both or neither; cut at the end of the file.

    Returns:
        float32 samples (n,) on the scale of 16-bit integers as in Kaldi, and the rate in Hz.

    Raises:
        InputError: as :func:`audio_info`; also samples that are NaN or Inf, or a segment outside
            the file.
    """
    with _opened(path) as file:
        first, last = 0, file.frames
        if start is not None:
            first = round(start * file.samplerate)
            last = min(round(end * file.samplerate), file.frames)
            if not 0 <= first < last:
                raise InputError(
                    f"{path}: segment {start:.3f}-{end:.3f} s is not within the "
                    f"{file.frames / file.samplerate:.3f} s of the file; correct the segment"
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
            f"{path}: truncated, its header promises {last} samples but {first + len(samples)} "
            "can be read; fetch the file again"
        )
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: samples contain NaN or Inf; convert the file again")
    return samples, rate


def _mono(file: soundfile.SoundFile, count: int) -> np.ndarray:
    """The next ``count`` samples, or fewer at the end of the file, averaged over channels."""
    blocks = []
    with np.errstate(over="ignore", invalid="ignore"):  # read_audio refuses non-finite samples
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
        raise InputError(f"{path}: audio file not found")
    if (size := path.stat().st_size) == 0:
        raise InputError(f"{path}: empty file; fetch the file again")
    try:
        file = soundfile.SoundFile(os.fsencode(path))  # a name given as text must be UTF-8
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path}: cannot be read as audio ({error.error_string})") from None
    if fault := _fault(file, size):
        file.close()
        raise InputError(f"{path}: {fault}")
    return file


def _fault(file: soundfile.SoundFile, size: int) -> str | None:
    """What is wrong with the header of a file of ``size`` bytes, and the cure; None if nothing."""
    if file.frames == 0:
        return "contains no samples"
    if file.frames > _MOST_SAMPLES_A_BYTE * size:
        return (
            f"its header promises {file.frames} samples, which {size} bytes cannot hold; fetch the "
            "file again"
        )
    if not _LOWEST_RATE <= file.samplerate <= _HIGHEST_RATE:
        return (
            f"a sampling rate of {file.samplerate} Hz is not supported ({_LOWEST_RATE} to "
            f"{_HIGHEST_RATE} Hz); convert the file"
        )
    if shortened := _SHORTENED.search(file.extra_info):
        promised, found = map(int, shortened.groups())
        if promised < _LONGEST_PROMISE and found < _LEAST_PART * promised:
            return (
                f"truncated, its header promises {promised} bytes of samples but has {found}; "
                "fetch the file again"
            )
    return None
