"""Rows of a CSV or TSV file, each with its place for error messages."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from menan.errors import InputError


@dataclass(frozen=True)
class DelimitedRow:
    """One row: its place (``file:line``), and its cells by column name, without outer spaces."""

    where: str
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """The cell, which must not be empty."""
        if not self.cells[column]:
            raise InputError(f"{self.where}: the {column} cell is empty; fill it")
        return self.cells[column]

    def number(self, column: str) -> float:
        """The cell as a finite number."""
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{self.where}: expected a number as {column}, found {text[:80]!r}")
        return value


def read_rows(path: str | Path) -> tuple[list[str], list[DelimitedRow]]:
    """The column names, in lower case, and the rows of a file with a header line.

    The separator is the one of tab, semicolon and comma that the header has most of. A byte order
    mark, Unix and Windows line ends, quoted cells and blank lines are accepted.

    Raises:
        InputError: missing or undecodable file, no rows, a column name that is empty or given
            twice, a zero byte, a row with more or fewer cells than the header.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe or device might never end
        raise InputError(f"{path}: not a regular file; name a CSV or TSV file")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = _lines(file, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    if len(lines) < 2:
        raise InputError(f"{path}: expected a header line and at least one row; add them")
    for number, cells in lines:
        if "\0" in "".join(cells):
            raise InputError(f"{path}:{number}: contains a zero byte; save the table as UTF-8 text")
    columns = [name.strip().lower() for name in lines[0][1]]
    for name in columns:
        if not name or columns.count(name) > 1:
            raise InputError(f"{path}:1: column {name!r} is empty or named twice; rename it")
    rows = []
    for number, cells in lines[1:]:
        if len(cells) != len(columns):
            raise InputError(
                f"{path}:{number}: {len(cells)} cells where the header has {len(columns)} columns; "
                "quote cells that contain the separator"
            )
        stripped = map(str.strip, cells)
        rows.append(DelimitedRow(f"{path}:{number}", dict(zip(columns, stripped, strict=True))))
    return columns, rows


def require_columns(path: str | Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    """Raise :class:`InputError` for the first of ``wanted`` that the header lacks."""
    for name in wanted:
        if name not in columns:
            raise InputError(f"{path}:1: no column {name!r}; the header has {', '.join(columns)}")


def _lines(file: TextIO, path: Path) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with their line numbers; the first one has the column names."""
    header = file.readline()
    file.seek(0)
    reader = csv.reader(file, delimiter=max("\t;,", key=header.count), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        line = reader.line_num
        raise InputError(f"{path}:{line}: not CSV ({error}); correct the quotes") from None
