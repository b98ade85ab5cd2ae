"""Reading Kaldi's matrices: ark files, and the scp tables that point into them.

kaldiio by itself would run ``cmd |`` and unpickle objects; here an entry is a file and an offset,
and its bytes are checked to be a complete matrix before they are read.
"""

import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from kaldiio.matio import read_matrix_or_vector

from menan.datadir.other_formats import (
    NUMPY,
    as_float32,
    numpy_shape,
    read_numpy,
    read_text,
    refused_format,
)
from menan.datadir.scp_entry import ScpEntry
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
_FEATURE_TYPES = _MATRIX_TYPES | _VECTOR_TYPES
_LONGEST_HEADER = 22
_CONVERT = "write the features as a Kaldi archive or as .npy files"


def read_scp(path: str | Path) -> dict[str, str]:
    """The entries of an scp file: utterance to ``file.ark:offset``, in the order of the file.

    Raises:
        InputError: a missing or malformed file, or an entry that is a pipe.
    """
    table = read_table(path)
    for number, entry in enumerate(table.values(), start=1):
        ScpEntry.parse(entry, f"{path}:{number}")
    return table


def read_matrix(rxfilename: str, where: str) -> np.ndarray:
    """The matrix that an scp entry points at; a vector is a matrix of one row.

    Binary matrices, compressed ones (Kaldi --compress) and those in text archives are read, and
    files of NumPy (``.npy``).

    Args:
        rxfilename: ``file.ark:offset``, or a file that contains only the matrix; with a range in
            brackets, ``file.ark:offset[0:99]``, only these rows, the last included, and with
            ``[0:99,0:12]`` only these columns (Kaldi util/kaldi-holder.cc).
        where: the scp file and line, at the start of error messages.

    Returns:
        float32 (rows, columns), at least one of each.

    Raises:
        InputError: a pipe, a missing file, bytes that are not a matrix, or too few of them.
    """
    entry = ScpEntry.parse(rxfilename, where)
    with _opened(entry, where) as (file, header, size):
        if _is_numpy(entry, header):
            matrix = read_numpy(entry.path, where)
        elif _is_text(header):
            matrix = read_text(file, f"{where}: {entry.place}")
        else:
            _binary_shape(entry, header, size, "matrix", _FEATURE_TYPES, where)
            matrix = np.atleast_2d(as_float32(read_matrix_or_vector(file)))
    return matrix[entry.part(matrix.shape, where)]


def matrix_shape(rxfilename: str, where: str) -> tuple[int, int]:
    """Rows and columns of what :func:`read_matrix` reads, from headers except in text archives.

    Raises:
        InputError: as :func:`read_matrix`.
    """
    entry = ScpEntry.parse(rxfilename, where)
    with _opened(entry, where) as (file, header, size):
        if _is_numpy(entry, header):
            shape = numpy_shape(entry.path, where)
        elif _is_text(header):
            shape = read_text(file, f"{where}: {entry.place}").shape
        else:
            shape = _binary_shape(entry, header, size, "matrix", _FEATURE_TYPES, where)
    rows, columns = entry.part(shape, where)
    return rows.stop - rows.start, columns.stop - columns.start


def read_vector(rxfilename: str, where: str) -> np.ndarray:
    """The binary vector of an scp entry, float32 (n,); errors as in :func:`read_matrix`."""
    entry = ScpEntry.parse(rxfilename, where)
    with _opened(entry, where) as (file, header, size):
        _binary_shape(entry, header, size, "vector", _VECTOR_TYPES, where)
        return as_float32(read_matrix_or_vector(file))


def refuse_missing_archives(scp: dict[str, str], path: Path) -> None:
    """Check that the archives of an scp file are there, each once.

    Raises:
        InputError: one that is not; it names a relative path that leads to it from the folder of
            the scp file, but not from the working directory.
    """
    archives: dict[Path, str] = {}
    for utt, text in scp.items():
        archives.setdefault(ScpEntry.parse(text, f"{path}: {utt}").path, utt)
    for archive, utt in archives.items():
        if not archive.is_absolute() and not _exists(archive) and _exists(path.parent / archive):
            raise InputError(
                f"{path}: {utt}: {archive} is relative to {path.parent}, not to the working "
                f"directory as in Kaldi; start the command in {path.parent}"
            )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


@contextmanager
def _opened(entry: ScpEntry, where: str) -> Iterator[tuple[BinaryIO, bytes, int]]:
    """The file of an entry at its byte, the header there, and the number of bytes from there on."""
    path = entry.path
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # a pipe or device might never end
            raise InputError(f"{where}: {path} is not a regular file; make the archive again")
        with path.open("rb") as file:
            start = min(entry.offset, facts.st_size)  # the system refuses larger offsets
            file.seek(start)
            header = file.read(_LONGEST_HEADER)
            file.seek(start)
            yield file, header, facts.st_size - start
    except FileNotFoundError:
        raise InputError(f"{where}: {_missing(path)}") from None
    except OSError as error:
        raise InputError(
            f"{where}: {path} cannot be read ({error.strerror}); make the archive again"
        ) from None


def _missing(path: Path) -> str:
    """What to say of a file that is not there."""
    file, colon, _ = str(path).rpartition(":")
    if colon and Path(file).is_file():
        with Path(file).open("rb") as opened:
            found = refused_format(opened.read(_LONGEST_HEADER)) or "another key"
        return f"{path}: expected a file and a byte, found {found}; {_CONVERT}"
    if path.is_absolute():
        return f"{path} cannot be read (No such file or directory); make the archive again"
    return (
        f"{path} cannot be read (No such file or directory) from the working directory "
        f"{Path.cwd()}; start the command where this path leads to the archive"
    )


def _is_numpy(entry: ScpEntry, header: bytes) -> bool:
    return entry.offset == 0 and header.startswith(NUMPY)


def _is_text(header: bytes) -> bool:
    return header.lstrip().startswith(b"[")


def _binary_shape(
    entry: ScpEntry, header: bytes, size: int, kind: str, types: dict, where: str
) -> tuple[int, int]:
    """Rows and columns of the binary matrix at an entry's byte, all of whose values are there.

    Raises:
        InputError: bytes that are not such a matrix.
    """
    shape, fault = _shape_or_fault(header, size, kind, types)
    if fault:
        cure = "make the archive again"
        if not header.startswith(tuple(types)) and (found := refused_format(header)):
            fault, cure = f"expected a Kaldi {kind}, found {found}", _CONVERT
        raise InputError(f"{where}: {entry.place}: {fault}; {cure}")
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
