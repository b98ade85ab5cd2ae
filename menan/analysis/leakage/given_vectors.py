"""Vectors of utterances in files of anybody's: Kaldi's, NumPy's, and tables with a row for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.analysis.leakage.given_labels import GivenLabels, labels_of_rows
from menan.analysis.leakage.given_table import read_vector_table
from menan.analysis.vectors import stack_vectors
from menan.corpora.delimited import DelimitedRow
from menan.datadir.archive import read_matrix, read_scp, refuse_missing_archives
from menan.datadir.ark_index import index_ark
from menan.datadir.numpy_archive import read_npz
from menan.datadir.other_formats import as_float32, read_numpy
from menan.datadir.tables import read_lines
from menan.errors import InputError

# Names in an .npz file: of the ids of the rows, and of the matrix that has the rows.
ID_ARRAYS = ("ids", "utts", "names")
MATRIX_ARRAYS = ("embeddings", "x")


@dataclass(frozen=True)
class GivenVectors:
    """Vectors by utterance, in the order of their file.

    x: float64 (utterances, dims), rounded to single precision: all formats give the same numbers.
    labels: the labels in the same file; None without any.
    note: what of the file was used, where a reader had to choose; empty otherwise.
    """

    utts: tuple[str, ...]
    x: np.ndarray
    labels: GivenLabels | None = None
    note: str = ""


def read_given_vectors(path: Path) -> GivenVectors:
    """The vectors of a file, by its ending.

    - ``.scp``, or a directory with ``embeddings.scp``: vectors, or matrices of one row.
    - ``.ark``, ``.txt``: a Kaldi archive, binary or text.
    - ``.npz``: ids (:data:`ID_ARRAYS`) and a matrix (:data:`MATRIX_ARRAYS`), and optionally arrays
      of labels; or one array per utterance, whose name is the id.
    - ``.npy``: a matrix; the ids of its rows stand in a file of the same name that ends with
      ``.ids``, one per line.
    - ``.csv``, ``.tsv``: :func:`menan.analysis.leakage.given_table.read_vector_table`.

    Raises:
        InputError: another ending, a malformed file, two vectors of one utterance, vectors of
            different length, NaN or Inf.
    """
    if path.is_dir():
        path = path / "embeddings.scp"
    if (read := READERS.get(path.suffix.lower())) is None:
        raise InputError(
            f"{path}: expected embeddings in a file that ends with {' '.join(READERS)}, found "
            f"{path.suffix or 'no ending'}; save them as one of these"
        )
    if not path.exists():
        raise InputError(f"{path}: cannot be read (No such file or directory)")
    return read(path)


def _scp(path: Path) -> GivenVectors:
    entries = read_scp(path)
    refuse_missing_archives(entries, path)
    return _of_entries(path, entries)


def _ark(path: Path) -> GivenVectors:
    return _of_entries(path, index_ark(path))


def _of_entries(path: Path, entries: dict[str, str]) -> GivenVectors:
    if not entries:
        raise InputError(f"{path}: empty; write the embeddings again")
    matrices = (read_matrix(entry, f"{path}: {utt}") for utt, entry in entries.items())
    vectors = [
        _row(matrix, f"{path}: {utt}") for utt, matrix in zip(entries, matrices, strict=True)
    ]
    return _stacked(path, list(entries), vectors)


def _npy(path: Path) -> GivenVectors:
    ids = path.with_suffix(".ids")
    if not ids.exists():
        raise InputError(
            f"{path}: the ids of its rows are missing; write them into {ids}, one per line, or "
            "save ids and embeddings together as .npz"
        )
    matrix = read_numpy(path, str(path))
    utts = read_lines(ids)
    for number, utt in enumerate(utts, start=1):
        if utt.split() != [utt]:
            raise InputError(f"{ids}:{number}: expected one id, found {utt[:80]!r}; correct it")
    if len(utts) != len(matrix):
        raise InputError(
            f"{ids}: {len(utts)} ids, but {path} has {len(matrix)} rows; write one id for each"
        )
    return _stacked(path, utts, list(matrix), ids)


def _npz(path: Path) -> GivenVectors:
    arrays = read_npz(path)
    ids = [name for name in ID_ARRAYS if name in arrays]
    matrices = [name for name in MATRIX_ARRAYS if name in arrays]
    if len(ids) == 1 and len(matrices) == 1:
        return vectors_of_arrays(path, ids[0], matrices[0], arrays)
    if ids:
        raise InputError(
            f"{path}: expected one array of ids ({' or '.join(ID_ARRAYS)}) and one of embeddings "
            f"({' or '.join(MATRIX_ARRAYS)}), found {', '.join(arrays)[:200]}; rename them"
        )
    vectors = []
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or array.size == 0:
            raise InputError(
                f"{path}: {name!r}: expected numbers (dims,), found {array.dtype} of shape "
                f"{array.shape}; save a vector per utterance, or the arrays {ID_ARRAYS[0]} and "
                f"{MATRIX_ARRAYS[0]}"
            )
        vectors.append(_row(np.atleast_2d(as_float32(array)), f"{path}: {name}"))
    return _stacked(path, list(arrays), vectors)


def vectors_of_arrays(
    path: Path, ids: str, matrix: str, arrays: dict[str, np.ndarray]
) -> GivenVectors:
    """Vectors and labels in arrays that have one entry per utterance.

    Args:
        path: begins messages.
        ids, matrix: names of the array of ids, and of the embeddings (utterances, dims).
        arrays: by name; all others are labels, words (utterances,), one of them ``speaker``.

    Raises:
        InputError: arrays of another shape or kind, an id that is there twice, values that are not
            finite, or labels that contradict each other.
    """
    arrays = dict(arrays)
    x = arrays.pop(matrix)
    if x.ndim != 2 or x.size == 0 or x.dtype.kind not in "fiu":
        raise InputError(
            f"{path}: {matrix}: expected numbers (utterances, dims), found {x.dtype} of shape "
            f"{x.shape}; save one row per utterance"
        )
    for name, array in arrays.items():
        if array.shape != (len(x),) or array.dtype.kind == "f":
            raise InputError(
                f"{path}: {name[:80]!r}: expected {len(x)} words, one for each row of {matrix}, "
                f"found {array.dtype} of shape {array.shape}; correct it or leave it out"
            )
    columns = {name: _texts(array, f"{path}: {name}") for name, array in arrays.items()}
    utts = columns.pop(ids)
    labels = None
    if columns:
        if "speaker" not in columns:
            raise InputError(
                f"{path}: has labels ({', '.join(columns)[:200]}), but no array 'speaker'; add it, "
                "or leave them out and give a table of labels"
            )
        names = list(columns)
        rows = zip(utts, zip(*columns.values(), strict=True), strict=True)
        labels = labels_of_rows(
            path,
            (
                (utt, DelimitedRow(f"{path}: {utt}", dict(zip(names, cells, strict=True))))
                for utt, cells in rows
            ),
        )
    return _stacked(path, utts, list(as_float32(x)), labels=labels)


def _table(path: Path) -> GivenVectors:
    table = read_vector_table(path)
    labels = labels_of_rows(path, table.labels) if table.labels else None
    note = f"{path}: {table.note}"
    return _stacked(path, table.utts, table.vectors, labels=labels, note=note)


def _texts(array: np.ndarray, where: str) -> list[str]:
    """An array of words as text, without outer spaces."""
    if array.dtype.kind != "S":
        return [str(value).strip() for value in array.tolist()]
    try:
        return [value.decode("utf-8").strip() for value in array.tolist()]
    except UnicodeDecodeError:
        raise InputError(f"{where}: not UTF-8 text; save it by .astype(str)") from None


def _row(matrix: np.ndarray, where: str) -> np.ndarray:
    if len(matrix) != 1:
        raise InputError(
            f"{where}: expected one vector, found {len(matrix)} rows of {matrix.shape[1]} values; "
            "pool the utterance to one"
        )
    return matrix[0]


def _stacked(
    path: Path,
    utts: Sequence[str],
    vectors: Sequence[np.ndarray],
    ids: Path | None = None,
    labels: GivenLabels | None = None,
    note: str = "",
) -> GivenVectors:
    """Checked: ``ids`` is the file in which the ids stand if it is not ``path``."""
    seen: set[str] = set()
    for number, utt in enumerate(utts, start=1):
        if not utt or utt in seen:
            fault = f"{utt!r} is there twice" if utt else "an empty id"
            raise InputError(f"{ids or path}: row {number}: {fault}; give each row its own id")
        seen.add(utt)
    return GivenVectors(tuple(utts), stack_vectors(utts, vectors, path, "write them"), labels, note)


READERS: dict[str, Callable[[Path], GivenVectors]] = {
    ".scp": _scp,
    ".ark": _ark,
    ".txt": _ark,
    ".npz": _npz,
    ".npy": _npy,
    ".csv": _table,
    ".tsv": _table,
}
