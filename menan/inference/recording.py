"""A recording that is listened to once and then read again, whatever its length.

Both readings go through blocks, so that memory does not grow with the recording.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from menan.audio import (
    HIGHEST_RATE,
    LOWEST_RATE,
    AudioInfo,
    check_channel,
    hear_audio,
    mono,
    open_audio,
)
from menan.audio_stream import BLOCK
from menan.errors import InputError
from menan.inference.energy_gate import EnergyGate
from menan.inference.speech_gate import SpeechGate
from menan.sound_check import SoundCheck, file_warnings


@runtime_checkable
class ByteStream(Protocol):
    """An open binary file, or whatever else can be read like one."""

    def read(self, size: int = -1, /) -> bytes: ...


class Gate(Protocol):
    """Decides which windows of a recording are kept, after it has heard all of it.

    left_out: what the others are.
    """

    left_out: str

    def hear(self, samples: np.ndarray) -> None:
        """Take in a block, float32 (n,) on the scale of 16-bit integers."""

    def passes(self, start: int, end: int) -> bool:
        """Whether the window from sample ``start`` to ``end`` is kept."""


Keep = Literal["sound", "speech"]
GATES: dict[Keep, type[EnergyGate | SpeechGate]] = {"sound": EnergyGate, "speech": SpeechGate}

# A file, a stream with the bytes of one, or samples (n,) or (n, channels).
Audio = str | Path | ByteStream | np.ndarray
Blocks = Iterator[np.ndarray]  # each float32 (n, channels), full scale 1

STREAM, SAMPLES = "-", "samples"  # the names of recordings that are not files


@dataclass(frozen=True)
class Recording:
    """A recording that has been listened to.

    name: the path of the file; ``-`` for a stream, ``samples`` for an array.
    channel: the channel that is used, counted from 1; None for the average of all.
    warnings: what was odd about its sound, each with its cure.
    read: gives its blocks from the beginning.
    """

    name: str
    info: AudioInfo
    channel: int | None
    warnings: tuple[str, ...]
    gate: Gate
    read: Callable[[], Blocks]

    def audible_starts(self, length: int, hop: int) -> list[int]:
        """First samples of the windows that are kept; their number is reported on stderr.

        Args:
            length, hop: samples per window, and from one window to the next.

        Raises:
            InputError: none of them is.
        """
        name, info = self.name, self.info
        starts = window_starts(info.samples, length, hop)
        audible = [start for start in starts if self.gate.passes(start, start + length)]
        if not audible:
            raise InputError(
                f"{name}: {info.seconds:.2f} s, {self.gate.left_out} throughout; leave it out"
            )
        number = f"{len(starts)} windows of {length / info.sample_rate:g} s"
        others = len(starts) - len(audible)
        told = f", of which {others} are {self.gate.left_out} and left out" if others else ""
        print(f"note: {name}: {info.seconds:.2f} s in {number}{told}", file=sys.stderr, flush=True)
        return audible

    def windows(self, starts: list[int], length: int) -> Iterator[np.ndarray]:
        """Parts of ``length`` samples, float32 (length,) on the scale of 16-bit integers.

        Args:
            starts: first sample of each part, ascending.

        Raises:
            InputError: the recording has become shorter since it was listened to.
        """
        position, kept, missing = 0, np.empty(0, np.float32), list(reversed(starts))
        for block in self.read():
            kept = np.concatenate([kept, mono(block, self.channel)])
            while missing and missing[-1] + length <= position + len(kept):
                first = missing.pop() - position
                yield kept[first : first + length]
            if not missing:
                return
            done = min(missing[-1] - position, len(kept))
            position, kept = position + done, kept[done:]
        raise InputError(f"{self.name}: changed while it was read; run the command again")


def window_starts(samples: int, length: int, hop: int) -> list[int]:
    """First samples of windows that cover a recording; the last one ends with it.

    >>> window_starts(10, 4, 2), window_starts(11, 4, 4)
    ([0, 2, 4, 6], [0, 4, 7])
    """
    return [*range(0, samples - length, hop), samples - length]


def listen_to(
    audio: Audio, rate: int | None = None, channel: int | None = None, keep: Keep = "sound"
) -> Recording:
    """Listen to a recording; what is odd about its sound is reported on stderr.

    Args:
        audio: a file of any format that menan reads; a binary stream with the bytes of one, which
            is copied to a temporary file; or samples (n,) or (n, channels), floats with full scale
            1, or int16 or int32.
        rate: sampling rate in Hz of an array of samples; None for the others.
        channel: take only this channel, counted from 1; None averages all channels.
        keep: windows of a long recording that count: those with sound, or those with speech.

    Raises:
        InputError: as :func:`menan.audio.hear_audio`, a channel that the recording lacks, an array
            of another kind or without its rate, or speech to be kept without silero-vad.
    """
    if keep not in GATES:
        raise InputError(f"keep {keep!r}: choose from {', '.join(GATES)}")
    if isinstance(audio, str | Path):
        recording = _of_file(Path(audio), str(audio), rate, channel, keep)
    elif isinstance(audio, ByteStream):
        recording = _of_stream(audio, rate, channel, keep)
    else:
        recording = _of_samples(np.asarray(audio), rate, channel, keep)
    for line in recording.warnings:
        print(f"warning: {recording.name}: {line}", file=sys.stderr, flush=True)
    return recording


class _Ears:
    """What listens to the blocks of a recording."""

    def __init__(self, rate: int, channel: int | None, keep: Keep):
        self.channel, self.check = channel, SoundCheck()
        self.gate: Gate = GATES[keep](rate)

    def hear(self, block: np.ndarray) -> None:
        self.check.hear(block)
        self.gate.hear(mono(block, self.channel))

    def recording(self, name: str, info: AudioInfo, read: Callable[[], Blocks]) -> Recording:
        warnings = file_warnings(self.check.remarks(info, self.channel))
        return Recording(name, info, self.channel, warnings, self.gate, read)


def _of_file(path: Path, name: str, rate: int | None, channel: int | None, keep: Keep) -> Recording:
    if rate is not None:
        raise InputError(f"{name}: the file names its own sampling rate; leave out rate={rate}")
    with open_audio(path) as file:
        check_channel(name, file.channels, channel)
        ears = _Ears(file.rate, channel, keep)

    def read() -> Blocks:
        with open_audio(path) as file:
            yield from file.blocks()

    return ears.recording(name, hear_audio(path, ears.hear), read)


def _of_stream(stream: ByteStream, rate: int | None, channel: int | None, keep: Keep) -> Recording:
    copy = tempfile.NamedTemporaryFile(prefix="menan-")  # noqa: SIM115
    shutil.copyfileobj(stream, copy)
    copy.flush()
    try:
        recording = _of_file(Path(copy.name), STREAM, rate, channel, keep)
    except InputError as error:
        raise InputError(str(error).replace(copy.name, STREAM)) from None

    def read() -> Blocks:
        with copy:  # removed when it has been read, or when nobody can read it any more
            yield from recording.read()

    return replace(recording, read=read)


def _of_samples(
    samples: np.ndarray, rate: int | None, channel: int | None, keep: Keep
) -> Recording:
    if rate is None or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise InputError(
            f"samples: expected a sampling rate of {LOWEST_RATE} to {HIGHEST_RATE} Hz, found "
            f"{rate}; give it beside the samples"
        )
    if samples.ndim not in (1, 2) or not samples.size or samples.shape[-1] > len(samples):
        raise InputError(
            f"samples: expected the shape (samples,) or (samples, channels), found {samples.shape};"
            " transpose or cut them"
        )
    if samples.dtype.kind != "f" and samples.dtype not in (np.int16, np.int32):
        raise InputError(
            f"samples: expected floats with full scale 1, int16 or int32, found {samples.dtype}; "
            "convert them"
        )
    if not np.isfinite(samples).all():
        raise InputError("samples: contain NaN or Inf; replace them")
    columns, coding, full_scale = samples.reshape(len(samples), -1), "FLOAT", 1.0
    if samples.dtype.kind != "f":
        coding, full_scale = "PCM", -float(np.iinfo(samples.dtype).min)
    info = AudioInfo(rate, *columns.shape, coding=coding)
    check_channel(SAMPLES, info.channels, channel)

    def read() -> Blocks:
        step = BLOCK // info.channels
        for first in range(0, len(columns), step):
            yield (columns[first : first + step] / full_scale).astype(np.float32)

    ears = _Ears(rate, channel, keep)
    for block in read():
        ears.hear(block)
    return ears.recording(SAMPLES, info, read)
