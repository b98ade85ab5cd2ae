"""Audio files among the arguments of a command: files as named, and those in folders."""

import sys
from collections.abc import Iterable
from pathlib import Path

from menan.errors import InputError

# Endings of what libsndfile reads, and of what is worth a line that names the cure.
ENDINGS = frozenset(
    {
        *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
        *(".au", ".snd", ".sph", ".nist", ".w64", ".rf64", ".caf", ".voc"),
        *(".m4a", ".aac", ".mp4", ".webm", ".wma", ".amr"),
    }
)


def audio_files(paths: Iterable[Path]) -> list[Path]:
    """The files that paths name; of folders, all audio files in and below them, sorted.

    Files with other endings and hidden files in a folder are passed over; their number is reported
    on stderr.

    Raises:
        InputError: a folder without an audio file.
    """
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(one for one in path.rglob("*") if one.is_file())
        found = [p for p in inside if p.suffix.lower() in ENDINGS and not p.name.startswith(".")]
        if not found:
            raise InputError(
                f"{path}: no audio file in this folder ({len(inside)} other files); name another"
            )
        if other := len(inside) - len(found):
            print(f"note: {path}: {other} files that are not audio", file=sys.stderr)
        files += found
    return files
