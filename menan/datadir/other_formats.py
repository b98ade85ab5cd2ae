"""Matrices in other formats than Kaldi's binary one: Kaldi's text, NumPy's, and those refused."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from menan.errors import InputError

NUMPY = b"\x93NUMPY"  # begins every .npy file
# By first bytes: formats that toolkits keep features in, but that are not read here.
_REFUSED = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"PK\3\4", "a zip file, such as torch.save and numpy.savez write"),
    (b"PKL", "a pickle in an archive"),
    (b"\x80", "a pickle, such as torch.save of old versions writes"),
    (NUMPY, "an array of NumPy within an archive"),
    (b"NPY", "an array of NumPy within an archive"),
    (b"RIFF", "audio (WAV)"),
    (b"fLaC", "audio (FLAC)"),
    (b"AUDIO", "audio in an archive"),
    (b"\0B\4", "a vector of integers"),
    (b"\0BSM ", "a sparse matrix"),
)


def refused_format(header: bytes) -> str | None:
    """The format of a file by its first bytes, if it is one that may hold features; else None.

    >>> refused_format(b"PK\\3\\4...")
    'a zip file, such as torch.save and numpy.savez write'
    """
    return next((name for magic, name in _REFUSED if header.startswith(magic)), None)


def read_text(file: BinaryIO, where: str) -> np.ndarray:
    """The matrix or vector of a Kaldi text archive that starts here: ``[ 1 2.5`` to ``]``.

    kaldiio's reader is not used: it takes all numbers for integers if the first one is.

    Returns:
        float32 (rows, columns); a vector is one row.

    Raises:
        InputError: no such matrix, or an empty one.
    """
    body, bracket = bytearray(), b""
    for line in file:
        numbers, bracket, _ = line.partition(b"]")
        body += numbers
        body += b"\n"
        if bracket:
            break
    lines = bytes(body).strip().removeprefix(b"[").split(b"\n")
    if bracket and not any(line.strip() for line in lines):
        raise InputError(f"{where}: the matrix is empty; make the archive again")
    try:
        if not bracket:
            raise ValueError
        texts = [line.decode("ascii") for line in lines]
        return np.loadtxt(texts, dtype=np.float32, ndmin=2, comments=None)
    except ValueError:
        raise InputError(
            f"{where}: no Kaldi text matrix starts at this byte; make the archive again"
        ) from None


def numpy_shape(path: Path, where: str) -> tuple[int, int]:
    """Rows and columns of a ``.npy`` file, from its header; a vector is one row.

    Raises:
        InputError: damaged, not of numbers, or of other than one or two dimensions.
    """
    try:
        # Mapped, so that a header that announces terabytes is refused before they are reserved.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # a damaged header makes NumPy's parser raise nearly anything
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{where}: {path}: not an array of NumPy ({reason}); save the matrix again"
        ) from None
    if array.ndim not in (1, 2) or array.size == 0 or array.dtype.kind not in "fiu":
        raise InputError(
            f"{where}: {path}: expected numbers (rows, columns), found {array.dtype} of shape "
            f"{array.shape}; save one matrix per file"
        )
    return (1, *array.shape) if array.ndim == 1 else array.shape


def read_numpy(path: Path, where: str) -> np.ndarray:
    """The matrix of a ``.npy`` file, float32 (rows, columns); errors as in :func:`numpy_shape`."""
    shape = numpy_shape(path, where)
    return as_float32(np.load(path, allow_pickle=False)).reshape(shape)


def as_float32(array: np.ndarray) -> np.ndarray:
    """A copy in float32; what is too large for it becomes Inf, which readers of features refuse."""
    with np.errstate(over="ignore"):
        return array.astype(np.float32)
