import csv

import pytest
import torch

from menan.analysis.tsne import tsne_figure
from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.inference.infer import infer
from tests.training.training_example import objectives, train_runs

CPU = torch.device("cpu")


@pytest.fixture
def experiment(make_dump, tmp_path):
    """Two systems with two seeds that never saw g01, and the embeddings of their first seed."""
    feats, exp = make_dump(), tmp_path / "exp"
    runs = RunsConfig(objective=objectives("mtl", "menan"), seed=(2, 10), hold_out=("g01",))
    train_runs(feats, exp, TrainingConfig(epochs=1), runs, CPU)
    for name in ("mtl_seed2", "menan_seed2"):
        infer(exp / name, feats, exp / "infer" / name, CPU, rule="last")
    return feats.parent, exp, exp / "infer"


def test_the_first_seed_of_each_trained_system_is_drawn_with_unseen_speakers(experiment, tmp_path):
    png, pdf, tsv = tsne_figure(*experiment, tmp_path / "fig/tsne", None, seed=0)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader(tsv.open(), delimiter="\t"))
    assert list(dict.fromkeys(row["system"] for row in rows)) == ["mtl", "menan"]
    assert {row["speaker"] for row in rows} == {"spk00", "spk01"}
    assert len(rows) == 2 * 2 * 8
    again = tsne_figure(*experiment, tmp_path / "again", None, seed=0)[2]
    assert again.read_text() == tsv.read_text()


def test_an_utterance_without_an_emotion_is_not_drawn(experiment, tmp_path):
    path = experiment[0] / "utt2emo"
    lines = path.read_text().splitlines()
    lines[0] = lines[0].split()[0] + " -"
    path.write_text("\n".join(lines) + "\n")
    rows = list(
        csv.DictReader(
            tsne_figure(*experiment, tmp_path / "fig", None, 0)[2].open(), delimiter="\t"
        )
    )
    assert lines[0].split()[0] not in {row["utterance"] for row in rows}
    assert len(rows) == 2 * (2 * 8 - 1)


def test_a_speaker_who_was_trained_on_is_refused(experiment, tmp_path):
    with pytest.raises(InputError, match="trained on speaker 'spk02'"):
        tsne_figure(*experiment, tmp_path / "x", ["spk00", "spk02"], 0)


def test_embeddings_of_several_models_are_refused(experiment, make_dump, tmp_path):
    data, exp, infer_dir = experiment
    # Two folds of one group: their epochs differ, and so do the spaces of their embeddings.
    other = make_dump("only_g01", speakers=2)
    pooled = infer_dir / "menan_seed2/pooled"
    infer(exp / "menan_seed2", other, pooled, CPU, rule="last", test_speakers_only=True)
    with pytest.raises(InputError, match="embeddings of 2 models do not share a space"):
        tsne_figure(data, exp, infer_dir, tmp_path / "x", None, 0)


def test_a_trained_system_without_embeddings_is_named(experiment, tmp_path):
    data, exp, _ = experiment
    with pytest.raises(InputError, match=r"nowhere/mtl_seed2: no embeddings .* run menan-infer"):
        tsne_figure(data, exp, tmp_path / "nowhere", tmp_path / "x", None, 0)
    with pytest.raises(InputError, match="run menan-train first"):
        tsne_figure(data, tmp_path / "empty", tmp_path, tmp_path / "x", None, 0)
