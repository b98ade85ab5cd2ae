"""An entry of an scp file: a file, the byte in it, and the part of the matrix that is wanted."""

import re
from dataclasses import dataclass
from pathlib import Path

from menan.errors import InputError

# Kaldi util/kaldi-holder.cc: first and last row, then first and last column; any may be missing.
_RANGE = re.compile(r"(.+)\[([0-9]{0,9}):([0-9]{0,9})(?:,([0-9]{0,9}):([0-9]{0,9}))?\]")

_Range = tuple[int | None, int | None]


@dataclass(frozen=True)
class ScpEntry:
    """What an entry such as ``feats.ark:17[0:99]`` names.

    offset: byte at which the matrix starts.
    rows, columns: first and last one, both included; None for the first or last of the matrix.
    """

    path: Path
    offset: int
    rows: _Range = (None, None)
    columns: _Range = (None, None)

    @classmethod
    def parse(cls, text: str, where: str) -> "ScpEntry":
        """Read an entry.

        >>> ScpEntry.parse("raw.ark:17[0:99,:12]", "feats.scp:1")
        ScpEntry(path=PosixPath('raw.ark'), offset=17, rows=(0, 99), columns=(None, 12))

        Args:
            where: the scp file and line, at the start of error messages.

        Raises:
            InputError: the entry is a command.
        """
        if text.startswith("|") or text.endswith("|"):
            raise InputError(
                f"{where}: {text!r} is a command; run it, and enter the archive that it writes"
            )
        rows: _Range = (None, None)
        columns: _Range = (None, None)
        if text.endswith("]") and (match := _RANGE.fullmatch(text)):
            text = match[1]
            rows = _number(match[2]), _number(match[3])
            columns = _number(match[4]), _number(match[5])
        # More than 18 digits are not an offset, and seek() refuses them: they belong to the name.
        match = re.fullmatch(r"(.+?)(?::([0-9]{1,18}))?", text)
        assert match is not None, text
        return cls(Path(match[1]), int(match[2] or 0), rows, columns)

    @property
    def place(self) -> str:
        """File and byte, for messages."""
        return f"{self.path}:{self.offset}" if self.offset else str(self.path)

    def part(self, shape: tuple[int, int], where: str) -> tuple[slice, slice]:
        """The rows and columns that are wanted of a matrix of this shape.

        Raises:
            InputError: the matrix has fewer. Kaldi accepts up to three rows too many; menan does
                not, as features and labels would drift apart unseen.
        """
        row_slice, column_slice = (
            _slice(wanted, size, f"{where}: {self.place}", kind)
            for wanted, size, kind in zip(
                (self.rows, self.columns), shape, ("rows", "columns"), strict=True
            )
        )
        return row_slice, column_slice


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _slice(wanted: _Range, size: int, where: str, kind: str) -> slice:
    first = wanted[0] or 0
    last = size - 1 if wanted[1] is None else wanted[1]
    if not first <= last < size:
        raise InputError(
            f"{where}: expected {kind} {first} to {last} in the matrix, found 0 to {size - 1}; "
            "correct the range in brackets"
        )
    return slice(first, last + 1)
