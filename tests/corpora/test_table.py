import re

import numpy as np
import pytest
import soundfile

from menan.corpora.label_choice import LabelChoice
from menan.corpora.table import prepare
from menan.datadir.metadata import read_metadata
from menan.datadir.utterances import write_datadir
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS, parse_map


@pytest.fixture
def folder(tmp_path):
    """A folder with a.wav, b.wav and sub/c.wav of two seconds."""
    (tmp_path / "sub").mkdir()
    for name in ("a.wav", "b.wav", "sub/c.wav"):
        soundfile.write(tmp_path / name, np.zeros(8000, "int16"), 4000)
    return tmp_path


def write(folder, *lines, name="corpus.csv"):
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def by_utt(preparation):
    return {u.utt: u for u in preparation.utterances}


def test_three_columns_are_enough(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,anna,ang", "sub/c.wav,carl,neu")
    first, second = prepare(table).utterances
    assert (first.utt, first.speaker, first.recording) == ("anna-a", "anna", "anna-a")
    assert (first.path, first.duration) == (str(folder / "a.wav"), 2.0)
    assert (first.emotions, first.start, first.group, first.gender) == (("ang",), None, None, None)
    assert (second.utt, second.path) == ("carl-c", str(folder / "sub/c.wav"))


def test_all_columns_are_used(folder):
    table = write(
        folder,
        "split,gender,end,start,group,utt,emotion,speaker,path",
        f"train,Female,1.5,0.5,g1,one,hap|sad,anna,{folder / 'a.wav'}",
        "test,m,2.0,1.0,g2,bob-two,neu,bob,a.wav",
        "test,m,,,g2,three,neu,bob,b.wav",
    )
    utterances = by_utt(prepare(table))
    assert list(utterances) == ["anna-one", "bob-two", "bob-three"]
    one = utterances["anna-one"]
    assert (one.start, one.end, one.duration, one.group) == (0.5, 1.5, 1.0, "g1")
    assert (one.gender, one.emotions) == ("f", ("hap", "sad"))
    assert utterances["bob-two"].gender == "m"
    # Stretches of one file share a recording; a whole file is one of its own.
    assert [u.recording for u in utterances.values()] == ["anna-one", "anna-one", "bob-three"]


def test_whole_files_and_stretches_make_one_data_directory(folder):
    table = write(
        folder,
        "path,speaker,emotion,utt,start,end",
        "a.wav,x,ang,1,0,1",
        "a.wav,y,sad,2,1,2",
        "b.wav,y,neu,3,,",
    )
    write_datadir(prepare(table).utterances, folder / "data")
    assert (folder / "data/wav.scp").read_text() == (
        f"x-1 {folder / 'a.wav'}\ny-3 {folder / 'b.wav'}\n"
    )
    assert (folder / "data/segments").read_text() == (
        "x-1 x-1 0.0000 1.0000\ny-2 x-1 1.0000 2.0000\ny-3 y-3 0.0000 2.0000\n"
    )
    assert read_metadata(folder / "data").utt2emo["y-2"] == ("sad",)


@pytest.mark.parametrize(
    ("name", "separator"), [("t.tsv", "\t"), ("t.csv", ";"), ("t.csv", "\t"), ("t.txt", ",")]
)
def test_the_separator_is_told_by_the_header(folder, name, separator):
    rows = (["path", "speaker", "emotion"], ["a.wav", "x", "neu|sad"])
    lines = [separator.join(row) for row in rows]
    assert list(by_utt(prepare(write(folder, *lines, name=name)))) == ["x-a"]


def test_byte_order_mark_windows_line_ends_quotes_blanks_and_capitals_are_accepted(folder):
    (folder / "a, loud.wav").write_bytes((folder / "a.wav").read_bytes())
    text = (
        '\ufeffPath, Speaker ,EMOTION,utt\r\n"a, loud.wav",x,"neu",1\r\n\r\n b.wav , y , sad ,2\r\n'
    )
    (folder / "t.csv").write_bytes(text.encode("utf-8"))
    assert list(by_utt(prepare(folder / "t.csv"))) == ["x-1", "y-2"]


def test_the_labels_are_those_found_in_c_order(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,joy", "b.wav,x,Anger|fear")
    preparation = prepare(table)
    assert preparation.labels.names == ("Anger", "fear", "joy")
    assert {u.utt: u.emotions for u in preparation.utterances} == {
        "x-a": ("joy",),
        "x-b": ("Anger", "fear"),
    }


def test_a_single_emotion_of_iemocap_has_its_four_labels(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,happy")
    preparation = prepare(table, LabelChoice(renamed={"happy": "hap"}))
    assert preparation.labels == IEMOCAP_EMOTIONS
    with pytest.raises(InputError, match="expected 2 to 50 emotions, found 1: happy"):
        prepare(table)


def test_labels_are_renamed_and_left_out_by_the_map(folder):
    table = write(
        folder,
        "path,speaker,emotion",
        "a.wav,x,angry|disgust",
        "b.wav,x,disgust",
        "sub/c.wav,x,very excited|happy|sad",
    )
    new = parse_map("angry=ang,happy=hap, very excited=hap,disgust=")
    preparation = prepare(table, LabelChoice(renamed=new))
    assert preparation.labels.names == ("ang", "hap", "sad")
    emotions = {u.utt: u.emotions for u in preparation.utterances}
    assert emotions == {"x-a": ("ang",), "x-c": ("hap", "sad")}
    assert preparation.left_out == {"labels not chosen": 1}


def test_emotions_choose_among_the_labels_and_give_their_order(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,joy", "b.wav,x,sad", "sub/c.wav,x,ang")
    preparation = prepare(table, LabelChoice(("sad", "ang")))
    assert preparation.labels.names == ("sad", "ang")
    assert list(by_utt(preparation)) == ["x-b", "x-c"]
    with pytest.raises(InputError, match=r"has no label 'fear'; choose from ang, joy, sad"):
        prepare(table, LabelChoice(("sad", "fear")))


def test_fifty_labels_are_taken_and_fifty_one_refused(folder):
    labels = [f"l{i:02d}" for i in range(51)]
    table = write(folder, "path,speaker,emotion", f"a.wav,x,{'|'.join(labels[:50])}")
    assert len(prepare(table).labels) == 50
    table = write(folder, "path,speaker,emotion", f"a.wav,x,{'|'.join(labels)}")
    with pytest.raises(InputError, match="expected 2 to 50 emotions, found 51"):
        prepare(table)


@pytest.mark.parametrize("text", ["angry", "angry=very mad", "=ang", "a=ang,a=sad", "a=ang,,b=sad"])
def test_a_wrong_map_is_refused(text):
    with pytest.raises(InputError, match="--map"):
        parse_map(text)


def test_a_label_of_the_map_that_no_row_has_is_reported(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,ang|sad")
    warnings = prepare(table, LabelChoice(renamed=parse_map("agnry=ang"))).warnings
    assert warnings == {"labels of --map that no row has": ["agnry"]}


def test_columns_that_are_not_read_are_told(folder):
    table = write(folder, "path,speaker,emotion,gendr,age", "a.wav,x,ang|sad,f,30")
    assert prepare(table).warnings == {"columns that are not read": ["gendr", "age"]}


def test_one_split_can_be_chosen(folder):
    table = write(
        folder,
        "path,speaker,emotion,split",
        "a.wav,x,ang,train",
        "b.wav,y,an unknown label,test",
        "sub/c.wav,z,sad,",
    )
    preparation = prepare(table, split="train")
    assert list(by_utt(preparation)) == ["x-a"]
    assert preparation.labels.names == ("ang", "sad")
    assert preparation.left_out == {"split test": 1, "no split": 1}
    with pytest.raises(InputError, match="no row has the split 'dev'; choose from test, train"):
        prepare(table, split="dev")


def test_a_split_without_the_column_is_an_error(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,ang")
    with pytest.raises(InputError, match="no column 'split'"):
        prepare(table, split="train")


def test_rows_without_audio_are_told_and_the_rest_prepared(folder):
    table = write(folder, "path,speaker,emotion", "a.wav,x,ang", "gone.wav,x,sad")
    preparation = prepare(table)
    assert list(by_utt(preparation)) == ["x-a"]
    assert preparation.warnings == {
        "rows without audio": [f"{table}:3 ({folder / 'gone.wav'})"],
    }
    assert preparation.left_out == {"no audio": 1}


def test_no_audio_at_all_is_an_error(folder):
    table = write(folder, "path,speaker,emotion", "gone.wav,x,sad|ang")
    with pytest.raises(InputError, match=r"no audio 1\).*table's folder"):
        prepare(table)


def test_an_end_past_the_recording_is_cut_there_and_told(folder):
    table = write(folder, "path,speaker,emotion,start,end", "a.wav,x,ang|sad,1.5,2.25")
    preparation = prepare(table)
    assert (preparation.utterances[0].end, preparation.utterances[0].duration) == (2.0, 0.5)
    assert preparation.warnings == {
        "ends after the end of the recording, set to it": [f"{table}:2"]
    }


def test_one_whole_file_in_two_rows_is_told(folder):
    table = write(folder, "path,speaker,emotion,utt", "a.wav,x,ang,1", "a.wav,y,sad,2")
    (cases,) = prepare(table).warnings.values()
    assert cases == [f"{table}:3 ({folder / 'a.wav'})"]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("", ",x,ang", "path cell is empty"),
        ("", "b.wav,x,ang|", "emotion '' must be one word"),
        ("", "b.wav,x,very angry", "emotion 'very angry' must be one word.*--map 'very angry="),
        ("", "b.wav,x", "2 cells where the header has 3"),
        ("", "b.wav,x,ang,more", "4 cells where the header has 3"),
        ("", "b.wav,x y,ang", "speaker id 'x y' contains white space"),
        ("", "elsewhere/a.wav,x,ang", "is used at .*:2 too; add a column utt"),
        (",utt", "b.wav,x,ang,u 1", "utt id 'u 1' contains white space"),
        (",utt", "b.wav,x,ang,", "utt cell is empty"),
        (",utt", "b.wav,x,ang,0", "is used at .*:2 too; give each its own"),
        (",group", "b.wav,y,ang,", "group cell is empty"),
        (",group", "b.wav,x,ang,1", "speaker 'x' has group 1 here and 0 at .*:2"),
        (",gender", "b.wav,y,ang,woman", "expected f, m, female, male, unknown or nothing as"),
        (",gender", "b.wav,x,ang,m", r"speaker 'x' has gender m here and \(empty\) at .*:2"),
        (",start,end", "b.wav,y,ang,1,", "end cell is empty"),
        (",start,end", "b.wav,y,ang,,1", "start cell is empty"),
        (",start,end", "b.wav,y,ang,0:01,1", "expected a number as start, found '0:01'"),
        (",start,end", "b.wav,y,ang,nan,1", "expected a number as start"),
        (",start,end", "b.wav,y,ang,-1,1", "expected 0 <= start < end"),
        (",start,end", "b.wav,y,ang,1,1", "expected 0 <= start < end"),
        (",start,end", "b.wav,y,ang,3,4", "which lasts 2.000 s"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(folder, header, row, told):
    fill = {"": "", ",utt": ",0", ",group": ",0", ",gender": ",", ",start,end": ",0,1"}[header]
    table = write(folder, f"path,speaker,emotion{header}", f"a.wav,x,ang|sad{fill}", row)
    with pytest.raises(InputError, match=rf"{re.escape(str(table))}:3: .*{told}"):
        prepare(table)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("path,speaker,label", "no column 'emotion'"),
        ('path,"who\nspeaks",emotion', "the header has path, who speaks, emotion"),
        ("path,speaker,speaker,emotion", "'speaker' is named twice"),
        ("path,speaker,emotion,start", "no column 'end'"),
    ],
)
def test_a_wrong_header_is_refused(folder, header, told):
    table = write(folder, header, ",".join("1" for _ in header.split(",")))
    with pytest.raises(InputError, match=rf"{re.escape(str(table))}:1: .*{told}"):
        prepare(table)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"", "expected a header line and at least one row"),
        (b"path,speaker,emotion\n", "expected a header line and at least one row"),
        (b"path,speaker,emotion\nJos\xe9.wav,x,ang\n", "not UTF-8"),
        (b'path,speaker,emotion\n"a.wav,x,ang\n', "not CSV"),
    ],
)
def test_a_file_that_is_not_a_table_is_an_error_with_its_name(folder, content, told):
    table = folder / "t.csv"
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(InputError, match=rf"{re.escape(str(table))}:?.*{told}"):
        prepare(table)


def test_audio_that_is_text_is_an_error_with_its_name(folder):
    (folder / "b.wav").write_text("no audio")
    table = write(folder, "path,speaker,emotion", "a.wav,x,ang", "b.wav,x,sad")
    with pytest.raises(
        InputError, match=rf"{re.escape(str(folder / 'b.wav'))}: .*replace the file"
    ):
        prepare(table)
