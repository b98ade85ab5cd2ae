"""Files that appear whole or not at all."""

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; renamed to ``path`` when the block ends well.

    On an exception the beginnings are removed and what stood under ``path`` stays as it was; those
    of a killed process are removed by the next one that writes to ``path``. Missing parent folders
    are made.

    Raises:
        OSError: see :func:`naming`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: numpy and matplotlib choose the format by it.
    beside = path.with_name(f".menan-{os.getpid()}.{path.name}")
    _remove_beginnings(path)
    try:
        with naming(path):
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Name ``path`` in an OSError of the block that names no file: that of a full disk does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def atomic_open(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """Like ``open`` for writing, through :func:`atomic_path`; text is UTF-8 with Unix lines."""
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    with atomic_path(path) as beside, open(beside, mode, **text) as file:
        yield file


def write_together(texts: Mapping[Path, str]) -> None:
    """Write text files that belong together: on a full disk none of them is replaced.

    The first vouches for the others: it is missing while they are replaced, and there again last.
    """
    with ExitStack() as files:
        # Closed, and so put into place, in reverse order.
        for path, text in texts.items():
            file = files.enter_context(atomic_open(path))
            file.write(text)
            file.flush()  # what is buffered would find the disk full too late
        next(iter(texts)).unlink(missing_ok=True)


def _remove_beginnings(path: Path) -> None:
    for beginning in path.parent.glob(f".menan-*.{glob.escape(path.name)}"):
        process = beginning.name.split(".")[1].removeprefix("menan-")
        if process.isdecimal() and not _is_alive(int(process)):
            beginning.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True
