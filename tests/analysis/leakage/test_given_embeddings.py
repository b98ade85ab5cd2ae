"""Embeddings and labels of other toolkits are read alike, or refused in one line."""

import numpy as np
import pytest

from menan.analysis.leakage.given_embeddings import read_given_embeddings
from menan.datadir.archive_writer import ArchiveWriter
from menan.errors import InputError
from tests.analysis.leakage.given_example import (
    FORMATS,
    GENDERS,
    UTTS,
    emotion,
    speaker,
    vectors,
    write_label_table,
    write_labels,
    write_vectors,
)


@pytest.fixture
def labels(tmp_path):
    return write_labels(tmp_path / "labels")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_numbers_of_the_scp(labels, tmp_path, name):
    x = vectors()
    path = write_vectors(tmp_path / "theirs", "dir", x) if name == "dir" else None
    path = path or write_vectors(tmp_path, name, x)
    given = read_given_embeddings(path, labels)
    assert given.utts == UTTS
    np.testing.assert_array_equal(given.x, x)
    assert given.x.dtype == np.float64
    assert given.speakers == tuple(map(speaker, UTTS))
    scp = write_vectors(tmp_path / "reference", "v.scp", x)
    assert given.sha256 == read_given_embeddings(scp, labels).sha256


def test_a_table_of_labels_says_what_a_directory_says(labels, tmp_path):
    path = write_vectors(tmp_path, "v.npz", vectors())
    one = read_given_embeddings(path, labels)
    two = read_given_embeddings(path, write_label_table(tmp_path / "labels.csv"))
    assert one.sha256 == two.sha256
    assert two.emotions == tuple(map(emotion, UTTS))
    assert two.genders == tuple(GENDERS[speaker(utt)] for utt in UTTS)
    assert two.groups == ("",) * len(UTTS)
    assert two.others == {"text": tuple(f"line {utt[-1]}" for utt in UTTS)}


def test_labels_may_stand_beside_the_values(labels, tmp_path, capsys):
    x = vectors()
    rows = [
        f"{utt};{speaker(utt)};{GENDERS[speaker(utt)]};{n % 2};{';'.join(map(repr, row.tolist()))}"
        for n, (utt, row) in enumerate(zip(UTTS, x.astype(float), strict=True))
    ]
    header = "file;speaker;gender;intensity;" + ";".join(f"d{n}" for n in range(x.shape[1]))
    (tmp_path / "all.csv").write_text("\n".join([header, *rows]) + "\n")
    given = read_given_embeddings(tmp_path / "all.csv", None)
    np.testing.assert_array_equal(given.x, x)  # without the intensity
    assert given.emotions == ("",) * len(UTTS)
    assert given.others["intensity"][:3] == ("0", "1", "0")
    note = "5 columns of values, d0 to d4; labels: speaker, gender, intensity"
    assert note in capsys.readouterr().err
    npz = tmp_path / "all.npz"
    np.savez(npz, names=np.array(UTTS), x=x, speaker=np.array([speaker(utt) for utt in UTTS]))
    assert read_given_embeddings(npz, None).speakers == given.speakers
    with pytest.raises(InputError, match=r"all.npz: has labels of its own beside those in "):
        read_given_embeddings(npz, labels)


def test_a_column_that_may_be_a_label_is_named(labels, tmp_path, capsys):
    path = write_vectors(tmp_path, "v.csv", vectors())
    assert read_given_embeddings(path, labels).x.shape == (24, 5)
    assert "whole" not in capsys.readouterr().err
    lines = path.read_text().splitlines()
    more = ["who,id", *(f"{n // 6},{n}" for n in range(len(UTTS)))]
    path.write_text("\n".join(map(",".join, zip(lines, more, strict=True))) + "\n")
    assert read_given_embeddings(path, labels).x.shape == (24, 6)
    printed = capsys.readouterr().err
    assert "6 columns of values, f0 to who; not used: id; with whole numbers only: who" in printed


def test_labels_of_more_utterances_are_counted(labels, tmp_path, capsys):
    path = write_vectors(tmp_path, "v.csv", vectors()[4:], UTTS[4:])
    assert read_given_embeddings(path, labels).utts == UTTS[4:]
    printed = capsys.readouterr().err
    assert f"note: {labels}: 4 of {len(UTTS)} utterances have no embedding in {path}" in printed


