"""Directories that are whole, and the means to put a fault into one and see what is told."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.utterances import Utterance, write_datadir
from menan.datadir.validate.directory import validate
from menan.files.mapping import to_mapping
from menan.front_ends import KaldiFrontEnd

RATE = 8000
SPEAKERS = {"s1": "g1", "s2": "g1", "s3": "g2", "s4": "g2"}


@pytest.fixture
def data(tmp_path):
    """Four speakers with two utterances each of 0.5 s, a file for each."""
    return make_data(tmp_path, segmented=False)


@pytest.fixture
def segmented(tmp_path):
    """The same utterances, those of a speaker cut from one recording of 1 s."""
    return make_data(tmp_path, segmented=True)


def make_data(folder: Path, segmented: bool) -> Path:
    utterances = []
    for speaker, group in SPEAKERS.items():
        for i in range(2):
            utt = f"{speaker}-u{i}"
            recording = speaker if segmented else utt
            path = folder / f"{recording}.wav"
            soundfile.write(path, np.full(RATE if segmented else RATE // 2, 0.1), RATE)
            utterances.append(
                Utterance(
                    utt,
                    speaker,
                    recording,
                    str(path),
                    ("ang",) if i else ("neu",),
                    duration=0.5,
                    start=i / 2 if segmented else None,
                    end=(i + 1) / 2 if segmented else None,
                    group=group,
                    gender="f",
                    text="so it is",
                )
            )
    write_datadir(utterances, folder / "data")
    return folder / "data"


@pytest.fixture
def dump(data):
    """A dump of the first directory with one speed copy of each utterance."""
    directory = data.parent / "dump"
    directory.mkdir()
    for name in ("utt2spk", "spk2utt", "utt2emo", "emotions", "spk2gender", "spk2group"):
        shutil.copy(data / name, directory)
    utts = [line.split()[0] for line in (data / "utt2spk").read_text().splitlines()]
    names = sorted([*utts, *(f"{utt}-sp0.9" for utt in utts)])
    write_lines(directory, "utt2spk", [f"{name} {name[:2]}" for name in names])
    write_lines(directory, "utt2emo", [f"{n} {'ang' if 'u1' in n else 'neu'}" for n in names])
    write_lines(directory, "utt2uniq", [f"{name} {name.removesuffix('-sp0.9')}" for name in names])
    write_lines(directory, "utt2num_frames", [f"{name} 5" for name in names])
    write_lines(
        directory,
        "spk2utt",
        [f"{s} {' '.join(n for n in names if n.startswith(s))}" for s in SPEAKERS],
    )
    config = KaldiFrontEnd(seconds=0.1, num_mel_bins=4, speeds=(0.9, 1.0))
    (directory / "features.yaml").write_text(yaml.safe_dump({"features": to_mapping(config)}))
    archive_features(directory, {name: np.ones((5, 7), np.float32) for name in names})
    return directory


def archive_features(directory, matrices):
    with ArchiveWriter(directory, "feats") as writer:
        for name, matrix in matrices.items():
            writer.write(name, matrix)


@pytest.fixture
def rewrite_feats() -> Callable:
    return archive_features


def write_lines(directory, name, lines):
    (directory / name).write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def write() -> Callable:
    return write_lines


def replace_once(path, old, new):
    """Replace the first ``old`` of a file, which must be there."""
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode(), 1))


@pytest.fixture
def edit() -> Callable:
    return replace_once


def lines_about(directory, name, **options):
    """The lines about one file, their folder taken off."""
    start = f"{directory / name}"
    lines = validate(directory, **options).lines()
    return [line.removeprefix(f"{directory}/") for line in lines if line.startswith(start)]


@pytest.fixture
def told() -> Callable:
    return lines_about


class MakesDirectory:
    """A pickle that makes a directory when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)
