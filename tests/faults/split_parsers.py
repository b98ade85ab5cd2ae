"""The parsers of splits and folds, and of tables that are not text."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow
from pyarrow import parquet

from menan.corpora import table
from menan.corpora.split_file import set_split
from menan.datadir.fold_table import split_table
from menan.datadir.split import format_split
from menan.datadir.utterances import write_datadir
from tests.faults import seeds
from tests.faults.trial import Parser

SHEET = "xl/worksheets/sheet1.xml"
COLUMNS = {"path": ["a.wav", "a.wav"], "speaker": ["s1", "s2"], "emotion": ["ang", "sad"]}
COLUMNS |= {"start": [0.0, 0.1], "end": [0.1, 0.2], "split": ["train", None]}


def _workbook(folder: Path) -> None:
    (folder / "a.wav").write_bytes(seeds.audio())
    book = openpyxl.Workbook()
    for row in (tuple(COLUMNS), *zip(*COLUMNS.values(), strict=True)):
        book.active.append(row)
    book.save(folder / "table.xlsx")


def _sheet(folder: Path) -> None:
    _workbook(folder)
    with zipfile.ZipFile(folder / "table.xlsx") as book:
        (folder / "sheet1.xml").write_bytes(book.read(SHEET))


def _with_sheet(folder: Path) -> None:
    """The bytes are the first sheet of a workbook that is in order."""
    with (
        zipfile.ZipFile(folder / "table.xlsx") as book,
        zipfile.ZipFile(folder / "new.xlsx", "w") as new,
    ):
        for name in book.namelist():
            sheet = (folder / "sheet1.xml").read_bytes()
            new.writestr(name, sheet if name == SHEET else book.read(name))
    _prepared("new.xlsx")(folder)


def _parquet(folder: Path) -> None:
    (folder / "a.wav").write_bytes(seeds.audio())
    parquet.write_table(pyarrow.table(COLUMNS), folder / "table.parquet")


def _prepared(name: str) -> Callable[[Path], None]:
    def read(folder: Path) -> None:
        found = table.prepare(folder / name)
        write_datadir(found.utterances, folder / "out", found.corpus, emotions=found.labels)

    return read


def _with(name: str, text: str) -> Callable[[Path], None]:
    """A data directory of four speakers with one more file."""

    def around(folder: Path) -> None:
        seeds.data(folder)
        (folder / name).write_text(text)

    return around


def _set(name: str) -> Callable[[Path], object]:
    return lambda folder: set_split(folder, folder / name)


def _parts(folder: Path) -> None:
    """As menan-folds prints them."""
    parts, doubts = split_table(folder)
    "\n".join([format_split(parts), *doubts]).encode("utf-8", "backslashreplace")


def parsers() -> list[Parser]:
    utts = [f"{speaker}-1" for speaker in "abcd"]
    parts = dict(zip(utts, ("train", "train", "valid", "test"), strict=True))
    lines = "".join(f"{utt} {part}\n" for utt, part in parts.items())
    rows = "".join(f"{utt},{part}\n" for utt, part in parts.items())
    folds = "".join(f"{utt} f{n % 2},f{1 - n % 2}\n" for n, utt in enumerate(utts))
    by_fold = "".join(f"{utt},f{n % 2}\n" for n, utt in enumerate(utts))
    return [
        Parser("table xlsx", "table.xlsx", _prepared("table.xlsx"), _workbook),
        Parser("sheet of xlsx", "sheet1.xml", _with_sheet, _sheet),
        Parser("table parquet", "table.parquet", _prepared("table.parquet"), _parquet),
        Parser("split file", "parts", _set("parts"), _with("parts", lines)),
        Parser(
            "split csv", "parts.csv", _set("parts.csv"), _with("parts.csv", f"utt,split\n{rows}")
        ),
        Parser("folds csv", "f.csv", _set("f.csv"), _with("f.csv", f"utt,fold\n{by_fold}")),
        Parser("utt2split", "utt2split", _parts, _with("utt2split", lines)),
        Parser("utt2fold", "utt2fold", _parts, _with("utt2fold", folds)),
    ]
