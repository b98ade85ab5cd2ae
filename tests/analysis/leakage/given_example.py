"""The same embeddings in every format, and their labels."""

from pathlib import Path

import numpy as np

from menan.datadir.archive_writer import ArchiveWriter

SPEAKERS = ("ann", "bob", "cy", "dee")
GENDERS = {"ann": "f", "bob": "m", "cy": "m", "dee": "f"}
UTTS = tuple(f"{s}-{e}{n}" for s in SPEAKERS for e in ("ang", "sad") for n in range(3))
FORMATS = (
    *("dir", "v.scp", "one_row.scp", "v.ark", "text.ark", "text.txt", "v.npz", "each.npz"),
    *("v.npy", "v.csv", "smile.csv", "pandas.csv", "v.tsv"),
)


def vectors(dims: int = 5) -> np.ndarray:
    """float32 (utterances, dims): a shift by speaker within noise."""
    rng = np.random.default_rng(0)
    shift = np.repeat(rng.normal(size=(len(SPEAKERS), dims)), len(UTTS) // len(SPEAKERS), axis=0)
    return (shift + rng.normal(size=(len(UTTS), dims))).astype(np.float32)


def speaker(utt: str) -> str:
    return utt.partition("-")[0]


def emotion(utt: str) -> str:
    return utt.partition("-")[2][:3]


def write_vectors(folder: Path, name: str, x: np.ndarray, utts: tuple[str, ...] = UTTS) -> Path:
    """One of :data:`FORMATS`."""
    path = folder / name
    cells = [[repr(float(value)) for value in row] for row in x]
    order = np.random.default_rng(1).permutation(len(utts))
    if name in ("dir", "v.scp", "one_row.scp", "v.ark"):
        with ArchiveWriter(folder / "dir", "embeddings") as archive:
            for utt, row in zip(utts, x, strict=True):
                archive.write(utt, row[None] if name == "one_row.scp" else row)
        if name != "dir":
            (folder / f"dir/embeddings.{name[-3:]}").rename(path)
        if name == "v.ark":
            (folder / "dir/embeddings.scp").unlink()
    elif name.startswith("text"):
        lines = (f"{utt}  [ {' '.join(row)} ]\n" for utt, row in zip(utts, cells, strict=True))
        path.write_text("".join(lines))
    elif name == "v.npz":
        np.savez_compressed(path, ids=np.array(utts)[order], embeddings=x[order].astype(float))
    elif name == "each.npz":
        np.savez(path, **dict(zip(utts, x, strict=True)))
    elif name == "v.npy":
        np.save(path, x[order])
        path.with_suffix(".ids").write_text("".join(f"{utts[row]}\n" for row in order))
    else:
        write_csv(path, x, utts)
    return path


def write_csv(path: Path, x: np.ndarray, utts: tuple[str, ...] = UTTS) -> None:
    """By its name: with commas, as openSMILE writes it, or as pandas does."""
    mark = {"smile.csv": ";", "v.tsv": "\t"}.get(path.name, ",")
    names = [f"F{number}" for number in range(x.shape[1])]
    before = {"smile.csv": ["name", "frameTime"], "pandas.csv": [""]}.get(path.name, ["utt"])
    lines = [[*before, *names]]
    for utt, row in zip(utts, x, strict=True):
        first = [f"'{utt}'", "0.000000"] if path.name == "smile.csv" else [utt]
        lines.append([*first, *(repr(float(value)) for value in row)])
    path.write_text("".join(mark.join(line) + "\n" for line in lines))


def write_labels(folder: Path, utts: tuple[str, ...] = UTTS) -> Path:
    """A data directory."""
    folder.mkdir(parents=True)
    tables = {
        "utt2spk": {utt: speaker(utt) for utt in utts},
        "utt2emo": {utt: emotion(utt) for utt in utts},
        "spk2gender": GENDERS,
        "text": {utt: f"line {utt[-1]}" for utt in utts},
    }
    for name, table in tables.items():
        (folder / name).write_text("".join(f"{key} {table[key]}\n" for key in sorted(table)))
    return folder


def write_label_table(path: Path, utts: tuple[str, ...] = UTTS) -> Path:
    """A CSV file with the labels of :func:`write_labels`."""
    rows = [
        f"line {utt[-1]},{GENDERS[speaker(utt)]},{utt},{emotion(utt)},{speaker(utt)}"
        for utt in reversed(utts)
    ]
    path.write_text("\n".join(["text,gender,utt,emotion,speaker", *rows]) + "\n")
    return path
