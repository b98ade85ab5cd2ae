"""The utterances of a Kaldi archive that has no scp file: where each matrix starts."""

import stat
from pathlib import Path
from typing import BinaryIO

from menan.datadir.kaldi_header import LONGEST_HEADER, binary_length
from menan.errors import InputError

_LONGEST_KEY = 1000  # bytes


def index_ark(path: str | Path) -> dict[str, str]:
    """The entries that an scp file of this archive would have: utterance to ``file.ark:offset``.

    Binary archives and text archives are read, with matrices or vectors.

    Raises:
        InputError: not such an archive, or an utterance that is in it twice.
    """
    path = Path(path)
    entries: dict[str, str] = {}
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # a pipe or device might never end
            raise InputError(f"{path}: not a regular file; name an archive")
        with path.open("rb") as file:
            while (key := _next_key(file, path)) is not None:
                start = file.tell()
                if key in entries:
                    raise InputError(f"{path}: byte {start}: {key!r} is in it twice; keep one")
                entries[key] = f"{path}:{start}"
                _skip(file, start, facts.st_size, f"{path}:{start}: {key[:80]}")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if not entries:
        raise InputError(f"{path}: empty; make the archive again")
    return entries


def _next_key(file: BinaryIO, path: Path) -> str | None:
    """The key at the file's position, which is moved behind the space after it; None at the end."""
    start = file.tell()
    found = file.read(_LONGEST_KEY)
    if not found.strip():
        return None
    key, space, _ = found.partition(b" ")
    try:
        text = key.lstrip(b"\r\n").decode("utf-8")
        if not space or text.split() != [text] or "\0" in text:
            raise ValueError
    except ValueError:
        raise InputError(
            f"{path}: byte {start}: expected an utterance id and a space, as in a Kaldi archive, "
            f"found {found[:40]!r}; make the archive again"
        ) from None
    file.seek(start + len(key) + 1)
    return text


def _skip(file: BinaryIO, start: int, size: int, where: str) -> None:
    """Move to the end of the matrix that starts here."""
    header = file.read(LONGEST_HEADER)
    file.seek(start)
    if header.lstrip().startswith(b"["):
        for line in file:
            if b"]" in line:
                return
        raise InputError(f"{where}: the closing bracket is missing; make the archive again")
    file.seek(start + binary_length(header, size - start, where))
