"""Tables as pandas, Excel, audformat and people's disks write them."""

import builtins
import unicodedata
import zipfile

import numpy as np
import pytest
import soundfile

from menan.corpora.description import describe
from menan.corpora.table import prepare
from menan.errors import BadItems, InputError
from menan.labels import parse_map

HEAD = "path,speaker,emotion"


@pytest.fixture
def folder(tmp_path):
    """Recordings of two seconds: one.wav, two.wav, and clips/three.wav."""
    (tmp_path / "clips").mkdir()
    for name in ("one.wav", "two.wav", "clips/three.wav"):
        soundfile.write(tmp_path / name, np.zeros(8000, "int16"), 4000)
    return tmp_path


def write(folder, *lines, name="t.csv", encoding="utf-8"):
    (folder / name).write_text("\r\n".join(lines) + "\r\n", encoding=encoding)
    return folder / name


def facts(table, **options):
    return [
        (u.utt, u.speaker, u.emotions, u.start, u.end) for u in prepare(table, **options).utterances
    ]


WHOLE = [("x-one", "x", ("ang",), None, None), ("y-two", "y", ("sad",), None, None)]


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        ([f",{HEAD}", "0,one.wav,x,ang", "17,two.wav,y,sad"], "utf-8"),
        ([f"{HEAD},,", "one.wav,x,ang,,", "two.wav,y,sad,"], "utf-8"),
        ([HEAD, "one.wav,x,ang", "two.wav,y,sad,,,"], "utf-8"),
        (["sep=;", "path;speaker;emotion", "one.wav;x;ang", "two.wav;y;sad"], "utf-8-sig"),
        (['"sep=\t"', "path\tspeaker\temotion", "one.wav\tx\tang", "two.wav\ty\tsad"], "utf-8"),
        (["path\tspeaker\temotion", "one.wav\tx\tang", "two.wav\ty\tsad"], "utf-16"),
        (["SEP=|,,", "path|speaker|emotion", "one.wav|x|ang", "two.wav|y|sad"], "utf-16"),
        (["file,speaker,emotion,duration", "one.wav,x,ang,2", "two.wav,y,sad,2"], "utf-8"),
        (["emotion,speaker,filename", "ang,x,one.wav", "sad,y,two.wav"], "utf-8"),
        ([f"{HEAD},start,end", "one.wav,x,ang,0 days,NaT", "two.wav,y,sad,0,nan"], "utf-8"),
    ],
)
def test_a_table_is_read_as_a_program_wrote_it(folder, lines, encoding):
    lines = [line.replace("0 days,NaT", "0 days 00:00:00,NaT") for line in lines]
    assert facts(write(folder, *lines, encoding=encoding)) == WHOLE


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("0,25", "1,75", (0.25, 1.75)),
        ("0 days 00:00:00.250000", "0 days 00:00:01.750000", (0.25, 1.75)),
        ("00:00:01", "00:00:01.5", (1.0, 1.5)),
        ("1.5", "NaT", (1.5, 2.0)),
    ],
)
def test_times(folder, start, end, expected):
    table = write(folder, "file;speaker;emotion;start;end", f"one.wav;x;ang;{start};{end}")
    preparation = prepare(table)
    (one,) = preparation.utterances
    assert (one.start, one.end) == expected
    assert not any("ends after" in what for what in preparation.warnings)


def test_a_decimal_comma_between_commas_is_named(folder):
    table = write(folder, f"{HEAD},start,end", 'one.wav,x,ang,"0,25",1')
    with pytest.raises(InputError, match=r"t.csv:2: expected a number as start, found '0,25'; wri"):
        prepare(table)


def test_a_cell_beyond_the_header_is_refused(folder):
    table = write(folder, HEAD, "one.wav,x,ang,,more")
    with pytest.raises(InputError, match=r"t.csv:2: 5 cells where the header has 3 columns"):
        prepare(table)


def test_all_wrong_rows_are_named_at_once(folder):
    table = write(folder, HEAD, "one.wav,a b,ang", "two.wav,y,sad", ",z,sad", "one.wav,y,very sad")
    with pytest.raises(BadItems) as caught:
        prepare(table)
    assert [line.split(": ")[0] for line in caught.value.lines] == [
        f"{table}:{number}" for number in (2, 4, 5)
    ]


