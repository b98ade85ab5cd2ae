"""Audio files of any rate and channel count, through libsndfile."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.audio_stream import OpenAudio
from menan.errors import InputError
from menan.files.regular import is_file

# libsndfile reads a truncated file without an error; the only trace is a line in its log. Programs
# that write to a pipe leave lengths near 2^31 and above, which are accepted, and so are files that
# lack a few bytes only.
_SHORTENED = re.compile(
    r"^ *(?:data|SSND|Data Size|riff) *: (\d+) \(should be (\d+)\)"
    r"|match value from 'ds64' chunk of (\d+)",
    re.MULTILINE,
)
_LONGEST_PROMISE = 2**31 - 2**16
_LEAST_PART = 0.99
# Rates at which speech is recorded; beyond them resampling takes more and more memory.
LOWEST_RATE, HIGHEST_RATE = 4_000, 384_000  # hz
# FLAC compresses best: 65,535 samples of silence in 12 bytes. A header that promises more is wrong.
_MOST_SAMPLES_A_BYTE = 2**13
# The index of an MP3 file counts its frames, which encoders do in slightly different ways.
_ROUGHLY_COUNTED = ("MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III")
_LONGEST_FRAME = 1152  # samples; where MP3 begins and ends is known to a frame


@dataclass(frozen=True)
class AudioInfo:
    """What an audio file contains.

    sample_rate: in Hz.
    samples: number of samples per channel.
    coding: libsndfile's name of the sample format, such as ``PCM_16``.
    """

    sample_rate: int
    samples: int
    channels: int
    coding: str = "PCM_16"

    @property
    def seconds(self) -> float:
        """Duration."""
        return self.samples / self.sample_rate


def audio_info(path: str | Path) -> AudioInfo:
    """Rate, length and channels of an audio file.

    The header tells the length where it names the samples themselves. Where it has none or an
    estimate (MP3, FLAC of unknown length), the samples are decoded and counted.

    Raises:
        InputError: a file that is missing, empty, not audio or truncated, a rate outside 4 to
            384 kHz, or a header that promises more than the file can hold.
    """
    with open_audio(path) as file:
        samples = file.named
        if samples is None or file.coding in _ROUGHLY_COUNTED:
            samples = sum(map(len, file.blocks()))
            _check_length(file, samples, file.named)
        file.report_rest()
        return AudioInfo(file.rate, samples, file.channels, file.coding)


def open_audio(path: str | Path) -> OpenAudio:
    """An audio file, open for one reading of its blocks; a context.

    Raises:
        InputError: as :func:`audio_info`.
    """
    path = Path(path)
    if not is_file(path):
        raise InputError(f"{path}: audio file not found")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty file; fetch the file again")
    file = OpenAudio(path)
    if fault := _fault(file):
        with file:
            raise InputError(f"{path}: {fault}")
    return file


def read_audio(
    path: str | Path,
    start: float | None = None,
    end: float | None = None,
    channel: int | None = None,
) -> tuple[np.ndarray, int]:
    """The samples of a file or of a segment of it, averaged over channels.

    A segment has the same samples as the same stretch of the whole file, in every format.

    Args:
        path: any format that libsndfile reads.
        start, end: segment in seconds, both or neither; cut at the end of the file.
        channel: take only this channel, counted from 1; None averages all channels.

    Returns:
        float32 samples (n,) on the scale of 16-bit integers as in Kaldi, and the rate in Hz.

    Raises:
        InputError: as :func:`audio_info`; also samples that are NaN or Inf, a segment outside the
            file, or a channel that the file lacks.
    """
    with open_audio(path) as file:
        check_channel(path, file.channels, channel)
        first, last = 0, None
        if start is not None and end is not None:
            first, last = round(start * file.rate), round(end * file.rate)
            _check_segment(file, first, last, file.named)
            if file.named is not None:
                last = min(last, file.named)
        blocks = []
        for block in file.blocks(first, last):
            blocks.append(mono(block, channel))
        samples = np.concatenate(blocks) if blocks else np.empty(0, np.float32)
        if last is None:
            _check_length(file, len(samples), file.named)
        elif file.named is not None and file.coding not in _ROUGHLY_COUNTED:
            _check_length(file, first + len(samples), last)
        elif not len(samples):
            _check_segment(file, first, last, audio_info(path).samples)
        rate = file.rate
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: samples contain NaN or Inf; convert the file again")
    return samples, rate


def hear_audio(path: str | Path, listener: Callable[[np.ndarray], None]) -> AudioInfo:
    """Read a file to its end without keeping it.

    Args:
        listener: called with each block: float32 (n, channels), full scale 1.

    Raises:
        InputError: as :func:`audio_info`; also a file that ends early, or samples that are NaN or
            Inf.
    """
    samples = 0
    with open_audio(path) as file:
        for block in file.blocks():
            if not np.isfinite(block).all():
                raise InputError(f"{path}: samples contain NaN or Inf; convert the file again")
            samples += len(block)
            listener(block)
        _check_length(file, samples, file.named)
        return AudioInfo(file.rate, samples, file.channels, file.coding)


def mono(block: np.ndarray, channel: int | None = None) -> np.ndarray:
    """One channel of a block, or the average of all, on the scale of 16-bit integers as in Kaldi.

    Args:
        block: float32 (n, channels), full scale 1; samples that are not finite stay so.
        channel: counted from 1; None averages all channels.

    Returns:
        float32 (n,).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        one = block.mean(axis=1) if channel is None else block[:, channel - 1]
        return one * np.float32(32768)


