"""Tables as pandas, Excel, audformat and people's disks write them."""

import builtins
import datetime
import unicodedata
from zipfile import ZipFile

import numpy as np
import pytest
import soundfile

from menan.corpora.description import describe
from menan.corpora.label_choice import LabelChoice
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
        ("00:00:00,250", "0:00:01,75", (0.25, 1.75)),  # subtitles, and MELD's tables
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


@pytest.mark.parametrize(
    ("start", "cure"),
    [
        ("00:01", "write seconds, or hh:mm:ss"),  # minutes, or hours?
        ("1.234,5", "write it without thousands separators"),
    ],
)
def test_a_time_that_can_be_understood_in_two_ways_is_refused_with_a_cure(folder, start, cure):
    table = write(folder, "path;speaker;emotion;start;end", f"one.wav;x;ang;{start};2000")
    with pytest.raises(InputError, match=rf"t.csv:2: expected a number as start, .*; {cure}"):
        prepare(table)


def test_names_that_may_be_one_are_named(folder):
    lines = ["one.wav,01,Angry", "two.wav,1,angry", "clips/three.wav,Zo\u0308,sad"]
    table = write(folder, HEAD, *lines, "one.wav,Z\u00f6,sad", "two.wav,Zo\u0308\u200b,sad")
    warnings = prepare(table).warnings
    assert warnings["speakers that may be one, written in two ways"] == [
        "01 = 1",
        "Zo\u0308 = Zo\u0308\u200b = Z\u00f6",
    ]
    label = "labels that may be one, written in two ways; rename one with --map"
    assert warnings[label] == ["Angry = angry"]
    choice = LabelChoice(None, parse_map("Angry=angry"))
    assert label not in prepare(table, choice=choice).warnings


def test_a_file_name_with_spaces_gives_an_id_without(folder):
    (folder / "one.wav").rename(folder / "take 1  (new).wav")
    assert facts(write(folder, HEAD, "take 1  (new).wav,x,ang"))[0][0] == "x-take_1_(new)"


def test_the_case_of_a_file_name_may_differ_if_only_one_file_fits(folder):
    table = write(folder, HEAD, "Clips/THREE.WAV,x,ang", "one.wav,y,sad")
    assert [u.path for u in prepare(table).utterances] == [
        str(folder / "clips/three.wav"),
        str(folder / "one.wav"),
    ]


def test_a_channel_may_be_a_float_or_missing_as_pandas_writes_it(folder):
    lines = ["one.wav,x,ang,1.0", "two.wav,y,sad,nan", "clips/three.wav,y,sad,"]
    preparation = prepare(write(folder, f"{HEAD},channel", *lines))
    assert [u.channel for u in preparation.utterances] == [1, None, None]


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


@pytest.mark.parametrize("name", ["Unknown", "", "unk", "NaN", "N/A", "?", "NA", "None", "-"])
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


@pytest.mark.parametrize("name", ["unknown", "", "UNK", "nan", "NA", "None"])
def test_an_unknown_emotion_is_none(folder, name):
    table = write(folder, HEAD, f"one.wav,x,{name}", "two.wav,y,sad", "clips/three.wav,y,ang")
    preparation = prepare(table)
    assert [u.emotions for u in preparation.utterances] == [(), ("sad",), ("ang",)]
    assert preparation.warnings["rows without an emotion"] == ["x-one"]


def test_a_label_called_unknown_can_be_kept_by_naming_it(folder):
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


@pytest.mark.parametrize(
    ("speaker", "emotion", "fault"),
    [
        (datetime.datetime(2024, 3, 1), "ang", "the speaker '2024-03-01 00:00:00' is a date"),
        ("x", datetime.datetime(2024, 3, 1), "the emotion '2024-03-01 00:00:00' is a date"),
        ("#N/A", "ang", "the speaker is Excel's error #N/A; correct its formula"),
    ],
)
def test_what_excel_makes_of_ids_is_named(folder, speaker, emotion, fault):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (HEAD.split(","), ("one.wav", speaker, emotion), ("two.wav", "y", "sad")):
        book.active.append(row)
    book.save(folder / "t.xlsx")
    with pytest.raises(InputError, match=f"t.xlsx:2: {fault}"):
        prepare(folder / "t.xlsx")


def test_merged_cells_are_the_value_of_each_row_and_a_wrong_dimension_hides_none(folder):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    rows = (("one.wav", "x", "ang"), ("two.wav", None, "sad"), ("clips/three.wav", "y", "sad"))
    for row in (HEAD.split(","), *rows):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    for empty in ("D1:E1", "H2:K3", "B9:B12"):
        book.active.merge_cells(empty)
    book.save(folder / "merged.xlsx")
    with ZipFile(folder / "merged.xlsx") as old, ZipFile(folder / "t.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:K12"', b'ref="A1"'))
    assert [fact[1] for fact in facts(folder / "t.xlsx")] == ["x", "x", "y"]


def test_a_parquet_file_as_audformat_and_spark_write_it_is_read(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    ends = pyarrow.array([None, 1_000_000_000], pyarrow.duration("ns"))
    columns = {"file": ["one.wav", "two.wav"], "speaker": [b"x", b"y"], "emotion": ["ang", "sad"]}
    starts = pyarrow.array([0, 500_000_000], pyarrow.duration("ns"))
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
