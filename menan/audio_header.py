"""Headers of audio files, where libsndfile does not say what they name or what follows them.

Functions read with ``os.pread`` from a file descriptor, whose position they leave alone.
"""

import io
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

_SPHERE_COUNT = re.compile(rb"^sample_count -i (\d+)", re.MULTILINE)
# Metadata behind the samples, which is not sound.
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS", b"3DI")

# By container, from the place of the samples and the size of the file: place and bytes of a length
# that leads to the end of the file.
LENGTHS: dict[str, Callable[[int, int], tuple[int, bytes]]] = {
    **dict.fromkeys(("WAV", "WAVEX"), lambda start, size: (start - 4, b"\xff" * 4)),
    "RF64": lambda start, size: (28, struct.pack("<Q", size - start)),
    "AU": lambda start, size: (8, b"\xff" * 4),
}


def sphere_count(file: int) -> int:
    """Samples per channel that the header of a SPHERE file names; 0 if it names none."""
    found = _SPHERE_COUNT.search(os.pread(file, 1024, 0))
    return int(found[1]) if found else 0


def after_tags(file: int, size: int) -> int:
    """Where the sound of an MP3 file begins: behind ID3 tags, which may hold pictures, and zeros.

    Args:
        size: length of the file in bytes.

    Returns:
        A place in the file; 0 if a tag claims all of it.
    """
    place = 0
    while (head := os.pread(file, 10, place)).startswith(b"ID3") and len(head) == 10:
        footer = 10 if head[5] & 0x10 else 0
        length = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        place += 10 + length + footer
    while block := os.pread(file, 2**16, place):
        if sound := block.lstrip(b"\0"):
            return place + len(block) - len(sound)
        place += len(block)
    return 0


def has_samples_after(file: int, place: int, size: int, container: str) -> bool:
    """Whether what follows the samples of a header may be samples too.

    It is not if there is nothing, or only zero bytes, chunks of the format, or tags.

    Args:
        place: where the samples end that the header names.
        size: length of the file in bytes.
        container: libsndfile's name of the file format.
    """
    head = os.pread(file, 4096, place)
    if not head.strip(b"\0") or head.startswith(_TAGS):
        return False
    order = {"WAV": "<", "WAVEX": "<", "AIFF": ">"}.get(container)
    if order is None:
        return True
    return not any(_are_chunks(file, start, size, order) for start in (place, place + place % 2))


def _are_chunks(file: int, place: int, size: int, order: str) -> bool:
    while place + 8 <= size:
        name, length = struct.unpack(f"{order}4sI", os.pread(file, 8, place))
        if not all(32 <= byte < 127 for byte in name):
            return False
        place += 8 + length + length % 2
    return place in (size, size + 1)


class Patched(io.FileIO):
    """A file that reads as if some bytes at one place were others."""

    def __init__(self, path: Path, place: int, patch: bytes):
        super().__init__(path)
        self._place, self._patch = place, patch

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        start, view = self.tell(), memoryview(buffer).cast("B")
        count = super().readinto(view) or 0
        for at, byte in enumerate(self._patch, self._place - start):
            if 0 <= at < count:
                view[at] = byte
        return count
