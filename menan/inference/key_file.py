"""Files with a secret key: 32 bytes from the operating system, which only the owner may read."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from menan.errors import InputError
from menan.files.atomic import naming

KEY_BYTES = 32


def read_or_make_key(path: Path) -> bytes:
    """The key in a file; a missing file is made, whole and with mode 600.

    Raises:
        InputError: a file that is not 32 bytes long, or that others than its owner may read.
    """
    if not os.path.lexists(path):
        with suppress(FileExistsError):  # another job was faster
            _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a new key; raise FileExistsError if ``path`` exists, even since a moment ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".menan-{os.getpid()}.{path.name}")
    with suppress(FileNotFoundError):
        beside.unlink()  # left by a killed process of the same number
    try:
        with naming(path):
            made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(made, "wb") as file:
                file.write(os.urandom(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())  # after a crash of the machine the key must not be zeros
            os.link(beside, path)  # the key appears whole, and never replaces another
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    # A pipe in place of the key would block.
    with naming(path), open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path}: not a regular file; give a file for the noise key")
        if status.st_size != KEY_BYTES:
            raise InputError(
                f"{path}: expected a noise key of {KEY_BYTES} bytes, found {status.st_size} bytes; "
                "give the right file, or a name that does not exist yet, for a new key"
            )
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise InputError(
                f"{path}: expected a noise key that only its owner may read, found mode "
                f"{mode:03o}; run chmod 600 on it, or give a name that does not exist "
                "yet for a new key, if others may have read this one"
            )
        return file.read()
