"""Writing files atomically: a file appears complete or not at all."""

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside ``path``; renamed to ``path`` when the block ends without an error.

    On an exception the temporary file is removed, and an existing ``path`` is left as it was. The
    temporary file of a killed process is removed by the next process that writes to ``path``.
    Missing parent directories are made.

    Raises:
        OSError: see :func:`naming`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: numpy and matplotlib choose the format by the suffix.
    beside = path.with_name(f".menan-{os.getpid()}.{path.name}")
    _remove_leftovers(path)
    try:
        with naming(path):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Add ``path`` to an OSError that names no file, such as that of a full disk."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def atomic_open(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Like ``open`` for writing, through :func:`atomic_path`; text is UTF-8 with Unix newlines."""
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    with (
        atomic_path(path) as beside,
        open(beside, mode, encoding=encoding, newline=newline) as file,
    ):
        yield file


def write_together(contents: Mapping[Path, str | bytes]) -> None:
    """Write files that belong together: on a full disk none of them is replaced.

    The first file marks the set as complete: it is removed before the others are replaced, and
    written last.
    """
    with ExitStack() as files:
        # The stack closes the files, and so renames them, in reverse order.
        for path, content in contents.items():
            mode = "wb" if isinstance(content, bytes) else "w"
            file = files.enter_context(atomic_open(path, mode))
            file.write(content)
            file.flush()  # a full disk must show before the first file is replaced
        next(iter(contents)).unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    for leftover in path.parent.glob(f".menan-*.{glob.escape(path.name)}"):
        process = leftover.name.split(".")[1].removeprefix("menan-")
        if process.isdecimal() and not _is_alive(int(process)):
            leftover.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # a process of another user
    return True
