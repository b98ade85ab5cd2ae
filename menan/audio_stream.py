"""An open audio file whose decoder decides how long it is, not the estimate of its header."""

import io
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import soundfile

from menan.audio_header import LENGTHS, Patched, after_tags, has_samples_after, sphere_count
from menan.errors import InputError
from menan.ffmpeg import decoded, is_allowed
from menan.not_audio import NonAudio, describe_non_audio

# Samples read at once, of all channels together: memory grows with the data, not with what the
# header promises.
BLOCK = 2**18
# libsndfile's number of samples of a stream whose header names none.
_UNKNOWN = 2**63 - 1
# Codings in which a seek leads to exactly the samples that a reading from the start gives.
_EXACT_SEEK = re.compile(r"PCM_\w+|FLOAT|DOUBLE|ULAW|ALAW|VORBIS")
# Bytes after the samples that are too few to report: padding, tags.
_LEAST_REST = 1024
_LEAST_REST_PART = 0.01
_LEAST_PROMISED_PART = 0.99


class AudioStream(soundfile.SoundFile):
    """A file that is read in one pass.

    ``soundfile`` asks for the position and seeks after each block of a seekable file, which
    compressed formats answer inexactly or with an error. A stream that says that it is not seekable
    is read straight on.
    """

    def seekable(self) -> bool:
        return False


def _through_pipe(path: Path, start: int) -> int:
    """The reading end of a pipe into which a thread writes a file; the reader closes it."""
    end, into = os.pipe()

    def write() -> None:
        # A reader that stops early breaks the pipe.
        with suppress(BrokenPipeError), path.open("rb") as file, os.fdopen(into, "wb", 0) as pipe:
            file.seek(start)
            shutil.copyfileobj(file, pipe)

    threading.Thread(target=write, daemon=True).start()
    return end


