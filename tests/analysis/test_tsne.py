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
def embeddings(make_dump, tmp_path):
    """Two systems' embeddings by a model that never saw g01."""
    feats = make_dump()
    runs = RunsConfig(objective=objectives("mtl", "menan"), hold_out=("g01",))
    train_runs(feats, tmp_path / "exp", TrainingConfig(epochs=1), runs, CPU)
    for name in runs.objective:
        model = tmp_path / f"exp/{name}_seed0/g01/spk00.last.safetensors"
        infer(model, feats, tmp_path / name, CPU)
    return feats.parent, [tmp_path / "mtl", tmp_path / "menan"]


def test_two_unseen_speakers_are_drawn_and_their_coordinates_saved(embeddings, tmp_path):
    data, hyps = embeddings
    paths = tsne_figure(data, hyps, tmp_path / "fig/tsne", None, seed=0)
    png, pdf, tsv = paths
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader(tsv.open(), delimiter="\t"))
    assert {row["system"] for row in rows} == {"mtl", "menan"}
    assert {row["speaker"] for row in rows} == {"spk00", "spk01"}
    assert len(rows) == 2 * 2 * 8


def test_the_same_seed_gives_the_same_coordinates(embeddings, tmp_path):
    data, hyps = embeddings
    texts = [tsne_figure(data, hyps, tmp_path / n, None, 0)[2].read_text() for n in ("a", "b")]
    assert texts[0] == texts[1]


def test_a_speaker_who_was_trained_on_is_refused(embeddings, tmp_path):
    data, hyps = embeddings
    with pytest.raises(InputError, match="trained on speaker 'spk02'"):
        tsne_figure(data, hyps, tmp_path / "x", ["spk00", "spk02"], 0)


def test_embeddings_of_several_models_are_refused(embeddings, make_dump, tmp_path):
    data, _ = embeddings
    system = tmp_path / "exp/menan_seed0"
    # Two folds of one group: their epochs differ, and so do the spaces of their embeddings.
    other = make_dump("only_g01", speakers=2)
    infer(system, other, tmp_path / "pooled", CPU, rule="last", test_speakers_only=True)
    with pytest.raises(InputError, match="embeddings of 2 models do not share a space"):
        tsne_figure(data, [tmp_path / "pooled"], tmp_path / "x", None, 0)
