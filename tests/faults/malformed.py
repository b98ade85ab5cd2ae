"""A small world in which every command succeeds, and the means to spoil one thing in it."""

import json
import os
import shlex
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile
import torch

from menan.config import RunsConfig, TrainingConfig
from menan.inference.infer import infer
from tests.conftest import write_dump
from tests.faults import seeds
from tests.training.training_example import train_runs

RUN = "exp/menan_seed0/g01"
MODEL = f"{RUN}/spk00.last.safetensors"
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Row:
    """One thing that is wrong.

    spoil: does it, in the world's folder.
    command: the command that reads it, without ``menan-``; in it as in ``told``, R is that folder.
    told: what the one line has to contain: file, place, fault.
    """

    name: str
    spoil: Callable[[Path], object]
    command: str
    told: str

    def arguments(self, folder: Path) -> list[str]:
        return [word.replace("R/", f"{folder}/") for word in shlex.split(self.command)]

    def words(self, folder: Path) -> str:
        return self.told.replace("R/", f"{folder}/")


def write_world(root: Path) -> None:
    """Corpora, a data directory, a dump, a training, what its model says, and its leakage."""
    seeds.iemocap(root / "iemocap")
    for kind in ("csd", "csv"):
        seeds.mosei(kind, root / kind)
    for name in ("ravdess/Actor_01/03-01-05-01-01-01-01.wav", "a.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(seeds.audio())
    for name, write in (("table", seeds.table), ("data", seeds.data)):
        (root / name).mkdir()
        write(root / name)
    (root / "empty").mkdir()
    (root / "c.yaml").write_bytes(seeds.config())
    seeds.hypotheses(root)
    feats = write_dump(root / "dump")
    runs = RunsConfig(hold_out=("each",))
    train_runs(feats, root / "exp", TrainingConfig(epochs=1), runs, CPU)
    infer(root / MODEL, feats, root / "infer", CPU)
    (root / "leakage").mkdir()
    (root / "leakage/menan.json").write_text(json.dumps(leakage()))


def copy_world(world: Path, folder: Path) -> None:
    """With the absolute paths that stand in it changed."""
    shutil.copytree(world, folder, dirs_exist_ok=True)
    for path in (*folder.glob("*/*.scp"), *folder.glob("exp/*/*/config.yaml")):
        path.write_text(path.read_text().replace(str(world), str(folder)))


def leakage() -> dict:
    """What menan-probe writes, as far as it is read again."""
    probe = {"accuracy": 0.5, "interval": [0.4, 0.6], "control": 0.3, "selectivity": 0.2}
    probes = {name: {**probe, "cross_entropy": 1.2} for name in ("linear", "mlp", "knn")}
    names = ("utterances", "speakers", "chance", "majority", "uniform_nats", "floor_nats")
    part = dict.fromkeys(names, 0.5) | {
        "embeddings": {x: probes | {"eer": 0.4, "gender": None} for x in ("v", "raw", "leace")}
    }
    head = {"system": "menan", "seed": 0, "rule": "last"}
    return head | {"bottleneck": "", "draws": 1, "sets": {"train": part}}


def nothing(_: Path) -> None:
    """The fault is in the command line."""


def put(name: str, content: str | bytes) -> Callable[[Path], object]:
    content = content.encode() if isinstance(content, str) else content
    return lambda root: (root / name).write_bytes(content)


def edit(name: str, old: str | bytes, new: str | bytes) -> Callable[[Path], object]:
    """Replace the first ``old``, which must be there."""
    old, new = (x.encode() if isinstance(x, str) else x for x in (old, new))

    def change(root: Path) -> None:
        content = (root / name).read_bytes()
        assert old in content
        (root / name).write_bytes(content.replace(old, new, 1))

    return change


def cut(name: str, part: float) -> Callable[[Path], object]:
    """Keep the first part of a file, by its share."""

    def change(root: Path) -> None:
        content = (root / name).read_bytes()
        (root / name).write_bytes(content[: int(part * len(content))])

    return change


def gone(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).unlink()


def fifo(name: str) -> Callable[[Path], object]:
    """A pipe that nobody writes to: who reads it waits for ever."""

    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)

    return change


def link(name: str, target: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return change


def directory(name: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir()

    return change


def audio(name: str, samples, rate: int = 16000, **options) -> Callable[[Path], object]:
    return lambda root: soundfile.write(root / name, samples, rate, **options)


def lying_flac(name: str) -> Callable[[Path], object]:
    """One whose STREAMINFO claims 2^36 - 1 samples, 50 days at 16 kHz."""

    def change(root: Path) -> None:
        content = bytearray(seeds.audio("FLAC"))
        # Behind fLaC and the block's header: sizes of blocks and frames, rate, channels, bits;
        # the count takes the last 36 of the 64 bits there.
        (word,) = struct.unpack(">Q", content[18:26])
        content[18:26] = struct.pack(">Q", word | (2**36 - 1))
        (root / name).write_bytes(content)

    return change


def nested(depth: int = 100_000) -> str:
    """JSON that takes a reader's stack."""
    return "[" * depth + "]" * depth