def check_channel(path: str | Path, channels: int, channel: int | None) -> None:
    """Check that a file of some channels has one, counted from 1; None is the average.

    Raises:
        InputError: it does not.
    """
    if channel is not None and not 1 <= channel <= channels:
        there = f"only 1 to {channels}" if channels > 1 else "only one"
        raise InputError(f"{path}: has no channel {channel}, {there}; choose another, or mix")


def _check_segment(file: OpenAudio, first: int, last: int, samples: int | None) -> None:
    if not (0 <= first < last and (samples is None or first < samples)):
        within = "the file" if samples is None else f"the {samples / file.rate:.3f} s of the file"
        raise InputError(
            f"{file.path}: segment {first / file.rate:.3f}-{last / file.rate:.3f} s is not within "
            f"{within}; correct the segment"
        )


def _check_length(file: OpenAudio, found: int, promised: int | None) -> None:
    """Refuse fewer samples than the header promises, or none at all."""
    lacking = (promised or 0) - found
    if file.coding in _ROUGHLY_COUNTED:
        lacking -= max(_LONGEST_FRAME, round((1 - _LEAST_PART) * (promised or 0)))
    if lacking > 0:
        raise InputError(
            f"{file.path}: truncated, its header promises {promised} samples but {found} "
            "can be read; fetch the file again"
        )
    if found == 0:
        raise InputError(f"{file.path}: contains no samples; fetch the file again")


def _fault(file: OpenAudio) -> str | None:
    """What is wrong with the header of a file, and the cure; None if nothing."""
    promised = file.promised
    if file.named == 0:
        return "contains no samples"
    if file.named is not None and file.named > _MOST_SAMPLES_A_BYTE * file.size:
        return (
            f"its header promises {file.named} samples, which {file.size} bytes cannot hold; "
            "fetch the file again"
        )
    if not LOWEST_RATE <= file.rate <= HIGHEST_RATE:
        return (
            f"a sampling rate of {file.rate} Hz is not supported ({LOWEST_RATE} to "
            f"{HIGHEST_RATE} Hz); convert the file"
        )
    if shortened := _SHORTENED.search(file.log):
        in_bytes, found_bytes, in_samples = (int(count or 0) for count in shortened.groups())
        if in_bytes < _LONGEST_PROMISE and found_bytes < _LEAST_PART * in_bytes:
            return (
                f"truncated, its header promises {in_bytes} bytes of samples but has "
                f"{found_bytes}; fetch the file again"
            )
        promised = max(promised, in_samples)
    if file.named is not None and file.named < _LEAST_PART * promised:
        return (
            f"truncated, its header promises {promised} samples but has {file.named}; fetch the "
            "file again"
        )
    return None