def test_speed_copies_are_left_out_and_counted(labels, tmp_path, capsys):
    copies = tuple(f"{utt}-sp0.9" for utt in UTTS)
    both, x = UTTS + copies, np.concatenate([vectors(), vectors()])
    for name in ("utt2spk", "utt2emo"):
        lines = (labels / name).read_text().splitlines()
        more = [line.replace(" ", "-sp0.9 ") for line in lines]
        (labels / name).write_text("\n".join([*lines, *more]) + "\n")
    uniq = "".join(f"{utt} {utt.removesuffix('-sp0.9')}\n" for utt in both)
    (labels / "utt2uniq").write_text(uniq)
    path = write_vectors(tmp_path, "v.npz", x, both)
    assert read_given_embeddings(path, labels).utts == UTTS
    assert f"{len(UTTS)} speed copies are not used" in capsys.readouterr().err


def changed(name, change):
    """A format with other values."""

    def write(folder):
        x, utts = change(vectors(), UTTS)
        return write_vectors(folder, name, x, utts)

    return write


def written(name, content):
    def write(folder):
        (folder / name).write_bytes(content)
        return folder / name

    return write


def wide_scp(folder):
    with ArchiveWriter(folder, "v") as archive:
        for n, utt in enumerate(UTTS):
            archive.write(utt, np.zeros(4 + (n == 3), dtype=np.float32))
    return folder / "v.scp"


def long_scp(folder):
    with ArchiveWriter(folder, "v") as archive:
        for utt in UTTS:
            archive.write(utt, np.zeros((7, 2), dtype=np.float32))
    return folder / "v.scp"


def npz(**arrays):
    def write(folder):
        np.savez(folder / "v.npz", **arrays)
        return folder / "v.npz"

    return write


def npy(ids):
    def write(folder):
        np.save(folder / "v.npy", vectors())
        if ids is not None:
            (folder / "v.ids").write_text(ids)
        return folder / "v.npy"

    return write


def nan(x, utts):
    x[2, 1] = np.nan
    return x, utts


IDS = np.array(UTTS)
WRONG = {
    "another ending": (written("v.pt", b""), "v.pt: expected embeddings in a file that ends with"),
    "absent": (lambda folder: folder / "v.npz", "v.npz: cannot be read"),
    "unknown id": (
        changed("v.npz", lambda x, u: (x, ("new", *u[1:]))),
        "labels: no label of 'new'",
    ),
    "twice in a table": (
        changed("v.csv", lambda x, u: (x, (u[1], *u[1:]))),
        "row 2: 'ann-ang1' is",
    ),
    "twice in an ark": (
        changed("text.ark", lambda x, u: (x, (u[1], *u[1:]))),
        "'ann-ang1' is in it",
    ),
    "twice in npz": (
        changed("v.npz", lambda x, u: (x, (u[1], *u[1:]))),
        "'ann-ang1' is there twice",
    ),
    "NaN in ark": (changed("v.ark", nan), "v.ark: ann-ang2: NaN or Inf in its values"),
    "NaN in csv": (changed("v.csv", nan), "v.csv:4: expected a number as f1, found 'nan'"),
    "NaN in npy": (changed("v.npy", nan), "v.npy: ann-ang2: NaN or Inf"),
    "one speaker": (
        changed("v.npz", lambda x, u: (x[:6], u[:6])),
        "two speakers or more .* found 1",
    ),
    "widths": (wide_scp, "v.scp: ann-sad0: 5 values, but 'ann-ang0' has 4"),
    "frames": (long_scp, "v.scp: ann-ang0: expected one vector, found 7 rows of 2 values; pool"),
    "no ids": (npy(None), r"v.npy: the ids of its rows are missing; write them into .*v.ids"),
    "fewer ids": (npy("a\nb\n"), "v.ids: 2 ids, but .*v.npy has 24 rows"),
    "an empty id": (npy("a\n\n"), "v.ids:2: expected one id, found ''"),
    "no matrix": (npz(ids=IDS, y=vectors()), "one array of ids .* found ids, y; rename"),
    "two ids": (npz(ids=IDS, utts=IDS, x=vectors()), "one array of ids .* found ids, utts, x"),
    "no names": (npz(arr_0=vectors()), "v.npz: arr_0: expected one vector, found 24 rows"),
    "text": (npz(ids=IDS, x=IDS), r"x: expected numbers \(utterances, dims\), found <U8"),
    "short": (npz(ids=IDS[1:], x=vectors()), "'ids': expected 24 words, one for each row of x"),
    "labels alone": (npz(ids=IDS, x=vectors(), emotion=IDS), "has labels .* no array 'speaker'"),
    "not zip": (written("v.npz", b"PK\3\4xx"), "v.npz: not an archive of NumPy's arrays"),
    "empty ark": (written("v.ark", b""), "v.ark: empty"),
    "no ark": (written("v.ark", b"ann-ang0"), "byte 0: expected an utterance id and a space"),
    "cut ark": (written("v.ark", b"a \0BFV \4\5\0\0\0\0\0"), "v.ark:2: a: the .* is cut short"),
    "open ark": (written("v.ark", b"a  [ 1 2\n"), "v.ark:2: a: the closing bracket is missing"),
    "pipe": (written("v.scp", b"ann-ang0 cat x |\n"), "v.scp:1: .* is a command"),
    "words": (written("v.csv", b"utt,a\nx,y\n"), "v.csv:2: found no numbers"),
    "late word": (written("v.csv", b"utt,a\nx,1\ny,z\n"), "v.csv:3: expected a number as a"),
    "late number": (
        written("v.csv", b"utt,a,b\nx,q,1\ny,2,1\n"),
        "v.csv:3: column 'a' has the num",
    ),
    "no id column": (written("v.csv", b"who,a\nx,1\n"), "v.csv:1: no column names the utterances"),
    "row numbers": (written("v.csv", b",a\n0,1\n1,2\n"), "v.csv:1: the first column only counts"),
}


