"""Rows of a CSV or TSV file, each with its place for error messages."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from menan.corpora.sheets import open_sheet
from menan.errors import InputError

# What programs write where nothing is known, such as pandas, R (NA) and Python (None).
EMPTY = ("", "nan", "nat", "null", "<na>", "n/a", "na", "none")
# What stands for a speaker or an emotion that nobody knows, whatever its case.
UNKNOWN_NAMES = ("unknown", "unk", "?", "-", *EMPTY)
# A duration as pandas and audformat write it, 0 days 00:00:01.900000, or subtitles, 00:00:01,900.
_DURATION = re.compile(r"(?:(\d{1,4}) days? )?(\d{1,2}):(\d{2}):(\d{2}(?:[.,]\d+)?)")


@dataclass(frozen=True)
class DelimitedRow:
    """One row: its place (``file:line``), and its cells by column name, without outer spaces.

    decimal_comma: whether a number may have a decimal comma.
    """

    where: str
    cells: dict[str, str]
    decimal_comma: bool = False

    def is_empty(self, column: str) -> bool:
        """Whether the column is missing, or the cell is empty or says so, such as ``NaN``."""
        return self.cells.get(column, "").lower() in EMPTY

    def text(self, column: str) -> str:
        """The cell, which must not be empty."""
        if not self.cells[column]:
            raise InputError(f"{self.where}: the {column} cell is empty; fill it")
        return self.cells[column]

    def number(self, column: str) -> float:
        """The cell as a finite number."""
        text = self.text(column)
        try:
            value = float(text.replace(",", ".") if self.decimal_comma else text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            cure = ""
            if ":" in text:
                cure = "; write seconds, or hh:mm:ss"
            elif "," in text and "." in text:
                cure = "; write it without thousands separators"
            elif "," in text:
                cure = "; write a decimal point"
            raise InputError(
                f"{self.where}: expected a number as {column}, found {text[:80]!r}{cure}"
            )
        return value

    def seconds(self, column: str) -> float:
        """The cell as a time: seconds, or hours, minutes and seconds, perhaps after days."""
        if duration := _DURATION.fullmatch(self.cells[column]):
            parts = (part or "0" for part in duration.groups())
            days, hours, minutes, seconds = (float(part.replace(",", ".")) for part in parts)
            return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return self.number(column)


def read_rows(path: str | Path, unnamed: str = "") -> tuple[list[str], list[DelimitedRow]]:
    """The column names, in lower case, and the rows of a file; see :func:`stream_rows`."""
    columns, rows = stream_rows(path, unnamed)
    return columns, list(rows)


def stream_rows(path: str | Path, unnamed: str = "") -> tuple[list[str], Iterator[DelimitedRow]]:
    """The column names, in lower case, and the rows of a file with a header line, one by one.

    The separator is the one of tab, semicolon and comma that the header has most of, or the one
    that Excel's line ``sep=;`` names. A byte order mark, UTF-16, Unix and Windows line ends, quoted
    cells and blank lines are accepted, and so are .xlsx and .parquet
    (:func:`menan.corpora.sheets.open_sheet`). Columns without a name are passed over: the index
    that pandas writes, and empty columns at the end of a sheet.

    Args:
        unnamed: name of the first column if the file gives it none; empty passes over it too.

    Raises:
        InputError: missing or undecodable file, no rows, a column name that is given twice, a zero
            byte, a row with more or fewer cells than the header. Faults of rows are raised where
            the row is reached.
    """
    path = Path(path)
    sheet = open_sheet(path)
    lines = sheet.lines
    header = next(lines, None)
    first = next(lines, None)
    if header is None or first is None:
        raise InputError(f"{path}: expected a header line and at least one row; add them")
    columns = [" ".join(name.split()).lower() for name in header[1]]
    columns[0] = columns[0] or unnamed
    for name, count in Counter(columns).items():
        if name and count > 1:
            raise InputError(f"{path}:{header[0]}: column {name!r} is named twice; rename it")
    rows = _rows(path, columns, chain([first], lines), sheet.decimal_comma)
    return [name for name in columns if name], rows


def require_columns(path: str | Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    """Raise :class:`InputError` for the first of ``wanted`` that the header lacks."""
    for name in wanted:
        if name not in columns:
            raise InputError(f"{path}:1: no column {name!r}; the header has {', '.join(columns)}")


def _rows(
    path: Path, columns: list[str], lines: Iterable[tuple[int, list[str]]], decimal_comma: bool
) -> Iterator[DelimitedRow]:
    least = max((place for place, name in enumerate(columns, start=1) if name), default=0)
    for number, cells in lines:
        if len(cells) < least or any(map(str.strip, cells[len(columns) :])):
            raise InputError(
                f"{path}:{number}: {len(cells)} cells where the header has {len(columns)} columns; "
                "quote cells that contain the separator"
            )
        named = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        yield DelimitedRow(f"{path}:{number}", named, decimal_comma)
