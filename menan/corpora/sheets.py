"""The cells of a table as text: CSV and TSV as programs write them, Excel workbooks, Parquet."""

import csv
import datetime
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from menan.errors import InputError

# Excel's first line that names the separator, perhaps with empty cells after it.
_SEPARATOR = re.compile(r'"?sep=(?P<separator>.)"?[,;\t]*\s*', re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks
_BOOKS = (".xlsx", ".xlsm")
_OTHER_BOOKS = (".xls", ".xlsb", ".ods", ".numbers")

_MOST_ROWS = 2**20  # of a worksheet

_Lines = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Sheet:
    """The rows of a table that are not blank, with their line numbers; the first has the names.

    decimal_comma: whether numbers may have a decimal comma, because commas separate no cells.
    """

    lines: _Lines
    decimal_comma: bool = False


def open_sheet(path: Path) -> Sheet:
    """The rows of a table.

    CSV and TSV may be UTF-8 or, with a byte order mark, UTF-16, as Excel's "Unicode text". Of an
    Excel workbook the first sheet is read.

    Raises:
        InputError: not a table, or a kind that needs a package that is not installed. Faults of
            lines are raised where the line is reached.
    """
    if path.exists() and not path.is_file():  # a pipe or device might never end
        kind = "a folder" if path.is_dir() else "not a regular file"
        raise InputError(f"{path}: {kind}; name a CSV or TSV file")
    suffix = path.suffix.lower()
    if suffix in _BOOKS:
        return Sheet(_not_blank(_workbook(path)))
    if suffix == ".parquet":
        return Sheet(_not_blank(_parquet(path)))
    if suffix in _OTHER_BOOKS:
        raise InputError(f"{path}: {suffix} is not read; save it as .xlsx or as CSV")
    first = _first_line(path)
    named = _SEPARATOR.fullmatch(first)
    separator = named["separator"] if named else max("\t;,", key=first.count)
    return Sheet(_not_blank(_delimited(path, separator, bool(named))), separator != ",")


def _not_blank(lines: _Lines) -> _Lines:
    return ((number, cells) for number, cells in lines if any(map(str.strip, cells)))


def _encoding(path: Path) -> str:
    with open(path, "rb") as file:
        return "utf-16" if file.read(2) in _UTF16 else "utf-8-sig"


def _first_line(path: Path) -> str:
    try:
        with open(path, encoding=_encoding(path), newline="") as file:
            return file.readline()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeError as error:
        raise _not_text(path, error) from None


def _delimited(path: Path, separator: str, skip_first: bool) -> _Lines:
    line = 0
    try:
        with open(path, encoding=_encoding(path), newline="") as file:
            if skip_first:
                file.readline()
                line = 1
            before = line
            reader = csv.reader(file, delimiter=separator, strict=True)
            for cells in reader:
                line = before + reader.line_num
                if "\0" in "".join(cells):
                    raise InputError(
                        f"{path}:{line}: contains a zero byte; save the table as UTF-8 text"
                    )
                yield line, cells
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeError as error:
        raise _not_text(path, error) from None
    except csv.Error as error:
        raise InputError(f"{path}:{line + 1}: not CSV ({error}); correct the quotes") from None


def _not_text(path: Path, error: UnicodeError) -> InputError:
    at = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
    return InputError(f"{path}: not UTF-8 text{at}; save it as UTF-8")


def _workbook(path: Path) -> _Lines:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise _package_missing(path, "openpyxl") from None
    try:
        with open(path, "rb") as file:
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            sheet.reset_dimensions()  # programs that write workbooks may state wrong ones
            rows = dict(_numbered(path, sheet.values))
            if _has_merged_cells(path):
                sheet = load_workbook(file, data_only=True).worksheets[0]
                _fill_merged(rows, sheet.merged_cells.ranges)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # openpyxl lets errors of zipfile and XML through
        raise InputError(f"{path}: not an Excel workbook ({_short(error)})") from None
    yield from rows.items()


def _numbered(path: Path, values: Iterable[Sequence[Any]]) -> list[tuple[int, list[str]]]:
    """The rows of a worksheet that are not empty, each as long as the first of them at least."""
    rows: list[tuple[int, list[str]]] = []
    for number, row in enumerate(values, start=1):
        if number > _MOST_ROWS:
            raise InputError(f"{path}: has a row beyond {_MOST_ROWS}, Excel's last; save it anew")
        if any(cell is not None for cell in row):
            width = len(rows[0][1]) if rows else 0
            cells = [_text(cell) for cell in row]
            rows.append((number, cells + [""] * (width - len(cells))))
    return rows


def _has_merged_cells(path: Path) -> bool:
    with ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<mergeCell " in archive.read(name) for name in sheets)


def _fill_merged(rows: dict[int, list[str]], ranges: Iterable[Any]) -> None:
    """Give the cells of each range below the header the text that Excel shows in all of them."""
    last = max(rows, default=0)
    for cells in ranges:
        columns = slice(cells.min_col - 1, cells.max_col)
        texts = rows.get(cells.min_row, [])[columns]
        if cells.min_row > 1 and texts:
            for number in range(cells.min_row, min(cells.max_row, last) + 1):
                row = rows.get(number, [])
                row[columns] = texts[:1] * len(row[columns])


def _parquet(path: Path) -> _Lines:
    try:
        from pyarrow.parquet import read_table
    except ImportError:
        raise _package_missing(path, "pyarrow") from None
    if not path.exists():
        raise InputError(f"{path}: cannot be read (No such file or directory)")
    try:
        table = read_table(path)
        columns = [_texts(column) for column in table.columns]
        names = list(table.column_names)
    except Exception as error:  # pyarrow has many errors of its own
        raise InputError(f"{path}: not a Parquet file ({_short(error)})") from None
    yield 1, names
    for number, cells in enumerate(zip(*columns, strict=True), start=2):
        yield number, list(cells)


def _texts(column: Any) -> list[str]:
    """A column of a Parquet file; a missing duration is the end of a file, as in audformat."""
    missing = "NaT" if str(column.type).startswith("duration") else ""
    return [missing if value is None else _text(value) for value in column.to_pylist()]


def _package_missing(path: Path, package: str) -> InputError:
    return InputError(
        f"{path}: needs the package {package}: pip install 'menan[tables]', or save it as CSV"
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100]


def _text(value: Any) -> str:
    """A cell as CSV would have it; times of day and durations in seconds."""
    match value:
        case None:
            return ""
        case float() if math.isnan(value):
            return ""
        case float() if value.is_integer():
            return str(int(value))
        case datetime.timedelta():
            return str(value.total_seconds())
        case datetime.time():
            whole = 3600 * value.hour + 60 * value.minute + value.second
            return str(whole + value.microsecond / 1e6)
        case bytes():  # text of programs that do not say that it is text
            return value.decode(errors="replace")
        case list():
            return "|".join(map(_text, value))
    return str(value)
