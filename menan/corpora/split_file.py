"""A published split as a file: a table of utterances or speakers with their parts."""

from pathlib import Path

from menan.corpora.delimited import read_rows, require_columns
from menan.datadir.metadata import read_metadata
from menan.datadir.split import split_of
from menan.datadir.tables import read_table, write_table
from menan.errors import InputError, refuse_items

_TABLES = (".csv", ".tsv", ".xlsx", ".parquet")
_KEYS = ("utt", "utterance", "speaker")


def set_split(directory: str | Path, folds: str | Path) -> tuple[int, int]:
    """Write ``utt2split`` of a data or dump directory by a published split.

    Args:
        folds: a CSV, TSV, .xlsx or .parquet file with the columns ``utt`` or ``speaker``, and
            ``split``; any other file is a Kaldi table, ``<utterance or speaker> <split>``.

    Returns:
        Numbers of utterances without a part, and of names in the file that the data lack.

    Raises:
        InputError: malformed files, names that the data lack altogether, or a part whose name does
            not begin with train, valid, val, dev, test or eval.
    """
    path = Path(folds)
    metadata = read_metadata(directory)
    table = _of_columns(path) if path.suffix.lower() in _TABLES else read_table(path)
    parts, absent = split_of(metadata, table, str(path))
    write_table(Path(directory) / "utt2split", parts)
    return len(metadata.utt2spk) - len(parts), absent


def _of_columns(path: Path) -> dict[str, str]:
    columns, rows = read_rows(path)
    key = next((name for name in _KEYS if name in columns), "utt")
    require_columns(path, columns, (key, "split"))
    table: dict[str, str] = {}
    faults = []
    for row in rows:
        if row.is_empty("split"):
            continue
        try:
            name = row.text(key)
        except InputError as error:
            faults.append(str(error))
            continue
        if table.setdefault(name, row.cells["split"]) != row.cells["split"]:
            faults.append(
                f"{row.where}: {key} {name!r} is in {row.cells['split']} here and in {table[name]} "
                "before; keep one"
            )
    refuse_items(faults)
    return table
