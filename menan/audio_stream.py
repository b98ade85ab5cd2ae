"""An open audio file whose decoder decides how long it is, not the estimate of its header."""

import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from menan.audio_header import has_mp3_index, has_samples_after, place_of_zero_size, sphere_count
from menan.errors import InputError
from menan.not_audio import describe_non_audio

# Samples read at once, of all channels together: memory grows with the data, not with what the
# header promises.
BLOCK = 2**18
# libsndfile's number of samples where a FLAC header names none; MP3 has its own trick, see below.
_UNKNOWN = 2**63 - 1
# The bit rates of one kind of MP3 differ by a factor of at most 20.
_MP3_STRETCH = 64
_MP3_END_TAG = 128  # bytes of the ID3v1 tag, which the decoder looks for at the end
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


class _Altered(io.RawIOBase):
    """A file with other bytes at one place, or one that pretends to be longer.

    Attributes:
        size: pretended size in bytes; reading ends where the file ends, but the last bytes of the
            file are found at the pretended end too.
    """

    def __init__(self, file: BinaryIO, size: int, place: int = 0, altered: bytes = b""):
        self.file, self.size, self.place, self.altered = file, size, place, altered
        self.real_size = os.fstat(file.fileno()).st_size
        self.position = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        view, start = memoryview(buffer).cast("B"), self.position
        if self.size > self.real_size and start >= self.size - _MP3_END_TAG:
            start -= self.size - self.real_size
        self.file.seek(max(start, 0))
        count = self.file.readinto(view)  # type: ignore[attr-defined]
        for index, byte in enumerate(self.altered):
            if 0 <= (at := self.place + index - start) < count:
                view[at] = byte
        self.position += count
        return count


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
        self._bytes = path.open("rb", buffering=0)
        self._altered: _Altered | None = None
        self.promised = 0
        try:
            self._file = self._open()
            self.named = self._named()
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
                what = describe_non_audio(self.path, error.error_string)
                raise InputError(f"{self.path}: cannot be read as audio: {what}") from None

    def _named(self) -> int | None:
        named, container, file = self._file.frames, self._file.format, self._bytes.fileno()
        if named == _UNKNOWN:
            return None
        if container == "MP3" and not has_mp3_index(file):
            # libsndfile ends after the estimated number of samples. In a file that pretends to be
            # longer, the estimate is never too small.
            self._reopen(_Altered(self._bytes, self.size * _MP3_STRETCH))
            return None
        if container == "NIST":
            self.promised = sphere_count(file)
            if 0 < self.promised < _LEAST_PROMISED_PART * named:
                what = f"its header names {self.promised} samples; all {named} are read"
                report(self.path, what, _cure(container, self.path))
        if named == 0 and (place := place_of_zero_size(file, self.size)) is not None:
            self._reopen(_Altered(self._bytes, self.size, place, b"\xff" * 4))
            named = self._file.frames
            what = f"its header names 0 samples; the {named} that follow are read"
            report(self.path, what, _cure(container, self.path))
        return named

    def _reopen(self, altered: _Altered) -> None:
        self._file.close()
        self._altered, self._file = altered, AudioStream(altered)

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
            raise InputError(
                f"{self.path}: damaged ({error.error_string.strip()}); fetch the file again"
            ) from None
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
        position, container = (self._altered or self._bytes).tell(), self._file.format
        rest = self.size - position
        if rest < max(_LEAST_REST, _LEAST_REST_PART * position) or container not in _CURES:
            return
        if not has_samples_after(self._bytes.fileno(), position, self.size, container):
            return
        report(
            self.path,
            f"its header names {self.named} samples, but {rest} bytes follow that are not read",
            _cure(container, self.path),
        )


_CURES = {
    **dict.fromkeys(("WAV", "WAVEX"), "sox --ignore-length {name} {stem}_whole.wav"),
    **dict.fromkeys(
        ("AIFF", "AU", "NIST", "FLAC", "MP3", "OGG"), "ffmpeg -i {name} {stem}_whole.wav"
    ),
}
_reported: set[str] = set()


def report(path: Path, what: str, cure: str) -> None:
    """Print one line about a file on stderr, once for the same file and fault."""
    line = f"warning: {path}: {what}; {cure}"
    if line not in _reported:
        _reported.add(line)
        print(line, file=sys.stderr, flush=True)


def _cure(container: str, path: Path) -> str:
    return "rewrite it with '" + _CURES[container].format(name=path.name, stem=path.stem) + "'"
