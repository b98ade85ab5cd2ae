"""Reading Kaldi's matrices: ark files, and the scp tables that point into them.

kaldiio by itself would run ``cmd |`` and unpickle objects; here an entry is a file and an offset,
and its bytes are checked to be a complete matrix before they are read.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from kaldiio.matio import read_matrix_or_vector

from menan.datadir.kaldi_header import (
    CONVERT,
    FEATURE_TYPES,
    LONGEST_HEADER,
    VECTOR_TYPES,
    binary_shape,
)
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
            binary_shape(header, size, "matrix", FEATURE_TYPES, f"{where}: {entry.place}")
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
            shape = binary_shape(header, size, "matrix", FEATURE_TYPES, f"{where}: {entry.place}")
    rows, columns = entry.part(shape, where)
    return rows.stop - rows.start, columns.stop - columns.start


def read_vector(rxfilename: str, where: str) -> np.ndarray:
    """The binary vector of an scp entry, float32 (n,); errors as in :func:`read_matrix`."""
    entry = ScpEntry.parse(rxfilename, where)
    with _opened(entry, where) as (file, header, size):
        binary_shape(header, size, "vector", VECTOR_TYPES, f"{where}: {entry.place}")
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
            header = file.read(LONGEST_HEADER)
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
            found = refused_format(opened.read(LONGEST_HEADER)) or "another key"
        return f"{path}: expected a file and a byte, found {found}; {CONVERT}"
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
