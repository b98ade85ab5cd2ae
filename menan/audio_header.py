"""Headers of audio files, where libsndfile does not say what they name or what follows them.

All functions read with ``os.pread`` from a file descriptor, whose position they leave alone.
"""

import os
import re
import struct

_MP3_INDEX = re.compile(rb"Xing|Info|VBRI")
# The index stands in the first frame, which has at most 1,441 bytes.
_FIRST_FRAME = 2048
_SPHERE_COUNT = re.compile(rb"^sample_count -i (\d+)", re.MULTILINE)
# Metadata behind the samples, which is not sound.
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS", b"3DI")


def has_mp3_index(file: int) -> bool:
    """Whether an MP3 file begins with a frame that names the number of frames."""
    start, head = 0, os.pread(file, 10, 0)
    while head[:3] == b"ID3" and len(head) == 10:
        start += 10 + sum(
            byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)
        )
        head = os.pread(file, 10, start)
    return _MP3_INDEX.search(os.pread(file, _FIRST_FRAME, start)) is not None


def sphere_count(file: int) -> int:
    """Samples per channel that the header of a SPHERE file names; 0 if it names none."""
    found = _SPHERE_COUNT.search(os.pread(file, 1024, 0))
    return int(found[1]) if found else 0


def place_of_zero_size(file: int, size: int) -> int | None:
    """The place of the size of a WAV's samples, if that is 0 although samples follow.

    Args:
        size: length of the file in bytes.
    """
    head = os.pread(file, 12, 0)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    place = 12
    while place + 8 < size:
        name, length = struct.unpack("<4sI", os.pread(file, 8, place))
        if name == b"data":
            follow = length == 0 and has_samples_after(file, place + 8, size, "WAV")
            return place + 4 if follow else None
        place += 8 + length + length % 2
    return None


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
