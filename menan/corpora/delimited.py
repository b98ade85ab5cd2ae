"""Rows of a CSV or TSV file, each with its place for error messages."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

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
    """The column names, in lower case, and the rows of a file; see :func:`stream_rows`."""
    columns, rows = stream_rows(path)
    return columns, list(rows)


def stream_rows(path: str | Path, unnamed: str = "") -> tuple[list[str], Iterator[DelimitedRow]]:
    """The column names, in lower case, and the rows of a file with a header line, one by one.

    The separator is the one of tab, semicolon and comma that the header has most of. A byte order
    mark, Unix and Windows line ends, quoted cells and blank lines are accepted.

    Args:
        unnamed: name of the first column if the file gives it none, as pandas does for its index;
            empty refuses such a file.

    Raises:
        InputError: missing or undecodable file, no rows, a column name that is empty or given
            twice, a zero byte, a row with more or fewer cells than the header. Faults of rows are
            raised where the row is reached.
    """
    path = Path(path)
    lines = _lines(path)
    header = next(lines, None)
    first = next(lines, None)
    if header is None or first is None:
        raise InputError(f"{path}: expected a header line and at least one row; add them")
    columns = [name.strip().lower() for name in header[1]]
    columns[0] = columns[0] or unnamed
    for name, count in Counter(columns).items():
        if not name or count > 1:
            raise InputError(f"{path}:1: column {name!r} is empty or named twice; rename it")
    return columns, _rows(path, columns, chain([first], lines))


def require_columns(path: str | Path, columns: list[str], wanted: tuple[str, ...]) -> None:
    """Raise :class:`InputError` for the first of ``wanted`` that the header lacks."""
    for name in wanted:
        if name not in columns:
            raise InputError(f"{path}:1: no column {name!r}; the header has {', '.join(columns)}")


def _rows(
    path: Path, columns: list[str], lines: Iterable[tuple[int, list[str]]]
) -> Iterator[DelimitedRow]:
    for number, cells in lines:
        if len(cells) != len(columns):
            raise InputError(
                f"{path}:{number}: {len(cells)} cells where the header has {len(columns)} columns; "
                "quote cells that contain the separator"
            )
        stripped = map(str.strip, cells)
        yield DelimitedRow(f"{path}:{number}", dict(zip(columns, stripped, strict=True)))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their line numbers; the first one has the column names."""
    if path.exists() and not path.is_file():  # a pipe or device might never end
        raise InputError(f"{path}: not a regular file; name a CSV or TSV file")
    line = 0
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max("\t;,", key=header.count), strict=True)
            for cells in reader:
                line = reader.line_num
                if "\0" in "".join(cells):
                    raise InputError(
                        f"{path}:{line}: contains a zero byte; save the table as UTF-8 text"
                    )
                if any(map(str.strip, cells)):
                    yield line, cells
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}:{line + 1}: not CSV ({error}); correct the quotes") from None
