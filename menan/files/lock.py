"""Locks on directories: two commands never write to the same output at once."""

import contextlib
import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from menan.errors import InputError
from menan.files.atomic import naming

NAME = ".lock"
# Errors of file systems without locks (some mounts of NFS and Lustre).
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
# A job that checks whether the lock is held takes it for some microseconds.
_TRIES, _PAUSE_SECONDS = 5, 0.02


@contextmanager
def only_writer(directory: str | Path) -> Iterator[Path]:
    """Lock a directory for writing; no other command of menan writes to it meanwhile.

    A missing directory is made. If the block fails, directories that were made for it and are still
    empty are removed. The operating system releases the lock when the process ends, even if it is
    killed.

    Raises:
        InputError: another process holds the lock (the message names it), or the path is not a
            directory.
    """
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory}: exists and is not a directory; use another path")
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with _held(directory):
            yield directory
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):  # it holds finished results
                path.rmdir()
        raise


class Holder:
    """The lock holder at the time of construction.

    A job uses it to notice that the command that started it has ended.
    """

    def __init__(self, directory: Path):
        self.directory = directory
        self.name = _holder(directory)

    def check(self) -> None:
        """Raise :class:`InputError` if the lock is free or has another holder.

        A job that outlives its command must not write among the files of the next command.
        """
        if not self.name or _holder(self.directory) != self.name:
            raise InputError(f"{self.directory}: the command that started this job has ended")


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    path = directory / NAME
    with _acquire(directory) as file:
        try:
            since = time.strftime("%Y-%m-%d %H:%M:%S")
            name, host = Path(sys.argv[0]).name, socket.gethostname()
            with naming(path):
                file.truncate(0)
                file.write(f"{name} (process {os.getpid()} on {host}, since {since})")
                file.flush()
            yield
        finally:
            path.unlink(missing_ok=True)


def _acquire(directory: Path) -> TextIO:
    path = directory / NAME
    for _ in range(_TRIES):
        file = path.open("a+", encoding="utf-8", errors="replace")
        if _lock(file):
            # The last holder may have removed the file before we locked it.
            if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
        else:
            time.sleep(_PAUSE_SECONDS)
        file.close()
    holder = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    raise InputError(
        f"{directory}: {holder or 'another process'} is writing to it; wait until it ends, or "
        "use another directory"
    )


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        print(f"warning: {file.name}: this file system does not support locks", file=sys.stderr)
    return True


def _holder(directory: Path) -> str:
    """The content of the lock file; empty if the lock is free."""
    try:
        with (directory / NAME).open(encoding="utf-8", errors="replace") as file:
            name = file.read()
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return name
            return ""
    except FileNotFoundError:
        return ""