@pytest.mark.parametrize("case", WRONG)
def test_embeddings_that_are_refused(labels, tmp_path, case):
    write, message = WRONG[case]
    path = write(tmp_path)
    with pytest.raises(InputError, match=message) as refusal:
        read_given_embeddings(path, labels)
    assert str(tmp_path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("utt,emotion\na,b\n", "l.csv:1: no column 'speaker'; the header has utt, emotion"),
        ("who,speaker\na,b\n", "l.csv:1: no column names the utterances"),
        ("utt,speaker\na,b\na,b\n", "l.csv:3: 'a' has two rows"),
        ("utt,speaker\na,\n", "l.csv:2: the speaker cell is empty"),
        ("utt,speaker,gender\na,b,x\n", "l.csv:2: expected f, m, female or male"),
        ("utt,speaker,gender\na,b,f\nc,b,m\n", "l.csv:3: speaker 'b' has another gender or group"),
        ("utt,speaker,emotion\na,b,\nc,b,x\n", "no label of 'ann-ang1', which .* 'a'"),
    ],
)
def test_labels_that_are_refused(tmp_path, table, message):
    path = write_vectors(tmp_path, "v.npz", vectors())
    (tmp_path / "l.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        read_given_embeddings(path, tmp_path / "l.csv")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("utt2spk", "labels: no label of 'ann-ang0'"),
        ("utt2emo", "labels: no emotion of 'ann-ang0'"),
        ("spk2group", "labels: no group of speaker 'ann'"),
    ],
)
def test_a_directory_that_lacks_labels(labels, tmp_path, file, message):
    path = write_vectors(tmp_path, "v.npz", vectors())
    (labels / "spk2group").write_text("ann g1\nbob g1\ncy g2\ndee g2\n")
    assert read_given_embeddings(path, labels).groups[::6] == ("g1", "g1", "g2", "g2")
    lines = (labels / file).read_text().splitlines(keepends=True)
    (labels / file).write_text("".join(lines[1:]))
    with pytest.raises(InputError, match=message):
        read_given_embeddings(path, labels)


def test_embeddings_without_any_labels_are_refused(tmp_path):
    path = write_vectors(tmp_path, "v.csv", vectors())
    with pytest.raises(InputError, match=r"v.csv: has no column or array 'speaker'; give a table"):
        read_given_embeddings(path, None)