@pytest.mark.parametrize("name", ["Unknown", "", "unk", "NaN", "N/A", "?"])
def test_an_unknown_speaker_is_nobody(folder, name):
    table = write(
        folder, HEAD, f"one.wav,{name},ang", f"two.wav,{name},sad", "clips/three.wav,k,ang"
    )
    preparation = prepare(table)
    known = {u.utt: u.speaker_known for u in preparation.utterances}
    assert known == {"one": False, "two": False, "k-three": True}
    assert preparation.warnings["rows without a known speaker"] == ["one", "two"]
    report = describe(preparation, folder)
    assert "3 utterances of 1 speakers" in report
    assert "\n(unknown)" in report


@pytest.mark.parametrize("name", ["unknown", "", "UNK", "nan"])
def test_an_unknown_emotion_is_none(folder, name):
    table = write(folder, HEAD, f"one.wav,x,{name}", "two.wav,y,sad", "clips/three.wav,y,ang")
    preparation = prepare(table)
    assert [u.emotions for u in preparation.utterances] == [(), ("sad",), ("ang",)]
    assert preparation.warnings["rows without an emotion"] == ["x-one"]


def test_a_label_called_unknown_can_be_kept_by_naming_it(folder):
    from menan.corpora.label_choice import LabelChoice

    table = write(folder, HEAD, "one.wav,x,unknown", "two.wav,y,sad")
    choice = LabelChoice(None, parse_map("unknown=other"))
    assert [f[2] for f in facts(table, choice=choice)] == [("other",), ("sad",)]


def test_a_table_without_emotions_is_prepared_unless_they_seem_to_have_another_name(folder):
    assert facts(write(folder, "path,speaker", "one.wav,x")) == [("x-one", "x", (), None, None)]
    table = write(folder, "path,speaker,label", "one.wav,x,ang")
    with pytest.raises(InputError, match="no column 'emotion'; the header has path, speaker, lab"):
        prepare(table)


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_names_may_differ_in_their_unicode_form(folder, on_disk):
    other = "NFD" if on_disk == "NFC" else "NFC"
    there = folder / unicodedata.normalize(on_disk, "Séance d'été")
    there.mkdir()
    (folder / "one.wav").rename(there / unicodedata.normalize(on_disk, "à côté.wav"))
    named = unicodedata.normalize(other, "Séance d'été/à côté.wav")
    table = write(folder, f"{HEAD},utt", f'"{named}",x,ang,u')
    (one,) = prepare(table).utterances
    assert soundfile.info(one.path).frames == 8000


def test_backslashes_lead_to_the_file_unless_they_are_its_name(folder):
    table = write(folder, HEAD, r"clips\three.wav,x,ang", r".\two.wav,y,sad")
    assert [u.path for u in prepare(table).utterances] == [
        str(folder / "clips/three.wav"),
        str(folder / "two.wav"),
    ]
    (folder / "one.wav").rename(folder / r"a\b.wav")
    (one,) = prepare(write(folder, HEAD, r"a\b.wav,x,ang")).utterances
    assert one.path == str(folder / r"a\b.wav")


def test_absolute_paths_need_no_warning_and_links_out_do(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (folder / "one.wav").rename(elsewhere / "one.wav")
    table = write(folder, HEAD, f"{elsewhere / 'one.wav'},x,ang", "two.wav,y,sad")
    assert "files outside" not in describe(prepare(table), folder)
    (folder / "link.wav").symlink_to(elsewhere / "one.wav")
    table = write(folder, HEAD, "link.wav,x,ang", "two.wav,y,sad")
    assert "files outside" in describe(prepare(table), folder)


def test_a_workbook_is_read(folder):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in [
        (*HEAD.split(","), "start", "end", None),
        ("one.wav", 7, "ang", 0.5, 1, None),
        (None,),
    ]:
        book.active.append(row)
    book.save(folder / "t.xlsx")
    assert facts(folder / "t.xlsx") == [("7-one", "7", ("ang",), 0.5, 1.0)]
    (folder / "t.xlsx").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(InputError, match=r"t.xlsx: not an Excel workbook"):
        prepare(folder / "t.xlsx")


def test_a_row_beyond_the_last_one_of_excel_is_refused_at_once(folder):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (HEAD.split(","), ("one.wav", "x", "ang")):
        book.active.append(row)
    book.save(folder / "small.xlsx")
    with (
        zipfile.ZipFile(folder / "small.xlsx") as small,
        zipfile.ZipFile(folder / "t.xlsx", "w") as huge,
    ):
        for name in small.namelist():
            text = small.read(name).decode()
            huge.writestr(name, text.replace('<row r="2"', '<row r="99999999999"'))
    with pytest.raises(InputError, match="has a row beyond 1048576, Excel's last"):
        prepare(folder / "t.xlsx")


def test_parquet_is_read(folder):
    import datetime

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
