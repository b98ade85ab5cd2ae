"""Leakage of networks with a bottleneck: bottleneck and draws are named and never mixed."""

import json
from dataclasses import replace

import pytest
import torch

from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.leakage.result import (
    EmbeddingLeakage,
    ProbeFigures,
    ReportedLeakage,
    Representations,
    SetLeakage,
    leakage_means,
)
from menan.analysis.leakage.summary import leakage_text
from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.inference.infer import infer
from menan.inference.noise_key import NoiseSeed
from tests.training.training_example import model_with, train_runs

CPU = torch.device("cpu")

pytestmark = pytest.mark.usefixtures("quick_probes")
TRAINING = TrainingConfig(epochs=1, batch_size=64)


@pytest.fixture
def released(make_dump, tmp_path):
    """Embeddings by networks with noise: one draw, and the mean of four; the dump."""
    feats = make_dump(speakers=6)
    runs = RunsConfig(hold_out=("g01", "g02"))
    train_runs(feats, tmp_path / "exp", TRAINING, runs, CPU, model_with("noise", sigma=2.0))
    for name, draws in (("one", 1), ("mean", 4)):
        infer(
            tmp_path / "exp/menan_seed0",
            feats,
            tmp_path / name,
            CPU,
            "last",
            noise=NoiseSeed(0),
            draws=draws,
        )
    return tmp_path, feats


def test_the_bottleneck_and_the_draws_are_named(released):
    folder, feats = released
    found = [write_leakage(folder / name, feats, folder / "x.json") for name in ("one", "mean")]
    assert [(one.bottleneck, one.draws) for one in found] == [("noise 2", 1), ("noise 2", 4)]
    assert leakage_text(found[0]).startswith("menan, noise 2, seed 0, last: 2 network")
    assert leakage_text(found[1]).startswith("menan, noise 2, mean of 4 draws, seed 0, last")


def test_embeddings_of_other_draws_are_probed_again(released):
    folder, feats = released
    write_leakage(folder / "mean", feats, folder / "x.json")
    for path in folder.glob("mean/*/models.json"):
        path.write_text(path.read_text().replace('"draws": 4', '"draws": 8'))
    assert write_leakage(folder / "mean", feats, folder / "x.json").draws == 8


def test_one_draw_and_means_of_draws_are_not_mixed(released):
    folder, feats = released
    (folder / "both").mkdir()
    for name, fold in (("one", "spk00"), ("mean", "spk02")):
        (folder / "both" / fold).symlink_to(folder / name / fold)
    with pytest.raises(
        InputError, match=r"spk02: made with another .* or --draws .*; probe one system"
    ):
        write_leakage(folder / "both", feats, folder / "x.json")
    with pytest.raises(InputError, match=r"no embeddings by the network .* models and --draws"):
        write_leakage(folder / "one", feats, folder / "x.json", folder / "mean", feats)


@pytest.mark.parametrize("noise", [None, {}, {"draws": 0}, {"draws": "4"}])
def test_embeddings_without_their_number_of_draws_are_refused(released, noise):
    folder, feats = released
    path = folder / "mean/spk00/models.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"noise": noise}))
    with pytest.raises(InputError, match=r"models\.json: the number of noise draws is missing"):
        write_leakage(folder / "mean", feats, folder / "x.json")


def test_seeds_are_averaged_and_bottlenecks_and_draws_are_not():
    means = leakage_means(
        [
            *(of(0, "noise 1", 1, 0.1), of(1, "noise 1", 1, 0.3)),
            *(of(0, "noise 1", 32, 0.5), of(0, "noise 2", 1, 0.7)),
        ]
    )
    assert [(mean.bottleneck, mean.draws, mean.seeds) for mean in means] == [
        ("noise 1", 1, (0, 1)),
        ("noise 1", 32, (0,)),
        ("noise 2", 1, (0,)),
    ]
    accuracies = [mean.sets["train"].embeddings.v.best.accuracy for mean in means]
    assert accuracies == pytest.approx([0.2, 0.5, 0.7])


def test_two_settings_of_one_objective_are_two_systems():
    means = leakage_means([of(0, "", 1, 0.1), of(0, "", 1, 0.3, system="menan-lambda0.2")])
    assert [mean.label for mean in means] == ["menan", "menan-lambda0.2"]


def test_a_set_that_one_seed_lacks_is_left_out():
    first, second = of(0, "", 1, 0.1), of(1, "", 1, 0.3)
    (mean,) = leakage_means(
        [replace(first, sets=first.sets | {"other": first.sets["train"]}), second]
    )
    assert list(mean.sets) == ["train"]


def of(seed, bottleneck, draws, accuracy, system="menan"):
    probe = ProbeFigures(accuracy, (0.0, 1.0), 0.1, accuracy - 0.1, 1.0)
    embedding = EmbeddingLeakage(probe, probe, probe, None, None)
    train = SetLeakage(
        **dict.fromkeys(("utterances", "speakers", "chance", "majority"), 0.5),
        **dict.fromkeys(("uniform_nats", "floor_nats"), 0.5),
        embeddings=Representations(embedding, embedding, embedding),
    )
    return ReportedLeakage(
        system=system,
        seed=seed,
        rule="last",
        bottleneck=bottleneck,
        draws=draws,
        sets={"train": train},
        ua=50.0,
    )