class OpenAudio:
    """An audio file that is open for one reading, as a context.

    Attributes:
        rate: sampling rate in Hz.
        channels: number of channels.
        coding: libsndfile's name of the sample format, such as ``PCM_16``.
        named: samples per channel that libsndfile finds; None where it finds none or an estimate.
        promised: samples that the header names, if libsndfile does not heed it; 0 otherwise.
        log: what libsndfile noted while it read the header.
    """

    def __init__(self, path: Path):
        """Open a file.

        Raises:
            InputError: a file that libsndfile cannot read.
        """
        self.path, self.size = path, path.stat().st_size
        self._bytes: io.FileIO = path.open("rb", buffering=0)
        self.promised = self._sound = 0  # _sound: place behind the tags of an MP3
        try:
            self._file = self._open()
            self.named = self._named()
        except soundfile.LibsndfileError as error:
            self._bytes.close()
            raise _damaged(path, error) from None
        except BaseException:
            self._bytes.close()
            raise
        self.rate, self.channels = self._file.samplerate, self._file.channels
        self.coding, self.log = self._file.subtype, self._file.extra_info

    def _open(self) -> AudioStream:
        try:
            return AudioStream(self._bytes.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            try:  # a coding without a header is known by the ending of the name only
                return AudioStream(os.fsencode(self.path))
            except soundfile.LibsndfileError:
                return self._open_other(describe_non_audio(self.path, error.error_string))

    def _open_other(self, kind: NonAudio) -> AudioStream:
        """Open what libsndfile cannot read, through ffmpeg if that is allowed."""
        if not (kind.for_ffmpeg and is_allowed()):
            raise InputError(f"{self.path}: cannot be read as audio: {kind}")
        try:
            self._decoded = decoded(self.path)
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from None
        self._bytes.close()
        self._bytes = io.FileIO(self._decoded.name)
        self.size = os.fstat(self._bytes.fileno()).st_size
        if self.size == 0:
            raise InputError(f"{self.path}: ffmpeg found no samples; fetch the file again")
        return AudioStream(self._bytes.fileno(), closefd=False)

    def _named(self) -> int | None:
        named, container = self._file.frames, self._file.format
        if container == "MP3":
            # Without an index, libsndfile estimates the length of a file and stops there. From a
            # pipe it reads to the end, but cannot pass over a long tag.
            self._sound = after_tags(self._bytes.fileno(), self.size)
            piped = AudioStream(_through_pipe(self.path, self._sound))
            if piped.frames == _UNKNOWN:
                self._file.close()
                self._file = piped
                return None
            piped.close()
        if named == 0:
            named = self._read_on()
        if container == "NIST":
            self.promised = sphere_count(self._bytes.fileno())
            if 0 < self.promised < _LEAST_PROMISED_PART * named:
                what = f"its header names {self.promised} samples; all {named} are read"
                report(self.path, what, _cure(container, self.path))
        return None if named == _UNKNOWN else named

    def _read_on(self) -> int:
        """Read the samples after a header that names none, where it can be given another length.

        Returns:
            The number of samples, 0 if there are none.

        Raises:
            InputError: samples follow that cannot be read.
        """
        container, start = self._file.format, self._bytes.tell()
        if not has_samples_after(self._bytes.fileno(), start, self.size, container):
            return 0
        if container not in LENGTHS:
            raise InputError(
                f"{self.path}: its header names 0 samples, but {self.size - start} bytes follow; "
                + _cure(container, self.path)
            )
        self._file.close()
        self._bytes.close()
        self._bytes = Patched(self.path, *LENGTHS[container](start, self.size))
        self._file = AudioStream(self._bytes)
        what = f"its header names 0 samples; the {self._file.frames} that follow are read"
        report(self.path, what, _cure(container, self.path))
        return self._file.frames

    def __enter__(self) -> "OpenAudio":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._bytes.close()

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[np.ndarray]:
        """The samples ``first`` to ``last`` in blocks, float32 (n, channels), full scale 1.

        There may be fewer than the header names. What lies before ``first`` is decoded too where a
        seek would be inexact.

        Args:
            last: None for the end of the file.

        Raises:
            InputError: samples that cannot be decoded.
        """
        whole = first == 0 and last is None
        last = self.named if last is None else last
        try:
            position = self._seek(first)
            while last is None or position < last:
                count = BLOCK // self.channels
                if position < first:
                    count = min(count, first - position)
                if last is not None:
                    count = min(count, last - position)
                block = self._file.read(count, dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                if position >= first:
                    yield block
                position += len(block)
        except soundfile.LibsndfileError as error:
            raise _damaged(self.path, error) from None
        if whole and self.named is not None and position == self.named:
            self._report_rest()

    def _seek(self, first: int) -> int:
        """Go to sample ``first`` where that is exact; returns the sample that comes next."""
        if first == 0 or self.named is None or not _EXACT_SEEK.fullmatch(self.coding):
            return 0
        return self._file.seek(first)

    def report_rest(self) -> None:
        """Report samples after those that the header names, where that needs no decoding."""
        uncompressed = self._file.format in ("WAV", "WAVEX", "AIFF", "AU")
        if uncompressed and self.named and _EXACT_SEEK.fullmatch(self.coding):
            self._file.seek(self.named)
            self._report_rest()

    def _report_rest(self) -> None:
        """Report bytes after the last sample that are samples too, as far as one can tell."""
        place, container = self._bytes.tell(), self._file.format
        rest = self.size - place
        if rest < max(_LEAST_REST, _LEAST_REST_PART * place) or container not in _REPORTED:
            return
        file = self._bytes.fileno()
        if place >= self._sound and has_samples_after(file, place, self.size, container):
            what = (
                f"its header names {self.named} samples, but {rest} bytes follow that are not read"
            )
            report(self.path, what, _cure(container, self.path))


def _damaged(path: Path, error: soundfile.LibsndfileError) -> InputError:
    return InputError(f"{path}: damaged ({error.error_string.strip()}); fetch the file again")


_IGNORE_LENGTH = ("WAV", "WAVEX", "RF64", "AU", "AIFF")
_REPORTED = (*_IGNORE_LENGTH, "NIST", "FLAC", "MP3", "OGG")
_reported: set[str] = set()


def report(path: Path, what: str, cure: str) -> None:
    """Print one line about a file on stderr, once for the same file and fault."""
    line = f"warning: {path}: {what}; {cure}"
    if line not in _reported:
        _reported.add(line)
        print(line, file=sys.stderr, flush=True)


def _cure(container: str, path: Path) -> str:
    program = "sox --ignore-length" if container in _IGNORE_LENGTH else "ffmpeg -i"
    return f"rewrite it with '{program} {path.name} {path.stem}_whole.wav'"
