"""Read a table that may be malformed: note all faults, keep all usable lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from menan.datadir.validate.problems import Problem

# Faults of spacing: spaces at the edges of the line, two spaces, or white space of another kind. A
# path may contain anything, so in .scp tables only the edges and the space after the key count.
_BAD_SPACING = re.compile(r"^ | $|  |[^\S ]")
_BAD_SPACING_BEFORE_PATH = re.compile(r"^\s|\s$|^\S+(?! \S)\s")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class TableLine:
    """The first line of a key; ``value`` is None where it has too few fields to be used."""

    line: int
    value: str | None


@dataclass(frozen=True)
class LenientTable:
    """The rows of a file by key, in the order of the file, and its faults."""

    path: Path
    rows: dict[str, TableLine] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def items(self) -> Iterator[tuple[str, str]]:
        """Key and value of the usable rows."""
        return ((key, row.value) for key, row in self.rows.items() if row.value is not None)

    def problem(self, key: str, message: str, cure: str) -> Problem:
        """A problem on the line of ``key``; its message begins with the key."""
        return Problem(self.path, self.rows[key].line, f"{key!r} {message}", cure)


def scan_table(path: Path, fields: int | None) -> LenientTable:
    """Read a table like :func:`menan.datadir.tables.read_table`, but raise no errors.

    Args:
        fields: number of fields after the key; None for one or more.
    """
    table = LenientTable(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        _note(table, None, f"cannot be read ({error.strerror})", "make the file readable")
        return table
    if not content:
        _note(table, None, "empty file", "prepare the directory again")
        return table
    if content.startswith(_BYTE_ORDER_MARK):
        _note(table, 1, "begins with a byte-order mark", "save it as UTF-8 without one")
        content = content.removeprefix(_BYTE_ORDER_MARK)
    lines = content.removesuffix(b"\n").split(b"\n")
    if not content.endswith(b"\n"):
        _note(table, len(lines), "the last line has no newline", "add one at the end")
    if b"\r\n" in content:
        first = next(n for n, line in enumerate(lines, start=1) if line.endswith(b"\r"))
        _note(table, first, "lines end with CR LF", "convert the file to Unix line ends")
    for number, line in enumerate(lines, start=1):
        _scan_line(table, number, line.removesuffix(b"\r"), fields)
    _check_order(table)
    return table


def _scan_line(table: LenientTable, number: int, line: bytes, fields: int | None) -> None:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        _note(table, number, f"byte {error.start + 1} is not UTF-8", "save the file as UTF-8")
        text = line.decode("utf-8", errors="replace")
    if "\0" in text:
        # Not possible in a file name: open() would raise another error.
        _note(table, number, "contains a zero byte", "write the line again")
        text = text.replace("\0", "\ufffd")
    parts = text.split(maxsplit=1)
    if not parts:
        _note(table, number, "empty line", "remove it")
        return
    spacing = _BAD_SPACING_BEFORE_PATH if table.path.suffix == ".scp" else _BAD_SPACING
    if spacing.search(text):
        cure = "separate fields by one space, without tabs"
        _note(table, number, f"spacing of {text[:80]!r}", cure)
    key = parts[0]
    value: str | None = parts[1].strip() if len(parts) == 2 else ""
    if key in table.rows:
        _note(table, number, f"{key!r} is listed again", "keep one line per key")
        return
    found = (value or "").split()
    if not found or (fields is not None and len(found) != fields):
        cure = "write '<key> <value>'" if fields is None else f"write {fields + 1} fields per line"
        _note(table, number, f"{key!r} is followed by {len(found)} fields", cure)
        # The first fields are used, so that other files do not report the same fault again.
        value = " ".join(found[:fields]) if len(found) >= (fields or 1) else None
    table.rows[key] = TableLine(number, value)


def _check_order(table: LenientTable) -> None:
    previous = ""
    for key, row in table.rows.items():
        if key.encode("utf-8") < previous.encode("utf-8"):
            message = f"{key!r} comes after {previous!r}"
            _note(table, row.line, message, "sort the file with LC_ALL=C sort")
            return
        previous = key


def _note(table: LenientTable, line: int | None, message: str, cure: str) -> None:
    table.problems.append(Problem(table.path, line, message, cure))
