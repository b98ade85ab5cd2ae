"""What menan-prepare refuses: every corpus and the tables."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tests.faults import seeds
from tests.faults.malformed import (
    Row,
    audio,
    cut,
    directory,
    edit,
    fifo,
    gone,
    link,
    lying_flac,
    nested,
    nothing,
    put,
)

SESSION = "iemocap/Session1"
LABELS = f"{SESSION}/dialog/EmoEvaluation/{seeds.DIALOGUE}.txt"
TURN = f"{SESSION}/sentences/wav/{seeds.DIALOGUE}/{seeds.DIALOGUE}_F000.wav"
ACTED = "ravdess/Actor_01/03-01-05-01-01-01-01.wav"
CSD, CSV = "csd/CMU_MOSEI_Labels.csd", "csv/CMU_MOSEI_Labels.csv"
NAMES = "All Labels/metadata/dimension names"

IEMOCAP = "prepare iemocap R/iemocap R/new"
RAVDESS = "prepare ravdess R/ravdess R/new"
FROM_CSD, FROM_CSV = "prepare mosei R/csd R/new", "prepare mosei R/csv R/new"
TABLE = "prepare table R/table/table.csv R/new"


def csd(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        with h5py.File(root / CSD, "r+") as file:
            change(file)

    return spoil


def instead(name: str, value: object) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return csd(change)


def never_written(file: h5py.File) -> None:
    """2^40 rows, of which the file holds none."""
    del file["All Labels/data/v1/features"]
    make = file["All Labels/data/v1"].create_dataset
    make("features", (2**40, 7), "float32", chunks=(1024, 7))


def elsewhere(file: h5py.File) -> None:
    """Numbers that are to be read out of another file."""
    del file["All Labels/data/v1/intervals"]
    make = file["All Labels/data/v1"].create_dataset
    make("intervals", (2, 2), "float64", external=[("/etc/passwd", 0, 32)])


def rows(*lines: str) -> Callable[[Path], object]:
    """A table of a.wav."""
    return put("table/table.csv", "\n".join(lines) + "\n")


def row(header: str, cells: str) -> Callable[[Path], object]:
    """Another column or more, and what stands in it."""
    return rows(f"path,speaker,emotion,{header}", f"a.wav,s1,ang|sad,{cells}")


T, L, V = "R/table/table.csv", f"R/{LABELS}", f"R/{CSD}: /All Labels/data"

ROWS = [
    Row("iemocap: no root", nothing, "prepare iemocap R/none R/new", "R/none: no such directory"),
    Row("iemocap: empty", nothing, "prepare iemocap R/empty R/new", "R/empty: does not contain"),
    Row("iemocap: a session", nothing, f"prepare iemocap R/{SESSION} R/new", "did you mean R/ie"),
    Row("iemocap: bracket", edit(LABELS, "2357]", "2357"), IEMOCAP, f"{L}:3: expected '[start"),
    Row("iemocap: binary", put(LABELS, b"[\xff\xfe"), IEMOCAP, f"{L}: not UTF-8 text (byte 1)"),
    Row("iemocap: turn", edit(LABELS, "_F000", "_X"), IEMOCAP, f"{L}:3: 'Ses01F_impro01_X' is no"),
    Row("iemocap: twice", edit(LABELS, "M000", "F000"), IEMOCAP, f"{L}:7: turn 'Ses01F_impro01_F0"),
    Row("iemocap: labels none", put(LABELS, ""), IEMOCAP, "R/iemocap: no turn with the labels an"),
    Row("iemocap: wav of text", put(TURN, "text\n" * 99), IEMOCAP, f"R/{TURN}: cannot be read as"),
    Row("iemocap: wav empty", put(TURN, b""), IEMOCAP, f"R/{TURN}: empty file"),
    Row("ravdess: empty", nothing, "prepare ravdess R/empty R/new", "R/empty: does not contain"),
    Row("ravdess: a file", nothing, f"prepare ravdess R/{ACTED} R/new", f"R/{ACTED}: no such dir"),
    Row("ravdess: misnamed", gone(ACTED), RAVDESS, "R/ravdess: no speech with the emotions ang"),
    Row("ravdess: cut", cut(ACTED, 0.5), RAVDESS, f"R/{ACTED}: truncated, its header promises"),
    Row("ravdess: long flac", lying_flac(ACTED), RAVDESS, f"R/{ACTED}: its header promises 687194"),
    Row("ravdess: 1 Hz", audio(ACTED, [0.1] * 9, 1), RAVDESS, f"R/{ACTED}: a sampling rate of 1 "),
    Row("ravdess: none", audio(ACTED, []), RAVDESS, f"R/{ACTED}: contains no samples"),
    Row(
        "mosei: empty",
        nothing,
        "prepare mosei R/empty R/new",
        "R/empty: does not contain CMU-MOSEI",
    ),
    Row("mosei: no labels", gone(CSD), FROM_CSD, "R/csd: has no CMU_MOSEI_Labels.csd"),
    Row("mosei: two labels", put(CSD[:-1] + "v", ""), FROM_CSD, f"R/{CSD[:-1]}v exists too"),
    Row("csd: text", put(CSD, "text"), FROM_CSD, f"R/{CSD}: not a complete HDF5 file"),
    Row("csd: cut", cut(CSD, 0.5), FROM_CSD, f"R/{CSD}: not a complete HDF5 file"),
    Row("csd: a directory", directory(CSD), FROM_CSD, f"R/{CSD}: no such label file"),
    Row("csd: no labels", csd(lambda f: f.pop("All Labels/data")), FROM_CSD, f"{V}: no such group"),
    Row(
        "csd: a video less",
        csd(lambda f: f.pop("All Labels/data/v1/intervals")),
        FROM_CSD,
        f"{V}/v1/intervals: no such dataset",
    ),
    Row("csd: of the sky", csd(never_written), FROM_CSD, f"{V}/v1/features: announces 3078632557"),
    Row("csd: elsewhere", csd(elsewhere), FROM_CSD, f"{V}/v1/intervals: announces 32 bytes"),
    Row(
        "csd: external",
        instead("All Labels/data", h5py.ExternalLink("/dev/zero", "/x")),
        FROM_CSD,
        f"{V}: no such group",
    ),
    Row(
        "csd: in a circle",
        instead("All Labels/data/v1/features", h5py.SoftLink("/All Labels/data/v1/features")),
        FROM_CSD,
        f"{V}/v1/features: no such dataset",
    ),
    Row("csd: nested", instead(NAMES, [nested()]), FROM_CSD, f"R/{CSD}: /{NAMES}: expected a JSON"),
    Row(
        "csd: many names",
        instead(NAMES, [json.dumps(["x" * 99] * 9999)]),
        FROM_CSD,
        f"R/{CSD}: /{NAMES}: expected a JSON list that names happy",
    ),
    Row("csd: of one name", instead(NAMES, ["happy"]), FROM_CSD, f"R/{CSD}: /{NAMES}: expected"),
    Row(
        "csd: a way out",
        csd(lambda f: f.move("All Labels/data/v1", "All Labels/data/..")),
        FROM_CSD,
        f"{V}: video '..' cannot name a file",
    ),
    Row(
        "csd: NaN",
        instead("All Labels/data/v1/features", np.full((2, 7), np.nan)),
        FROM_CSD,
        f"{V}/v1/features: row 0 has a value that is not finite",
    ),
    Row(
        "mosei csv: a way out", edit(CSV, "v1", "a/../v1"), FROM_CSV, f"R/{CSV}:2: video 'a/../v1'"
    ),
    Row("mosei csv: NaN", edit(CSV, "0.1,0,1", "0.1,0,nan"), FROM_CSV, f"R/{CSV}:2: expected a"),
    Row(
        "mosei csv: number",
        edit(CSV, "v1,0", "v1," + "9" * 5000),
        FROM_CSV,
        f"R/{CSV}:2: expected a whole",
    ),
    Row("table: absent", gone("table/table.csv"), TABLE, f"{T}: cannot be read (No such file"),
    Row("table: zeros", link("table/table.csv", "/dev/zero"), TABLE, f"{T}: not a regular file"),
    Row("table: pipe", fifo("table/table.csv"), TABLE, f"{T}: not a regular file"),
    Row("table: column", rows("path,emotion", "a.wav,ang"), TABLE, f"{T}:1: no column 'spe"),
    Row("table: twice", row("utt,utt", "u,u"), TABLE, f"{T}:1: column 'utt' is named twice"),
    Row("table: header", rows("path,speaker,emotion"), TABLE, f"{T}: expected a header line and"),
    Row(
        "table: label", rows("path,speaker,emotion", "a.wav,s,a b"), TABLE, f"{T}:2: emotion 'a b'"
    ),
    Row("table: quote", row("utt", '"u'), TABLE, f"{T}:2: not CSV"),
    Row("table: cells", row("utt", "u,v"), TABLE, f"{T}:2: 5 cells where the header has 4"),
    Row("table: zero byte", row("utt", "a\0b"), TABLE, f"{T}:2: contains a zero byte"),
    Row(
        "table: UTF-16",
        put("table/table.csv", "path,speaker".encode("utf-16")),
        TABLE,
        f"{T}: expected a header line and",
    ),
    Row(
        "table: UTF-16 without its mark",
        put("table/table.csv", "a,b\nc,d\n".encode("utf-16le")),
        TABLE,
        f"{T}:1: contains a zero byte",
    ),
    Row(
        "table: two groups", edit("table/table.csv", "s2", "s1"), TABLE, f"{T}:3: speaker 's1' has"
    ),
    Row("table: start", row("start,end", "2,1"), TABLE, f"{T}:2: start 2.0 s and end 1.0 s"),
    Row("table: Inf", row("start,end", "0,inf"), TABLE, f"{T}:2: expected a number as end"),
    Row("table: past it", row("start,end", "5,6"), TABLE, f"{T}:2: the segment 5.0 to 6.0 s is"),
    Row(
        "table: speaker",
        rows("path,speaker,emotion", "a.wav,../x,ang"),
        TABLE,
        f"{T}:2: speaker '.",
    ),
    Row("table: group", row("group", ".g"), TABLE, f"{T}:2: group '.g' cannot name a file"),
    Row("table: long name", row("group", "g" * 300), TABLE, f"{T}:2: group 'gggg"),
    Row("table: wav a pipe", fifo("table/a.wav"), TABLE, f"{T}: no utterance is left (no audio"),
    Row(
        "table: wav of zeros", link("table/a.wav", "/dev/zero"), TABLE, f"{T}: no utterance is left"
    ),
    Row(
        "table: path",
        lambda root: (
            rows("path,speaker,emotion,utt", '"a\nb.wav",s1,ang|sad,u')(root),
            (root / "a.wav").rename(root / "table/a\nb.wav"),
        ),
        TABLE,
        "b.wav': wav.scp cannot contain this path",
    ),
    Row("table: map", nothing, TABLE + " --map angry", "--map: expected old=new"),
]
