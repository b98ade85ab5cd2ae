"""A published split or folds as a file: a table of utterances or speakers with their parts."""

from dataclasses import replace
from pathlib import Path

from menan.corpora.delimited import read_rows, require_columns
from menan.datadir.metadata import read_metadata
from menan.datadir.split import find_split, parts_of, split_names
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError, refuse_items

_TABLES = (".csv", ".tsv", ".xlsx", ".parquet")
_KEYS = ("utt", "utterance", "speaker")


def set_split(directory: str | Path, folds: str | Path) -> tuple[int, int]:
    """Write ``utt2split`` or ``utt2fold`` of a data or dump directory by a published protocol.

    Args:
        folds: a CSV, TSV, .xlsx or .parquet file with the columns ``utt`` or ``speaker``, and
            ``split``, or ``fold`` (the fold that tests the utterance); any other file is a Kaldi
            table, ``<utterance or speaker> <split>``.

    Returns:
        Numbers of utterances without a part, and of names in the file that the data lack.

    Raises:
        InputError: malformed files, names that the data lack altogether, a part of a split whose
            name does not begin with train, valid, val, dev, test or eval, or a fold that is called
            like a role or cannot name a file.
    """
    path = Path(folds)
    metadata = read_metadata(directory)
    if path.suffix.lower() in _TABLES:
        column, table = _of_columns(path)
    else:
        column, table = "split", read_table(path)
    parts, absent = parts_of(metadata, table, str(path))
    if column == "split":
        changed = replace(metadata, utt2split=parts, utt2fold={})
    else:
        changed = replace(metadata, utt2split={}, utt2fold=parts)
    try:
        for name in split_names(changed):
            find_split(changed, name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    write_table(Path(directory) / f"utt2{column}", parts)
    return len(metadata.utt2spk) - len(parts), absent


def _of_columns(path: Path) -> tuple[str, dict[str, str]]:
    """The name of the column with the parts, and these by utterance or speaker."""
    columns, rows = read_rows(path)
    key = next((name for name in _KEYS if name in columns), "utt")
    column = "fold" if "fold" in columns else "split"
    require_columns(path, columns, (key, column))
    if column == "fold" and "split" in columns:
        raise InputError(f"{path}:1: has the columns split and fold; keep one of them")
    table: dict[str, str] = {}
    faults = []
    for row in rows:
        if row.is_empty(column):
            continue
        part = row.cells[column]
        try:
            name = row.text(key)
        except InputError as error:
            faults.append(str(error))
            continue
        if part.split() != [part]:
            faults.append(f"{row.where}: {column} {part[:80]!r} has white space; rename it")
        elif table.setdefault(name, part) != part:
            faults.append(
                f"{row.where}: {key} {name!r} is in {part} here and in {table[name]} before; keep "
                "one"
            )
    refuse_items(faults)
    return column, table
