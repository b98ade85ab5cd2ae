"""CSV as pandas, Excel and audformat write it, and names as people's disks have them."""

import unicodedata

import pytest
import soundfile

from menan.corpora.description import describe
from menan.corpora.label_choice import LabelChoice
from menan.corpora.table import prepare
from menan.errors import BadItems, InputError
from menan.labels import parse_map
from tests.corpora.table_example import HEAD, WHOLE, facts


def write(folder, *lines, name="t.csv", encoding="utf-8"):
    (folder / name).write_text("\r\n".join(lines) + "\r\n", encoding=encoding)
    return folder / name


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
