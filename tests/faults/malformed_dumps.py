"""What is refused of dumps, hypotheses and analyses."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from menan.datadir.archive_writer import ArchiveWriter
from tests.faults.malformed import (
    RUN,
    Row,
    cut,
    edit,
    fifo,
    gone,
    leakage,
    nested,
    nothing,
    put,
)

TRAIN = "train --feats R/dump/feats.scp --exp R/new --epochs 1"
SCORE = "score --ref R/ref --hyp R/hyp"
RESULTS = "results --exp R/exp --leakage R/leakage --out R/new"
PROBE = "probe --embeddings R/infer --feats R/dump/feats.scp --out R/new"
ARK, FIRST = "dump/feats.ark", "R/dump/feats.scp: spk00-ang0: R/dump/feats.ark"


def entry(place: str) -> Callable[[Path], object]:
    """What feats.scp says of the first utterance."""

    def spoil(root: Path) -> None:
        first, *others = (root / "dump/feats.scp").read_text().splitlines(keepends=True)
        first = f"{first.split()[0]} {place.replace('R/', f'{root}/')}\n"
        (root / "dump/feats.scp").write_text("".join([first, *others]))

    return spoil


def header(rows: int, columns: int = 43) -> Callable[[Path], object]:
    """How many rows and columns the first matrix claims to have."""

    def spoil(root: Path) -> None:
        content = bytearray((root / ARK).read_bytes())
        content[16:26] = struct.pack("<bibi", 4, rows, 4, columns)
        (root / ARK).write_bytes(content)

    return spoil


def first_value(content: bytes) -> Callable[[Path], object]:
    def spoil(root: Path) -> None:
        data = bytearray((root / ARK).read_bytes())
        data[26:30] = content
        (root / ARK).write_bytes(data)

    return spoil


def vectors(of_first: list[float]) -> Callable[[Path], object]:
    """Embeddings of which the first is another."""

    def spoil(root: Path) -> None:
        utts = [line.split()[0] for line in (root / "infer/utt2emo").read_text().splitlines()]
        with ArchiveWriter(root / "infer", "embeddings") as writer:
            for number, utt in enumerate(utts):
                values = [1.0, 2.0, number] if number else of_first
                writer.write(utt, np.array(values, np.float32))

    return spoil


def heldout(**changes: object) -> Callable[[Path], object]:
    """heldout.npz with other arrays."""

    def spoil(root: Path) -> None:
        path = root / RUN / "heldout.npz"
        with np.load(path) as arrays:
            np.savez(path, **(dict(arrays) | changes))

    return spoil


def probed(**changes: object) -> Callable[[Path], object]:
    return put("leakage/menan.json", json.dumps(leakage() | changes))


DUMPS = [
    Row("feats: absent", gone("dump/feats.scp"), TRAIN, "R/dump/feats.scp: cannot be read"),
    Row("feats: pipe", entry("touch R/x |"), TRAIN, "R/dump/feats.scp:1: 'touch R/x |' is a comm"),
    Row("feats: no ark", entry("R/none.ark:9"), TRAIN, "feats.scp: spk00-ang0: R/none.ark cannot"),
    Row("feats: a directory", entry("R/empty:9"), TRAIN, "spk00-ang0: R/empty is not a regular"),
    Row(
        "feats: a fifo",
        lambda root: (entry("R/p:9")(root), fifo("p")(root)),
        TRAIN,
        "R/p is not a regular file",
    ),
    Row("feats: zeros", entry("/dev/zero:9"), TRAIN, "spk00-ang0: /dev/zero is not a regular"),
    Row("feats: offset", entry("R/dump/feats.ark:9"), TRAIN, f"{FIRST}:9: no Kaldi matrix"),
    Row("feats: past it", entry("R/dump/feats.ark:" + "9" * 18), TRAIN, "no Kaldi matrix"),
    Row("feats: 2^63", entry("R/dump/feats.ark:" + "9" * 4400), TRAIN, "R/dump/feats.scp: spk00-"),
    Row("feats: vector", edit(ARK, "FM ", "FV "), TRAIN, "matrix of shape (1, 42), but utt2num_"),
    Row("feats: many rows", header(2**31 - 1), TRAIN, f"{FIRST}:11: the matrix is cut short"),
    Row("feats: square", header(2**31 - 1, 2**31 - 1), TRAIN, f"{FIRST}:11: the matrix is cut sh"),
    Row("feats: negative", header(-(2**31)), TRAIN, f"{FIRST}:11: the matrix is empty"),
    Row(
        "feats: columns", header(5, 9), TRAIN, "R/dump/feats.scp: spk00-ang0: matrix of shape (5, 9"
    ),
    Row("feats: cut", cut(ARK, 0.5), TRAIN, "the matrix is cut short"),
    Row("feats: NaN", first_value(b"\0\0\xc0\x7f"), TRAIN, "spk00-ang0: features contain NaN"),
    Row(
        "frames: other",
        edit("dump/utt2num_frames", "ang0 ", "ang0 1"),
        TRAIN,
        "feats.scp: spk00-an",
    ),
    Row("frames: many", edit("dump/utt2num_frames", "ang0 ", "ang0 " + "9" * 15), TRAIN, "R/dump/"),
    Row(
        "frames: endless",
        edit("dump/utt2num_frames", "ang0 ", "ang0 " + "9" * 5000),
        TRAIN,
        "R/dump/utt2num_frames:1: ",
    ),
    Row(
        "frames: none", edit("dump/utt2num_frames", "ang0 ", "ang0 -"), TRAIN, "utt2num_frames:1: "
    ),
    Row(
        "features.yaml: list",
        put("dump/features.yaml", "[]"),
        TRAIN,
        "R/dump/features.yaml: not a record",
    ),
    Row(
        "features.yaml: long", edit("dump/features.yaml", "0.5", "1e9"), TRAIN, "features.yaml: fea"
    ),
    Row("features.yaml: tiny", edit("dump/features.yaml", "0.5", "0.1"), TRAIN, "R/dump/"),
    Row("dump: validate", cut(ARK, 0.5), "validate R/dump", "R/dump/feats.scp:"),
]
ANALYSES = [
    Row("hyp: label", put("hyp", "a-1 joy\n"), SCORE, "R/hyp: the labels do not match: only"),
    Row("hyp: two", put("hyp", "a-1 ang,sad\n"), SCORE, "R/hyp:1: expected one emotion, found"),
    Row("hyp: short", put("hyp", "a-1\n"), SCORE, "R/hyp:1: expected '<key> <value>'"),
    Row("hyp: other", put("hyp", "c-1 ang\n"), SCORE, "R/hyp: hypothesis 'c-1' has no reference"),
    Row("hyp: empty", put("hyp", ""), SCORE, "R/hyp: no hypotheses to score"),
    Row("ref: absent", gone("ref"), SCORE, "R/ref: cannot be read"),
    Row("exp: none", nothing, "results --exp R/empty --out R/new", "R/empty: no training with"),
    Row("exp: config", put(f"{RUN}/config.yaml", "[]"), RESULTS, f"R/{RUN}/config.yaml: not the"),
    Row(
        "exp: folds",
        edit(f"{RUN}/config.yaml", "test: spk00", "test: you"),
        RESULTS,
        f"R/{RUN}/config.yaml: folds of speakers whom heldout.npz lacks",
    ),
    Row(
        "exp: log", put(f"{RUN}/log.jsonl", '{"epoch": 1}\n{"epoch"\n'), RESULTS, "log.jsonl:2: not"
    ),
    Row("exp: log nested", put(f"{RUN}/log.jsonl", nested()), RESULTS, f"R/{RUN}/log.jsonl:1: not"),
    Row("exp: arrays", put(f"{RUN}/heldout.npz", "text"), RESULTS, f"R/{RUN}/heldout.npz: not the"),
    Row(
        "exp: shape", heldout(labels=np.zeros(3, int)), RESULTS, f"R/{RUN}/heldout.npz: not the po"
    ),
    Row(
        "exp: classes", heldout(labels=np.full(16, 9)), RESULTS, f"R/{RUN}/heldout.npz: not the po"
    ),
    Row(
        "leakage: text", put("leakage/menan.json", "text"), RESULTS, "R/leakage/menan.json: not wh"
    ),
    Row(
        "leakage: nested",
        put("leakage/menan.json", nested()),
        RESULTS,
        "menan.json: not what menan",
    ),
    Row(
        "leakage: sets", probed(sets={"train": {}}), RESULTS, "R/leakage/menan.json: not what menan"
    ),
    Row("leakage: rule", probed(rule="best"), RESULTS, "R/leakage/menan.json: not what menan"),
    Row("leakage: other", probed(seed=7), RESULTS, "R/leakage/menan.json: of menan, seed 7, which"),
    Row(
        "cards: nested",
        put("infer/models.json", nested()),
        PROBE,
        "R/infer/models.json: not a models.json",
    ),
    Row("cards: mapping", put("infer/models.json", "{}"), PROBE, "R/infer"),
    Row("embeddings: NaN", vectors([np.nan] * 3), PROBE, "embeddings.scp: spk00-ang0: NaN or Inf"),
    Row(
        "embeddings: length", vectors([1.0] * 4), PROBE, "embeddings.scp: spk00-ang1: 3 values, but"
    ),
]
ROWS = [*DUMPS, *ANALYSES]
