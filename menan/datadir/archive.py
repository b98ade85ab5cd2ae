"""Reading Kaldi's matrices: ark files, and the scp tables that point into them.

kaldiio by itself would run ``cmd |`` and unpickle objects; here an entry is a file and an offset,
and its bytes are checked to be a complete matrix before they are read.
"""

import re
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from kaldiio.matio import read_ascii_mat, read_matrix_or_vector

from menan.datadir.tables import read_table
from menan.errors import InputError

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
_BINARY = b"\0B"  # begins every binary matrix and vector
_NUMPY = ".npy"


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
    """The matrix that an scp entry points at; a vector is a matrix of one row.

    Binary matrices, compressed ones (Kaldi --compress) and those in text archives are read, and
    files of NumPy (``.npy``).

    Args:
        rxfilename: ``file.ark:offset``, or a file that contains only the matrix; with rows in
            brackets, ``file.ark:offset[0:99]``, only these, the last included (Kaldi's ranges).
        where: the scp file and line, at the start of error messages.

    Returns:
        float32 (rows, columns), at least one of each.

    Raises:
        InputError: a pipe, a missing file, bytes that are not a matrix, or too few of them.
    """
    whole, first, last = _range(rxfilename)
    matrix = _read(whole, where, "matrix", _MATRIX_TYPES | _VECTOR_TYPES)
    matrix = matrix[None] if matrix.ndim == 1 else matrix
    return matrix[first : _end(len(matrix), first, last, rxfilename, where)]


def matrix_shape(rxfilename: str, where: str) -> tuple[int, int]:
    """Rows and columns of what :func:`read_matrix` reads; of binary matrices only from the header.

    Raises:
        InputError: as :func:`read_matrix`.
    """
    whole, first, last = _range(rxfilename)
    path, offset = _file_and_offset(whole, where)
    shape = None
    if path.is_file() and path.suffix != _NUMPY:
        with path.open("rb") as file:
            file.seek(min(offset, path.stat().st_size))
            if file.read(len(_BINARY)) == _BINARY:
                types = _MATRIX_TYPES | _VECTOR_TYPES
                shape = _binary_shape(file, path, offset, "matrix", types, f"{where}: {whole}")
    rows, columns = shape or read_matrix(whole, where).shape
    return _end(rows, first, last, rxfilename, where) - first, columns


def read_vector(rxfilename: str, where: str) -> np.ndarray:
    """The vector that an scp entry points at, float32 (n,); errors as in :func:`read_matrix`."""
    vector = _read(rxfilename, where, "vector", _VECTOR_TYPES)
    if vector.ndim != 1:
        raise InputError(f"{where}: {rxfilename}: a matrix; expected a vector")
    return vector


def _file_and_offset(rxfilename: str, where: str) -> tuple[Path, int]:
    if rxfilename.startswith("|") or rxfilename.endswith("|"):
        raise InputError(
            f"{where}: {rxfilename!r} is a command; run it, and enter the archive that it writes"
        )
    # More than 18 digits are no offset, and seek() refuses them: they belong to the name.
    match = re.fullmatch(r"(.+?)(?::([0-9]{1,18}))?", rxfilename)
    assert match is not None, rxfilename
    return Path(match[1]), int(match[2] or 0)


def _range(rxfilename: str) -> tuple[str, int, int | None]:
    """The entry without its range of rows, the first row, and the last one if it is named."""
    match = re.fullmatch(r"(.+)\[(\d{1,9}):(\d{1,9})\]", rxfilename)
    return (match[1], int(match[2]), int(match[3])) if match else (rxfilename, 0, None)


def _end(rows: int, first: int, last: int | None, rxfilename: str, where: str) -> int:
    """One more than the last row of a range."""
    end = rows if last is None else last + 1
    if not first < end <= rows:
        raise InputError(f"{where}: {rxfilename}: the matrix has the rows 0 to {rows - 1}")
    return end


def _read(rxfilename: str, where: str, kind: str, types: dict) -> np.ndarray:
    path, offset = _file_and_offset(rxfilename, where)
    try:
        if path.exists() and not path.is_file():  # a pipe or device might never end
            raise InputError(f"{where}: {path} is not a regular file; make the archive again")
        if path.suffix == _NUMPY:
            return _read_numpy(path, where)
        with path.open("rb") as file:
            file.seek(min(offset, path.stat().st_size))  # the system refuses larger offsets
            start = file.read(_LONGEST_HEADER)
            file.seek(min(offset, path.stat().st_size))
            if start.lstrip().startswith(b"["):
                return _read_text(file, kind, f"{where}: {rxfilename}")
            _binary_shape(file, path, offset, kind, types, f"{where}: {rxfilename}")
            file.seek(offset)
            # astype also copies: the array over the bytes of the file is read-only.
            return read_matrix_or_vector(file).astype(np.float32)
    except OSError as error:
        raise InputError(
            f"{where}: {path} cannot be read ({error.strerror}); make the archive again"
        ) from None


def _read_numpy(path: Path, where: str) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{where}: {path}: not an array of NumPy ({reason})") from None
    if array.ndim not in (1, 2) or array.size == 0 or array.dtype.kind not in "fiu":
        raise InputError(
            f"{where}: {path}: an array of {array.dtype} with the shape {array.shape}; expected "
            "numbers (rows, columns)"
        )
    return array.astype(np.float32)


def _read_text(file: BinaryIO, kind: str, where: str) -> np.ndarray:
    try:
        array = np.asarray(read_ascii_mat(file), dtype=np.float32)
    except (ValueError, RuntimeError, AssertionError, IndexError):
        raise InputError(
            f"{where}: no Kaldi text {kind} starts at this byte; make the archive again"
        ) from None
    if array.size == 0:
        raise InputError(f"{where}: the {kind} is empty; make the archive again")
    return array


def _binary_shape(
    file: BinaryIO, path: Path, offset: int, kind: str, types: dict, where: str
) -> tuple[int, int]:
    """Rows and columns of the binary matrix at ``offset``, all of whose values are there.

    Raises:
        InputError: bytes that are no such matrix.
    """
    size = path.stat().st_size
    file.seek(min(offset, size))
    header = file.read(_LONGEST_HEADER)
    shape, fault = _shape_or_fault(header, size - offset, kind, types)
    if fault:
        raise InputError(f"{where}: {fault}; make the archive again")
    return shape


def _shape_or_fault(
    header: bytes, size: int, kind: str, types: dict
) -> tuple[tuple[int, int], str]:
    """Rows and columns, or what is wrong with ``size`` bytes that begin with ``header``."""
    none = 0, 0
    token = next((token for token in types if header.startswith(token)), None)
    if token is None:
        return none, f"no Kaldi {kind} starts at this byte"
    layout, element, column = types[token]
    start = len(token) + struct.calcsize(layout)
    if len(header) < start:
        return none, f"the {kind} is cut short"
    # Kaldi puts its size in front of each integer, but not in compressed matrices.
    if layout.startswith("<x") and any(header[at] != 4 for at in range(len(token), start, 5)):
        return none, f"the {kind}'s header is damaged"
    sizes = struct.unpack(layout, header[len(token) : start])
    rows, columns = sizes if len(sizes) == 2 else (1, *sizes)
    if rows < 1 or columns < 1:
        return none, f"the {kind} is empty"
    if start + columns * (rows * element + column) > size:
        return none, f"the {kind} is cut short"
    return (rows, columns), ""
