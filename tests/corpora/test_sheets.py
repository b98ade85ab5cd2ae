"""Workbooks and Parquet files as Excel, audformat and others write them."""

import builtins
import datetime
from zipfile import ZipFile

import pytest

from menan.corpora.table import prepare
from menan.errors import InputError
from tests.corpora.table_example import HEAD, WHOLE, facts


def write_book(path, *rows, merged=()):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)


def test_a_workbook_is_read(folder):
    header = (*HEAD.split(","), "start", "end", None)
    write_book(folder / "t.xlsx", header, ("one.wav", 7, "ang", 0.5, 1, None), (None,))
    assert facts(folder / "t.xlsx") == [("7-one", "7", ("ang",), 0.5, 1.0)]
    (folder / "t.xlsx").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(InputError, match=r"t.xlsx: not an Excel workbook"):
        prepare(folder / "t.xlsx")


@pytest.mark.parametrize(
    ("speaker", "emotion", "fault"),
    [
        (datetime.datetime(2024, 3, 1), "ang", "the speaker '2024-03-01 00:00:00' is a date"),
        ("x", datetime.datetime(2024, 3, 1), "the emotion '2024-03-01 00:00:00' is a date"),
        ("#N/A", "ang", "the speaker is Excel's error #N/A; correct its formula"),
    ],
)
def test_what_excel_makes_of_ids_is_named(folder, speaker, emotion, fault):
    rows = (HEAD.split(","), ("one.wav", speaker, emotion), ("two.wav", "y", "sad"))
    write_book(folder / "t.xlsx", *rows)
    with pytest.raises(InputError, match=f"t.xlsx:2: {fault}"):
        prepare(folder / "t.xlsx")


def test_merged_cells_are_the_value_of_each_row_and_a_wrong_dimension_hides_none(folder):
    rows = (("one.wav", "x", "ang"), ("two.wav", None, "sad"), ("clips/three.wav", "y", "sad"))
    merged = ("B2:B3", "D1:E1", "H2:K3", "B9:B12")
    write_book(folder / "merged.xlsx", HEAD.split(","), *rows, merged=merged)
    with ZipFile(folder / "merged.xlsx") as old, ZipFile(folder / "t.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:K12"', b'ref="A1"'))
    assert [fact[1] for fact in facts(folder / "t.xlsx")] == ["x", "x", "y"]


def test_a_row_beyond_the_last_one_of_excel_is_refused_at_once(folder):
    write_book(folder / "small.xlsx", HEAD.split(","), ("one.wav", "x", "ang"))
    with ZipFile(folder / "small.xlsx") as small, ZipFile(folder / "t.xlsx", "w") as huge:
        for name in small.namelist():
            text = small.read(name).decode()
            huge.writestr(name, text.replace('<row r="2"', '<row r="99999999999"'))
    with pytest.raises(InputError, match="has a row beyond 1048576, Excel's last"):
        prepare(folder / "t.xlsx")


def test_a_parquet_file_as_audformat_and_spark_write_it_is_read(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    ends = pyarrow.array([None, 1_000_000_000], pyarrow.duration("ns"))
    columns = {"file": ["one.wav", "two.wav"], "speaker": [b"x", b"y"], "emotion": ["ang", "sad"]}
    starts = pyarrow.array([0, 500_000_000], pyarrow.duration("ns"))
    columns["sound"] = [b"\xff\xfe", b"\x80"]  # not read
    parquet.write_table(
        pyarrow.table({**columns, "start": starts, "end": ends}), folder / "t.parquet"
    )
    assert facts(folder / "t.parquet") == [WHOLE[0], ("y-two", "y", ("sad",), 0.5, 1.0)]


def test_parquet_is_read(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    seconds = [datetime.timedelta(seconds=0.5), None]
    columns = {"file": ["one.wav", "two.wav"], "speaker": ["x", None], "emotion": ["ang", "sad"]}
    columns |= {"start": seconds, "end": [datetime.timedelta(seconds=1), None]}
    parquet.write_table(pyarrow.table(columns), folder / "t.parquet")
    assert facts(folder / "t.parquet") == [
        ("x-one", "x", ("ang",), 0.5, 1.0),
        ("two", "two", ("sad",), None, None),
    ]


@pytest.mark.parametrize(("name", "package"), [("t.xlsx", "openpyxl"), ("t.parquet", "pyarrow")])
def test_without_the_package_the_cure_is_named(folder, monkeypatch, name, package):
    real = builtins.__import__

    def without(module, *arguments):
        if module.split(".")[0] == package:
            raise ImportError(module)
        return real(module, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    (folder / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=rf"{name}: needs the package {package}: pip install"):
        prepare(folder / name)


def test_other_workbooks_and_folders_are_named(folder):
    (folder / "t.xls").write_bytes(b"\xd0\xcf")
    with pytest.raises(InputError, match=r"t.xls: .xls is not read; save it as .xlsx or as CSV"):
        prepare(folder / "t.xls")
    with pytest.raises(InputError, match=r"clips: a folder; name a CSV or TSV file"):
        prepare(folder / "clips")
