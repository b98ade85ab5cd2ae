"""What is written is read again as it was, whatever names and numbers it holds."""

import csv
import tempfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from menan.config import SECTIONS, ModelConfig, RunsConfig, TrainingConfig, load_config
from menan.datadir.archive import read_matrix, read_scp
from menan.datadir.archive_writer import ArchiveWriter
from menan.datadir.fold_table import COLUMNS, FoldRow, write_fold_table
from menan.datadir.folds import assign_groups, folds_of_group, held_out_groups
from menan.datadir.metadata import read_metadata, spk2utt
from menan.datadir.tables import c_sorted, read_table, write_table
from menan.datadir.utterances import Utterance, write_datadir
from menan.errors import InputError
from menan.files.mapping import to_mapping
from menan.front_ends import KaldiFrontEnd
from menan.labels import IEMOCAP_EMOTIONS, parse_map
from menan.settings import (
    FsqSettings,
    MaxEntropySettings,
    NoBottleneckSettings,
    NoiseSettings,
)

repeated = settings(deadline=None, derandomize=True, max_examples=100, database=None)

# Unicode at large but for control characters, white space and lone surrogates.
names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
texts = (
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
    .map(lambda text: text.replace("\n", " ").strip())
    .filter(bool)
)
# Those that can name a file too.
speakers = st.text("abzAZ09_$()*é日", min_size=1, max_size=8)
floats = st.floats(0, exclude_min=True, allow_infinity=False)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@repeated
@given(table=st.dictionaries(names, texts, min_size=1))
def test_a_table_is_read_as_it_was_written(folder, table):
    write_table(folder / "table", table)
    back = read_table(folder / "table")
    assert back == table
    assert list(back) == c_sorted(table)


@repeated
@given(
    matrices=st.dictionaries(
        names,
        arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)),
        min_size=1,
        max_size=4,
    )
)
def test_matrices_of_any_shape_and_value_come_back_to_the_bit(folder, matrices):
    with ArchiveWriter(folder, "feats") as writer:
        for key in c_sorted(matrices):
            writer.write(key, matrices[key])
    scp = read_scp(folder / "feats.scp")
    assert scp.keys() == matrices.keys()
    for key, matrix in matrices.items():
        back = read_matrix(scp[key], key)
        assert back.shape == matrix.shape
        assert back.tobytes() == matrix.tobytes()


CONFIGS = {
    "features": st.builds(
        KaldiFrontEnd,
        seconds=st.floats(1, 600),
        frame_length_ms=st.floats(25, 1000),
        frame_shift_ms=st.integers(24, 100).map(lambda quarters: quarters / 4),
        num_mel_bins=st.integers(4, 512),
        speeds=st.sets(st.floats(0.5, 2)).map(lambda speeds: tuple(speeds | {1.0})),
    ),
    "training": st.builds(
        TrainingConfig,
        epochs=st.integers(1, 2**63 - 1),
        lr=floats,
        normalize=st.sampled_from(("global", "none")),
    ),
    "model": st.builds(
        ModelConfig,
        bottleneck=st.one_of(
            st.just(NoBottleneckSettings()),
            st.builds(NoiseSettings, sigma=st.floats(0.01, 1000), draws=st.integers(1, 1000)),
            st.builds(FsqSettings, levels=st.integers(2, 256)),
        ),
    ),
    "runs": st.builds(
        RunsConfig,
        objective=st.sets(
            st.floats(0, 1, exclude_min=True, exclude_max=True).map(MaxEntropySettings), min_size=1
        ).map(tuple),
        seed=st.sets(st.integers(0, 2**63 - 1), min_size=1).map(tuple),
        hold_out=st.sets(texts, min_size=1).map(tuple),
    ),
}


def plain(config):
    return config.to_plain() if hasattr(config, "to_plain") else to_mapping(config)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_configuration_goes_through_a_file_unchanged(folder, section):
    @repeated
    @given(CONFIGS[section])
    def check(config):
        (folder / "conf.yaml").write_text(yaml.safe_dump({section: plain(config)}))
        assert getattr(load_config(folder / "conf.yaml"), section) == config

    check()


@repeated
@given(group_of=st.dictionaries(speakers, st.sampled_from("xyz"), min_size=4, max_size=12))
def test_folds_test_each_speaker_once_and_are_written_as_they_are(folder, group_of):
    sizes = [list(group_of.values()).count(group) for group in "xyz"]
    if min(size for size in sizes if size) < 2 or sum(map(bool, sizes)) < 2:
        group_of = assign_groups(group_of)
    groups = held_out_groups(group_of, ["each"])
    folds = [fold for group in groups for fold in folds_of_group(group_of, group)]
    assert sorted(fold.test for fold in folds) == sorted(group_of)
    for fold in folds:
        assert group_of[fold.valid] == group_of[fold.test] == fold.group
        assert {s for s in group_of if group_of[s] != fold.group} == set(fold.train)
    write_fold_table(folder / "folds.tsv", [FoldRow(fold, 3, 2, 1) for fold in folds])
    with open(folder / "folds.tsv", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert tuple(head) == COLUMNS
    assert [row[:3] for row in rows] == [[fold.group, fold.test, fold.valid] for fold in folds]


@repeated
@given(utt2spk=st.dictionaries(names, speakers, min_size=1))
def test_utterances_by_speaker_are_all_utterances(utt2spk):
    inverse = {utt: spk for spk, utts in spk2utt(utt2spk).items() for utt in utts.split(" ")}
    assert inverse == utt2spk


@repeated
@given(speaker=speakers, rest=names, other=speakers)
def test_a_speaker_is_a_prefix_of_its_utterances(folder, speaker, rest, other):
    utt = f"{speaker}-{rest}"
    utterance = Utterance(utt, speaker, utt, "/a.wav", ("ang",), 1.0)
    write_datadir([utterance], folder / "data")
    assert read_metadata(folder / "data").utt2spk == {utt: speaker}
    if not utt.startswith(f"{other}-"):
        stranger = Utterance(utt, other, utt, "/a.wav", ("ang",), 1.0)
        with pytest.raises(InputError, match="must begin with"):
            write_datadir([stranger], folder / "data")


labels = names.filter(lambda name: not set(name) & set(",="))


@repeated
@given(st.dictionaries(labels, st.sampled_from((*IEMOCAP_EMOTIONS, ""))))
def test_a_map_of_labels_is_read_as_it_is_spelled(translation):
    spelled = ",".join(f"{label}={emotion}" for label, emotion in translation.items())
    assert parse_map(spelled) == translation
