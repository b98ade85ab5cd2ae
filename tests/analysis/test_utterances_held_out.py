"""Probes, attacks and t-SNE of models that held a split of the utterances out."""

import csv

import pytest

from menan.analysis.attack.attack_system import attack_models
from menan.analysis.attack.targets import networks_as_targets, read_attacked
from menan.analysis.leakage.probe_system import write_leakage
from menan.analysis.report.write_report import write_report
from menan.analysis.tables.collect import ReportSources
from menan.analysis.tsne import tsne_figure
from menan.config import RunsConfig, TrainingConfig
from menan.datadir.metadata import read_metadata
from menan.datadir.tables import write_table
from menan.inference.infer import infer
from tests.analysis.attack.hasty import hasten
from tests.conftest import write_dump
from tests.training.training_example import CPU, objectives, train_runs

ROLE_OF_SPEAKER = ("train", "train", "test", "test", "valid")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One fold of utterances by all speakers, and an official split that keeps speakers apart."""
    folder = tmp_path_factory.mktemp("trained")
    feats = write_dump(folder / "dump", speakers=5, utts_per_emotion=3)
    utts = read_metadata(feats.parent).utt2spk
    write_table(feats.parent / "utt2split", {utt: ROLE_OF_SPEAKER[int(utt[4])] for utt in utts})
    write_table(feats.parent / "utt2fold", {utt: f"f{utt[-1]}" for utt in utts})
    for name in ("split", "split.f1"):
        runs = RunsConfig(objective=objectives("menan"), hold_out=(name,))
        train_runs(feats, folder / name, TrainingConfig(epochs=1, batch_size=64), runs, CPU)
        infer(
            folder / name / "menan_seed0", feats, folder / name / "infer/menan_seed0", rule="last"
        )
    return folder, feats


def test_probes_read_what_the_model_was_trained_on_and_unseen_speakers(
    trained, quick_probes, tmp_path, capsys
):
    folder, feats = trained
    result = write_leakage(folder / "split/infer/menan_seed0", feats, tmp_path / "a.json")
    assert {name: (s.speakers, s.utterances) for name, s in result.sets.items()} == {
        "train": (2, 2 * 12),
        "heldout": (3, 3 * 12),
    }
    assert capsys.readouterr().err == ""
    result = write_leakage(folder / "split.f1/infer/menan_seed0", feats, tmp_path / "b/l.json")
    assert {name: (s.speakers, s.utterances) for name, s in result.sets.items()} == {
        "train": (5, 5 * 8)
    }
    told = "fewer than two speakers of split.f1 are not trained on and have 4 utterances, so held-"
    assert told in capsys.readouterr().err
    sources = ReportSources(exp=folder / "split.f1", rule="last", leakage=tmp_path / "b")
    text = write_report(sources, tmp_path / "R.md")
    assert "5 speakers, 40 utterances" in text


def test_attacks_learn_from_what_the_model_was_trained_on(trained, monkeypatch, tmp_path, capsys):
    hasten(monkeypatch)
    folder, feats = trained
    result = attack_models(folder / "split/menan_seed0", feats, tmp_path / "a.json")
    assert (result.speakers, result.unseen) == (2, 3)
    result = attack_models(folder / "split.f1/menan_seed0", feats, tmp_path / "b.json")
    assert (result.speakers, result.unseen, result.open_set) == (5, 0, ())
    told = "so unseen speakers are not attacked; for them, train with --hold-out each"
    assert told in capsys.readouterr().err
    attacked = read_attacked(feats, None, None)
    (target,), *_ = networks_as_targets(
        folder / "split.f1/menan_seed0", None, "last", attacked, CPU, seed=0
    )
    roles = target.roles
    heard = attacked.heard(roles.known, "", 0, roles.without)
    assert {utt[-1] for utt in heard.utts} == {"0", "2"}


def test_tsne_draws_the_utterances_that_were_held_out(trained, tmp_path):
    folder, feats = trained
    for name, shown in (("split", "234"), ("split.f1", "01234")):
        exp = folder / name
        *_, table = tsne_figure(feats.parent, exp, exp / "infer", tmp_path / name, None, seed=0)
        rows = list(csv.DictReader(table.open(), delimiter="\t"))
        assert {row["speaker"][-1] for row in rows} == set(shown)
        assert {row["utterance"][-1] for row in rows} == (set("012") if name == "split" else {"1"})
