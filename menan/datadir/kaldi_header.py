"""Headers of Kaldi's binary matrices and vectors: their sizes, checked against the file's."""

import struct

from menan.datadir.other_formats import refused_format
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
VECTOR_TYPES = {b"\0BFV ": ("<xi", 4, 0), b"\0BDV ": ("<xi", 8, 0)}
FEATURE_TYPES = _MATRIX_TYPES | VECTOR_TYPES
LONGEST_HEADER = 22
CONVERT = "write the features as a Kaldi archive or as .npy files"


def binary_shape(
    header: bytes, size: int, kind: str, types: dict[bytes, tuple[str, int, int]], where: str
) -> tuple[int, int]:
    """Rows and columns of a binary matrix, all of whose values are there; a vector is one row.

    Args:
        header: the first :data:`LONGEST_HEADER` bytes of the matrix.
        size: number of bytes from its start to the end of the file.
        kind: matrix or vector, for messages.
        types: the types that are accepted.
        where: scp file and line, and the file and byte, at the start of error messages.

    Raises:
        InputError: bytes that are not such a matrix.
    """
    return _sizes(header, size, kind, types, where)[:2]


def binary_length(header: bytes, size: int, where: str) -> int:
    """Number of bytes of a binary matrix or vector; arguments and errors as above."""
    return _sizes(header, size, "vector or matrix", FEATURE_TYPES, where)[2]


def _sizes(
    header: bytes, size: int, kind: str, types: dict[bytes, tuple[str, int, int]], where: str
) -> tuple[int, int, int]:
    """Rows, columns and bytes."""
    sizes, fault = _sizes_or_fault(header, size, kind, types)
    if fault:
        cure = "make the archive again"
        if not header.startswith(tuple(types)) and (found := refused_format(header)):
            fault, cure = f"expected a Kaldi {kind}, found {found}", CONVERT
        raise InputError(f"{where}: {fault}; {cure}")
    return sizes


def _sizes_or_fault(
    header: bytes, size: int, kind: str, types: dict[bytes, tuple[str, int, int]]
) -> tuple[tuple[int, int, int], str]:
    """Rows, columns and bytes, or what is wrong with ``size`` bytes that begin with ``header``."""
    none = 0, 0, 0
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
    length = start + columns * (rows * element + column)
    if length > size:
        return none, f"the {kind} is cut short"
    return (rows, columns, length), ""
