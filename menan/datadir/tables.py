"""Kaldi text tables: ``<key> <value>`` lines, sorted under LC_ALL=C, keys unique."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from menan.errors import InputError
from menan.files.atomic import atomic_open


def c_sorted(keys: Iterable[str]) -> list[str]:
    """Strings in the order of ``LC_ALL=C sort``, which compares UTF-8 bytes.

    >>> c_sorted(["b", "a_1", "a-1", "-x", "B"])
    ['-x', 'B', 'a-1', 'a_1', 'b']
    """
    return sorted(keys, key=lambda key: key.encode("utf-8"))


def read_table(path: str | Path) -> dict[str, str]:
    """The lines of a table: the first field, and the rest of the line unchanged.

    The order of the file is kept; ``menan-validate`` checks that it is sorted.

    Raises:
        InputError: a missing or undecodable file, an empty line, a key without value, a repeated
            key, or a zero byte.
    """
    path = Path(path)
    table: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), start=1):
        key, _, value = line.partition(" ")
        if not key or not value.strip():
            raise InputError(f"{path}:{number}: expected '<key> <value>', found {line[:80]!r}")
        if "\0" in line:  # not possible in a file name: open() would raise another error
            raise InputError(f"{path}:{number}: contains a zero byte; write the line again")
        if key in table:
            raise InputError(f"{path}:{number}: {key!r} is listed twice; keep one line")
        table[key] = value.strip()
    return table


def read_lines(path: str | Path) -> list[str]:
    """Lines without their newline; a missing last newline is accepted.

    Raises:
        InputError: missing file, or bytes that are not UTF-8 text.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    # Not splitlines(): it also breaks at form feeds and Unicode separators, which Kaldi keeps.
    return text.removesuffix("\n").split("\n") if text else []


def write_table(path: str | Path, table: Mapping[str, str]) -> None:
    """Write a table sorted by key, completely or not at all."""
    with atomic_open(path) as file:
        for key in c_sorted(table):
            file.write(f"{key} {table[key]}\n")


def write_optional(path: str | Path, table: Mapping[str, str]) -> None:
    """Write a table, or remove the file where there is nothing to write."""
    if table:
        write_table(path, table)
    else:
        Path(path).unlink(missing_ok=True)


def write_names(path: str | Path, names: Iterable[str]) -> None:
    """Write names in their order, one per line; without any, remove the file."""
    if lines := [f"{name}\n" for name in names]:
        with atomic_open(path) as file:
            file.writelines(lines)
    else:
        Path(path).unlink(missing_ok=True)
