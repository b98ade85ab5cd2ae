"""Embeddings as a CSV or TSV file with one row per utterance, as openSMILE and pandas write it."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from menan.analysis.leakage.given_labels import ID_COLUMNS, INDEX, LABEL_COLUMNS, id_column
from menan.corpora.delimited import DelimitedRow, stream_rows
from menan.errors import InputError

# Columns of numbers that are no values of an embedding.
TIME_COLUMNS = ("start", "end", "frametime", "frameindex")
# Columns that are labels even where they hold numbers.
OTHER_LABELS = (
    *("intensity", "statement", "repetition", "text", "sentence", "session", "age", "language"),
    *("corpus", "split", "label", "spk", "actor", "subject", "sex", "class"),
    *("valence", "arousal", "dominance"),
)


@dataclass(frozen=True)
class VectorTable:
    """The rows of a table: ids, vectors, and the cells that are labels.

    vectors: float32 (dims,) each.
    labels: one per row, with its id; empty without a column speaker.
    note: which columns were taken for what.
    """

    utts: list[str]
    vectors: list[np.ndarray]
    labels: list[tuple[str, DelimitedRow]]
    note: str


def read_vector_table(path: Path) -> VectorTable:
    """The embeddings of a table; :func:`menan.corpora.delimited.stream_rows` describes its form.

    The utterance stands in a column utt, id, file, name or filename, or in the first column if it
    has no name. Columns of numbers are values of the embedding, in the order of the file, except
    for the numbers of pandas' index, :data:`TIME_COLUMNS` and :data:`OTHER_LABELS`. The columns
    speaker, emotion, gender and group and all columns of words are labels.

    Raises:
        InputError: a malformed table, no column of numbers, a cell that is not a number in a
            column of numbers, or a number in a column of words.
    """
    columns, rows = stream_rows(path, unnamed=INDEX)
    utt = id_column(path, columns)
    first = next(rows)
    unused = [name for name in columns if name in (*TIME_COLUMNS, INDEX) and name != utt]
    known = {*LABEL_COLUMNS, *OTHER_LABELS, *ID_COLUMNS} - {utt}
    named = [name for name in columns if name in known]
    rest = [name for name in columns if name not in (utt, *unused, *named)]
    values = [name for name in rest if _is_number(first.cells[name])]
    words = [name for name in rest if name not in values]
    if not values:
        raise InputError(
            f"{first.where}: found no numbers; write the values of an embedding as one column each"
        )
    labels = [name for name in columns if name in (*named, *words)]
    if "speaker" not in labels:
        labels, unused = [], [name for name in columns if name != utt and name not in values]
    utts, vectors, labelled = [], [], []
    for row in chain([first], rows):
        _refuse_numbers(row, words, first)
        # openSMILE puts names in single quotes.
        name = row.text(utt).removeprefix("'").removesuffix("'")
        utts.append(name)
        vectors.append(_vector(row, values))
        if labels:
            cells = {column: row.cells[column] for column in labels}
            labelled.append((name, DelimitedRow(row.where, cells)))
    if utt == INDEX and not labels and utts == [str(n) for n in range(len(utts))]:
        raise InputError(
            f"{path}:1: the first column only counts the rows, and the order of labels in another "
            "file may differ; add a column utt with the utterances"
        )
    note = _note(values, labels, unused) + _suspicion(values, vectors)
    return VectorTable(utts, vectors, labelled, note)


def _suspicion(values: list[str], vectors: list[np.ndarray]) -> str:
    """Names columns that hold whole numbers where most do not: they may be labels."""
    whole = np.ones(len(values), dtype=bool)
    constant = whole.copy()
    for vector in vectors:
        whole &= vector == np.round(vector)
        constant &= vector == vectors[0]
    found = [name for name, is_label in zip(values, whole & ~constant, strict=True) if is_label]
    if not found or 2 * len(found) > len(values):
        return ""
    return (
        f"; with whole numbers only: {', '.join(found)[:300]} (if these are labels, remove them or "
        "write them as words)"
    )


def _vector(row: DelimitedRow, values: list[str]) -> np.ndarray:
    """The values of a row, float32 (dims,)."""
    try:
        numbers = np.array([float(row.cells[name]) for name in values], dtype=np.float64)
    except ValueError:
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        numbers = np.array([row.number(name) for name in values])  # names the cell
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _refuse_numbers(row: DelimitedRow, words: list[str], first: DelimitedRow) -> None:
    for name in words:
        if _is_number(row.cells[name]):
            raise InputError(
                f"{row.where}: column {name!r} has the number {row.cells[name][:40]} here and "
                f"{first.cells[name][:40]!r} at {first.where}; correct one of them, or write the "
                "labels in another table"
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _note(values: list[str], labels: list[str], unused: list[str]) -> str:
    parts = [f"{len(values)} columns of values, {values[0]} to {values[-1]}"]
    if labels:
        parts.append(f"labels: {', '.join(labels)}")
    if unused:
        parts.append(f"not used: {', '.join(unused)}")
    return "; ".join(parts)
