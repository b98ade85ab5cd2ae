"""Kaldi's binary matrices: ark files, and the scp tables that point into them.

Only this module uses kaldiio. kaldiio by itself would run ``cmd |`` and unpickle objects; here an
entry is a file and an offset, and its bytes are checked to be a complete matrix before they are
read.
"""

import re
import struct
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import kaldiio
import numpy as np
from kaldiio.matio import read_matrix_or_vector

from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.files.atomic import atomic_open

# By token of a type: layout of rows and columns after it, bytes per element, bytes of headers per
# column (Kaldi matrix/kaldi-matrix.cc, matrix/compressed-matrix.h).
_MATRIX_TYPES = {
    b"\0BFM ": ("<xixi", 4, 0),
    b"\0BDM ": ("<xixi", 8, 0),
    b"\0BCM ": ("<8xii", 1, 8),
    b"\0BCM2 ": ("<8xii", 2, 0),
    b"\0BCM3 ": ("<8xii", 1, 0),
}
# The same for vectors, which have a length only.
_VECTOR_TYPES = {b"\0BFV ": ("<xi", 4, 0), b"\0BDV ": ("<xi", 8, 0)}
_LONGEST_HEADER = 22


def read_scp(path: str | Path) -> dict[str, str]:
    """The entries of an scp file: utterance to ``file.ark:offset``, in the order of the file.

    Raises:
        InputError: a missing or malformed file, or an entry that is a pipe.
    """
    table = read_table(path)
    for number, entry in enumerate(table.values(), start=1):
        _file_and_offset(entry, f"{path}:{number}")
    return table


def read_matrix(rxfilename: str, where: str) -> np.ndarray:
    """The matrix that an scp entry points at, compressed ones (Kaldi --compress) included.

    Args:
        rxfilename: ``file.ark:offset``, or a file that contains only the matrix.
        where: the scp file and line, at the start of error messages.

    Returns:
        float32 (rows, columns), at least one of each.

    Raises:
        InputError: a pipe, a missing file, bytes that are not a matrix, or too few of them.
    """
    return _read(rxfilename, where, "matrix", _MATRIX_TYPES)


def read_vector(rxfilename: str, where: str) -> np.ndarray:
    """The vector that an scp entry points at, float32 (n,); errors as in :func:`read_matrix`."""
    return _read(rxfilename, where, "vector", _VECTOR_TYPES)


class ArchiveWriter:
    """Writes ``<name>.ark`` and ``<name>.scp``, one matrix at a time, as a context manager.

    Both files appear when the block ends without an exception. The scp contains the absolute path
    of the ark, as with Kaldi's make_fbank.sh, so that it can be read from any directory.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ArchiveWriter(folder, "feats") as writer:
    ...         writer.write("a", np.ones((3, 2), np.float32))
    ...     read_matrix(read_scp(f"{folder}/feats.scp")["a"], "feats.scp:1").shape
    (3, 2)
    """

    def __init__(self, directory: str | Path, name: str):
        self._ark_path = Path(directory).absolute() / f"{name}.ark"
        self._scp_path = self._ark_path.with_name(f"{name}.scp")
        if re.search(r"\s", str(self._ark_path)):
            raise InputError(
                f"{self._ark_path}: scp files cannot contain paths with white space; use another"
            )

    def __enter__(self) -> "ArchiveWriter":
        with ExitStack() as opened:
            # Closed in reverse order: the scp appears last, when its ark is there.
            self._scp = opened.enter_context(atomic_open(self._scp_path))
            self._ark = opened.enter_context(atomic_open(self._ark_path, "wb"))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if kind is None:
            self.flush()
            # An scp file must not point into an archive that it does not belong to.
            self._scp_path.unlink(missing_ok=True)
        return self._opened.__exit__(kind, error, trace)

    def flush(self) -> None:
        """Write out buffers, so that a full disk is noticed before files are replaced."""
        self._ark.flush()
        self._scp.flush()

    def write(self, key: str, values: np.ndarray) -> None:
        """Append a float32 matrix (rows, columns), or a vector (n,); keys come sorted."""
        assert values.dtype == np.float32, values.dtype
        assert values.ndim in (1, 2), values.shape
        assert key.split() == [key], key
        offset = self._ark.tell() + len(f"{key} ".encode())
        kaldiio.save_ark(self._ark, {key: values})
        self._scp.write(f"{key} {self._ark_path}:{offset}\n")


def _file_and_offset(rxfilename: str, where: str) -> tuple[Path, int]:
    if rxfilename.startswith("|") or rxfilename.endswith("|"):
        raise InputError(
            f"{where}: {rxfilename!r} is a command; run it, and enter the archive that it writes"
        )
    # More than 18 digits are no offset, and seek() refuses them: they belong to the name.
    match = re.fullmatch(r"(.+?)(?::([0-9]{1,18}))?", rxfilename)
    assert match is not None, rxfilename
    return Path(match[1]), int(match[2] or 0)


def _read(rxfilename: str, where: str, kind: str, types: dict) -> np.ndarray:
    path, offset = _file_and_offset(rxfilename, where)
    try:
        if path.exists() and not path.is_file():  # a pipe or device might never end
            raise InputError(f"{where}: {path} is not a regular file; make the archive again")
        with path.open("rb") as file:
            fault = _fault(file, offset, path.stat().st_size, kind, types)
            if fault is not None:
                raise InputError(f"{where}: {rxfilename}: {fault}; make the archive again")
            file.seek(offset)
            # astype also copies: the array over the bytes of the file is read-only.
            return read_matrix_or_vector(file).astype(np.float32)
    except OSError as error:
        raise InputError(
            f"{where}: {path} cannot be read ({error.strerror}); make the archive again"
        ) from None


def _fault(file: BinaryIO, offset: int, size: int, kind: str, types: dict) -> str | None:
    """The fault of the bytes at ``offset``; None for a header with all of its values after it."""
    file.seek(min(offset, size))  # the system refuses larger offsets
    header = file.read(_LONGEST_HEADER)
    token = next((token for token in types if header.startswith(token)), None)
    if token is None:
        return f"no Kaldi binary {kind} starts at this byte"
    layout, element, column = types[token]
    start = len(token) + struct.calcsize(layout)
    if len(header) < start:
        return f"the {kind} is cut short"
    # Kaldi puts its size in front of each integer, but not in compressed matrices.
    if layout.startswith("<x") and any(header[at] != 4 for at in range(len(token), start, 5)):
        return f"the {kind}'s header is damaged"
    rows, columns = (*struct.unpack(layout, header[len(token) : start]), 1)[:2]
    if rows < 1 or columns < 1:
        return f"the {kind} is empty"
    if offset + start + columns * (rows * element + column) > size:
        return f"the {kind} is cut short"
    return None
