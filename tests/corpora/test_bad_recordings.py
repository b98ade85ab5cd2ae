import numpy as np
import pytest
import soundfile

from menan.corpora.bad_recordings import without_bad
from menan.corpora.known_corpora import CORPORA
from menan.corpora.preparation import gathered
from menan.errors import BadItems, InputError


def make_table(folder, rows, broken):
    lines = ["path,speaker,emotion"]
    for n in range(rows):
        path = folder / f"u{n:03d}.wav"
        if n in broken:
            path.write_bytes(b"" if n % 2 else b"<!DOCTYPE html>")
        else:
            soundfile.write(path, np.zeros(400, "int16"), 4000)
        lines.append(f"{path.name},s{n % 4},{'ang' if n % 3 else 'sad'}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return folder / "t.csv"


def read(table, skip_bad):
    with gathered() as bad:
        preparation = CORPORA["table"].prepare(table)
    return without_bad(preparation, bad, skip_bad)


def test_all_unreadable_files_are_named_at_once(tmp_path):
    table = make_table(tmp_path, 8, {1, 2, 6})
    with pytest.raises(BadItems) as caught:
        read(table, skip_bad=False)
    assert [line.split(":")[0] for line in caught.value.lines] == [
        str(tmp_path / f"u00{n}.wav") for n in (1, 2, 6)
    ]
    assert all(line.endswith("(or use --skip-bad true)") for line in caught.value.lines)


def test_few_are_left_out_and_named(tmp_path):
    preparation = read(make_table(tmp_path, 200, {5, 6}), skip_bad=True)
    assert len(preparation.utterances) == 198
    assert preparation.left_out["unreadable audio"] == 2
    named = preparation.warnings["files that cannot be read, left out"]
    assert [path.split(":")[0] for path in named] == [str(tmp_path / f"u00{n}.wav") for n in (5, 6)]


def test_more_than_one_per_cent_are_refused(tmp_path):
    table = make_table(tmp_path, 199, {5, 6})
    with pytest.raises(BadItems, match="2 of 199 utterances are bad, and --skip-bad true leaves"):
        read(table, skip_bad=True)


def test_a_call_from_python_still_stops_at_the_first(tmp_path):
    with pytest.raises(InputError, match=r"u001.wav: empty file"):
        CORPORA["table"].prepare(make_table(tmp_path, 4, {1, 2}))
