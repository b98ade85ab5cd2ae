"""What a training keeps its frames as, and where: a disk changes nothing, float16 rounds them."""

import os
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from menan.config import RunsConfig, TrainingConfig
from menan.datadir.archive import read_matrix, read_scp
from menan.datadir.archive_writer import ArchiveWriter
from menan.features import memory_mapped as mapped
from tests.training.training_example import train_runs

CPU = torch.device("cpu")
HELD_OUT = RunsConfig(hold_out=("g01",))


def files_of(directory):
    """The outcome of a run by name."""
    return {
        path.relative_to(directory): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.suffix in (".safetensors", ".npz", ".yaml", ".pt")
    }


@pytest.mark.parametrize("frames", ["float32", "float16"])
def test_training_from_a_disk_is_to_the_bit_that_from_memory(make_dump, tmp_path, frames):
    feats = make_dump(speeds=(0.9, 1.0))
    training = TrainingConfig(epochs=2, store_dtype=frames)
    train_runs(feats, tmp_path / "memory", training, HELD_OUT, CPU)
    train_runs(feats, tmp_path / "disk", training, HELD_OUT, CPU, store=tmp_path / "new/frames")
    outcome = files_of(tmp_path / "memory")
    assert len(outcome) == 2 * 4 + 4  # two folds, four rules; configuration, checkpoints, held-out
    assert files_of(tmp_path / "disk") == outcome


def test_training_with_float16_is_to_the_bit_that_on_rounded_matrices(make_dump, tmp_path):
    """The normalisation and the held-out speakers included."""
    feats = make_dump()
    rounded = shutil.copytree(feats.parent, tmp_path / "rounded")
    with ArchiveWriter(rounded, "feats") as archive:
        for utt, place in read_scp(feats).items():
            archive.write(utt, read_matrix(place, utt).astype(np.float16).astype(np.float32))
    outcomes = []
    for path, frames in ((feats, "float16"), (rounded / "feats.scp", "float32")):
        exp = tmp_path / frames
        train_runs(path, exp, TrainingConfig(epochs=2, store_dtype=frames), HELD_OUT, CPU)
        run = exp / "menan_seed0/g01"
        outcomes.append((load_file(run / "spk00.last.safetensors"), run / "heldout.npz"))
    (half, said), (single, expected) = outcomes
    assert all(torch.equal(half[name], single[name]) for name in single)
    assert said.read_bytes() == expected.read_bytes()
    train_runs(feats, tmp_path / "unrounded", TrainingConfig(epochs=2), HELD_OUT, CPU)
    other = load_file(tmp_path / "unrounded/menan_seed0/g01/spk00.last.safetensors")
    assert not torch.equal(other["encoder.mean"], half["encoder.mean"])


@pytest.mark.parametrize("frames", ["float32", "float16"])
def test_validation_speakers_are_kept_alike(make_dump, tmp_path, monkeypatch, frames):
    sizes, fallocate = [], os.posix_fallocate
    monkeypatch.setattr(
        mapped.os, "posix_fallocate", lambda *a: sizes.append(a[2]) or fallocate(*a)
    )
    training = TrainingConfig(epochs=1, store_dtype=frames)
    feats, valid = make_dump(), make_dump("valid", prefix="other")
    train_runs(
        feats, tmp_path / "exp", training, RunsConfig(), valid_feats=valid, store=tmp_path / "kept"
    )
    bytes_each = 43 * {"float32": 4, "float16": 2}[frames]
    counts = [
        sum(int(line.split()[1]) for line in (path.parent / "utt2num_frames").open())
        for path in (valid, feats)
    ]
    assert sizes == [bytes_each * count for count in counts]
