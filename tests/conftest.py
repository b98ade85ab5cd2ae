"""What tests share: small dump directories with made-up features."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.metadata import spk2utt
from menan.datadir.tables import c_sorted, write_table
from menan.front_ends import KaldiFrontEnd
from menan.labels import IEMOCAP_EMOTIONS, LabelSet

# Tests run beside each other; threads of one would only take cores from another.
torch.set_num_threads(1)

# Files that take longest begin first, so that no worker is left with one of them at the end.
LONGEST = (
    "tests/slurm/test_recipe.py",
    "tests/recipes/test_recipes.py",
    "tests/slurm/",
    "tests/test_benchmarks.py",
    "tests/faults/",
    "tests/training/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by :data:`LONGEST`; the rest keep their order."""

    def place(item: pytest.Item) -> int:
        found = (n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start))
        return next(found, len(LONGEST))

    items.sort(key=place)


# 0.5 s: 47 frames, enough for the network and quick to train on.
SHORT = KaldiFrontEnd(seconds=0.5)


def write_dump(
    directory: Path,
    speakers: int = 4,
    utts_per_emotion: int = 2,
    speeds: tuple[float, ...] = (1.0,),
    seed: int = 0,
    features: KaldiFrontEnd = SHORT,
    prefix: str = "spk",
    emotions: LabelSet = IEMOCAP_EMOTIONS,
) -> Path:
    """A dump directory of noise whose mean depends on emotion and speaker; gives feats.scp."""
    rng = np.random.default_rng(seed)
    matrices, utt2spk, utt2emo, utt2uniq = {}, {}, {}, {}
    for s in range(speakers):
        speaker = f"{prefix}{s:02d}"
        for e, emotion in enumerate(emotions):
            for n in range(utts_per_emotion):
                original = f"{speaker}-{emotion}{n}"
                for speed in speeds:
                    utt = original if speed == 1.0 else f"{original}-sp{speed:g}"
                    frames = int(rng.integers(10, features.rows + 1))
                    matrix = rng.normal(size=(frames, features.dims)).astype(np.float32)
                    matrix[:, e % 10] += 2.0
                    matrix[:, 10 + s] += 2.0
                    matrices[utt] = matrix
                    utt2spk[utt], utt2emo[utt], utt2uniq[utt] = speaker, emotion, original
    with ArchiveWriter(directory, "feats") as archive:
        for utt in c_sorted(matrices):
            archive.write(utt, matrices[utt])
    names = c_sorted(set(utt2spk.values()))
    write_table(directory / "utt2spk", utt2spk)
    write_table(directory / "spk2utt", spk2utt(utt2spk))
    write_table(directory / "utt2emo", utt2emo)
    (directory / "emotions").write_text("".join(f"{emotion}\n" for emotion in emotions))
    write_table(directory / "utt2uniq", utt2uniq)
    write_table(directory / "spk2gender", {name: "fm"[i % 2] for i, name in enumerate(names)})
    write_table(directory / "utt2num_frames", {u: str(len(m)) for u, m in matrices.items()})
    config = {"features": {**features.to_plain(), "speeds": list(speeds)}}
    (directory / "features.yaml").write_text(yaml.safe_dump(config))
    return directory / "feats.scp"


@pytest.fixture
def make_dump(tmp_path) -> Callable[..., Path]:
    """:func:`write_dump` below the test's own directory, by name."""

    def make(name: str = "dump", **options) -> Path:
        return write_dump(tmp_path / name, **options)

    return make


@pytest.fixture
def two_corpora(make_dump) -> str:
    """Dumps of four speakers with speed copies and of eight whose ids begin alike, by commas."""
    small = make_dump("small", speakers=4, speeds=(0.9, 1.0))
    return f"{small},{make_dump('large', speakers=8, seed=1)}"
