"""The commands in docs/audit.md work as they stand."""

import shutil

import numpy as np

from menan.analysis.leakage import given_labels, given_table, given_vectors
from menan.analysis.leakage.leakage_files import read_json
from menan.datadir.archive_writer import ArchiveWriter
from tests.analysis.leakage.given_example import (
    UTTS,
    emotion,
    speaker,
    vectors,
    write_csv,
    write_label_table,
    write_labels,
    write_vectors,
)
from tests.docs.page_blocks import ROOT, blocks, commands

PAGE = (ROOT / "docs/audit.md").read_text(encoding="utf-8")


def write_files(folder, x):
    """The files that the page names."""
    write_label_table(folder / "labels.csv")
    write_labels(folder / "data/test")
    for ending in ("npy", "ids"):
        write_vectors(folder, "v.npy", x).with_suffix(f".{ending}").rename(
            folder / f"matrix.{ending}"
        )
    write_vectors(folder, "dir", x)
    shutil.copytree(folder / "dir", folder / "release")
    (folder / "dir/embeddings.scp").rename(folder / "xvector.scp")
    shutil.copy(folder / "dir/embeddings.ark", folder / "xvector.ark")
    write_csv(folder / "smile.csv", x)
    write_csv(folder / "v.csv", x)
    header, *rows = (folder / "v.csv").read_text().splitlines()
    labels = [f",{speaker(utt)},{emotion(utt)}" for utt in UTTS]
    lines = [f"{header},speaker,emotion", *map(str.__add__, rows, labels)]
    (folder / "with_labels.csv").write_text("\n".join(lines) + "\n")
    shutil.copytree(folder / "data/test", folder / "dump/corpus")
    with ArchiveWriter(folder / "dump/corpus", "feats") as archive:
        for utt in sorted(UTTS):
            archive.write(utt, np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32))


def test_the_page_works(reader):
    x = vectors()
    write_files(reader.folder, x)
    reader.reads("docs/audit.md", ids=list(UTTS), x=x)
    probed = [line for line in typed() if line.startswith("menan-probe ")]
    for command in probed:
        found = read_json(reader.folder / command.split()[-1])
        assert (found["sets"]["all"]["embeddings"]["raw"] is not None) == ("--feats" in command)
    assert len(probed) == 8
    assert "EER, %, of unseen speakers: any" in (reader.folder / "attacks.md").read_text()


def typed():
    return [
        c
        for block in blocks("docs/audit.md")
        if block.language == "sh"
        for c in commands(block.text)
    ]


def test_the_page_has_a_command_for_every_kind_of_file():
    named = " ".join(typed())
    for word in (".npz", ".scp", ".ark", ".npy", ".csv", "--feats", "labels.csv", "data/"):
        assert word in named


def test_the_page_lists_what_the_readers_know():
    plain = PAGE.lower()
    names = (
        *given_labels.ID_COLUMNS,
        *given_labels.LABEL_COLUMNS,
        *given_table.TIME_COLUMNS,
        *given_table.OTHER_LABELS,
        *given_vectors.ID_ARRAYS,
        *given_vectors.MATRIX_ARRAYS,
        *given_vectors.READERS,
    )
    missing = [name for name in names if f"`{name}`" not in plain]
    assert not missing
