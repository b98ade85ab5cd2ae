import json
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from menan.config import RunsConfig, TrainingConfig
from menan.errors import InputError
from menan.model.model_file import load_model
from menan.settings import ObjectiveSettings
from menan.training import trainer as trainer_module
from menan.training.checkpoint import PREVIOUS_CHECKPOINT
from menan.training.selection import EPOCH_RULES, HeldOut
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")
QUICK = TrainingConfig(epochs=3, batch_size=5)
HELD_OUT = RunsConfig(objective=objectives("menan"), hold_out=("g01",))


def weights(path) -> dict[str, torch.Tensor]:
    return load_file(path)


def assert_same_outputs(a, b) -> None:
    """Everything but times, byte for byte where the format allows."""
    names = sorted(path.name for path in a.iterdir())
    assert names == sorted(path.name for path in b.iterdir())
    for name in names:
        if name == PREVIOUS_CHECKPOINT:
            continue  # its epoch depends on how long the others took
        if name.endswith((".safetensors", ".npz", ".pt")):
            assert (a / name).read_bytes() == (b / name).read_bytes(), name
    logs = [
        [json.loads(line) | {"seconds": 0} for line in (d / "log.jsonl").read_text().splitlines()]
        for d in (a, b)
    ]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("objective", ObjectiveSettings.table)
def test_a_run_repeats_to_the_bit(make_dump, tmp_path, objective):
    feats = make_dump(speeds=(0.9, 1.0))
    runs = RunsConfig(objective=objectives(objective), hold_out=("g01",))
    for name in ("one", "two"):
        train_runs(feats, tmp_path / name, QUICK, runs, CPU)
    run = f"{objective}_seed0/g01"
    assert_same_outputs(tmp_path / "one" / run, tmp_path / "two" / run)


@pytest.mark.parametrize("objective", ["ec", "dat", "menan"])
@pytest.mark.parametrize("stop_after", [1, 2])
def test_interrupted_run_continues_to_the_same_bits(
    make_dump, tmp_path, monkeypatch, objective, stop_after
):
    feats = make_dump()
    runs = RunsConfig(objective=objectives(objective), hold_out=("g01",))
    train_runs(feats, tmp_path / "whole", QUICK, runs, CPU)

    class Stopped(Exception):
        pass

    plain = trainer_module.Trainer._train_epoch

    def stopping(self, *arguments):
        if self.epoch == stop_after:
            raise Stopped
        return plain(self, *arguments)

    monkeypatch.setattr(trainer_module.Trainer, "_train_epoch", stopping)
    with pytest.raises(Stopped):
        train_runs(feats, tmp_path / "parts", QUICK, runs, CPU)
    monkeypatch.undo()
    log = tmp_path / f"parts/{objective}_seed0/g01/log.jsonl"
    with log.open("a") as file:  # an epoch that was logged and whose checkpoint was not written
        file.write('{"epoch": 9}\n')
    train_runs(feats, tmp_path / "parts", QUICK, runs, CPU)
    assert_same_outputs(log.parent, tmp_path / f"whole/{objective}_seed0/g01")


def test_a_finished_run_is_not_trained_again(make_dump, tmp_path, capsys):
    feats = make_dump()
    train_runs(feats, tmp_path / "exp", QUICK, HELD_OUT, CPU)
    before = (tmp_path / "exp/menan_seed0/g01/checkpoint.pt").stat().st_mtime_ns
    capsys.readouterr()
    train_runs(feats, tmp_path / "exp", QUICK, HELD_OUT, CPU)
    assert "menan_seed0/g01: already trained" in capsys.readouterr().out
    assert (tmp_path / "exp/menan_seed0/g01/checkpoint.pt").stat().st_mtime_ns == before


def test_resuming_with_another_configuration_is_refused_by_name(make_dump, tmp_path):
    feats = make_dump()
    train_runs(feats, tmp_path / "exp", QUICK, HELD_OUT, CPU)
    other = TrainingConfig(epochs=3, batch_size=5, lr=0.7)
    with pytest.raises(InputError, match=r"made with training\.lr 0\.001, now 0\.7"):
        train_runs(feats, tmp_path / "exp", other, HELD_OUT, CPU)
    train_runs(feats, tmp_path / "exp", other, HELD_OUT, CPU, resume=False)


def test_log_has_a_line_an_epoch_with_losses_speaker_measures_and_held_out_scores(
    make_dump, tmp_path
):
    train_runs(make_dump(), tmp_path / "exp", QUICK, HELD_OUT, CPU)
    lines = (tmp_path / "exp/menan_seed0/g01/log.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in lines]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert [line["lr"] for line in lines] == pytest.approx([1e-3, 2e-3 / 3, 1e-3 / 3])
    for line in lines:
        assert set(line["heldout"]) == {"spk00", "spk01"}
        assert set(line["heldout"]["spk00"]) == {"loss", "wa", "ua"}
        assert {"emotion_loss", "speaker_entropy", "speaker_top", "speaker_accuracy"} <= set(line)


@pytest.mark.parametrize(("bottleneck", "most"), [("noise", 48), ("fsq", 96 * math.log2(3))])
def test_log_says_what_the_bottleneck_lets_through(make_dump, tmp_path, bottleneck, most):
    runs = RunsConfig(hold_out=("g01",))
    train_runs(make_dump(), tmp_path, QUICK, runs, model=model_with(bottleneck))
    lines = (tmp_path / "menan_seed0/g01/log.jsonl").read_text().splitlines()
    bits = [json.loads(line)["capacity_bits"] for line in lines]
    assert all(0 < found < most for found in bits)
    assert len(set(bits)) == len(lines) == 3


def test_held_out_posteriors_are_of_originals_of_the_group_only(make_dump, tmp_path):
    train_runs(make_dump(speeds=(0.9, 1.0)), tmp_path / "exp", QUICK, HELD_OUT, CPU)
    heldout = HeldOut.load(tmp_path / "exp/menan_seed0/g01/heldout.npz")
    assert set(heldout.speakers) == {"spk00", "spk01"}
    assert len(heldout.utts) == 2 * 4 * 2
    assert not any("-sp0.9" in utt for utt in heldout.utts)
    np.testing.assert_allclose(np.exp(heldout.log_posteriors).sum(-1), 1, rtol=1e-5)


def test_speed_copies_of_training_speakers_are_trained_on(make_dump, tmp_path):
    train_runs(make_dump(speeds=(0.9, 1.0)), tmp_path / "exp", QUICK, HELD_OUT, CPU)
    config = (tmp_path / "exp/menan_seed0/g01/config.yaml").read_text()
    assert "utterances: 32\n" in config  # 2 speakers x 4 emotions x 2, twice


def test_saved_model_of_each_fold_and_rule_is_of_the_epoch_that_the_rule_picks(make_dump, tmp_path):
    config = TrainingConfig(epochs=6, batch_size=5, lr=5e-3)
    train_runs(make_dump(), tmp_path / "exp", config, HELD_OUT, CPU)
    directory = tmp_path / "exp/menan_seed0/g01"
    heldout = HeldOut.load(directory / "heldout.npz")
    for test, valid in (("spk00", "spk01"), ("spk01", "spk00")):
        for name, rule in EPOCH_RULES.items():
            _, card = load_model(directory / f"{test}.{name}.safetensors", CPU)
            assert card.epoch == rule.epoch(heldout.of_speaker(valid)) + 1
            assert (card.test, card.valid, card.rule) == (test, valid, name)
            assert card.speakers == ("spk02", "spk03")


def test_normalization_is_of_the_training_speakers_or_none(make_dump, tmp_path):
    feats = make_dump()
    train_runs(feats, tmp_path / "global", QUICK, HELD_OUT, CPU)
    none = TrainingConfig(epochs=3, batch_size=5, normalize="none")
    train_runs(feats, tmp_path / "none", none, HELD_OUT, CPU)
    name = "menan_seed0/g01/spk00.last.safetensors"
    scaled = weights(tmp_path / "global" / name)
    # The means of dimensions 12 and 13 are raised for spk02 and spk03, that of 10 for spk00.
    assert scaled["encoder.mean"][12] > 0.7
    assert abs(scaled["encoder.mean"][10]) < 0.3
    plain = weights(tmp_path / "none" / name)
    assert torch.equal(plain["encoder.mean"], torch.zeros(43))
    assert torch.equal(plain["encoder.std"], torch.ones(43))


def test_training_on_all_speakers_writes_the_last_model(make_dump, tmp_path):
    train_runs(make_dump(), tmp_path / "exp", QUICK, RunsConfig(), CPU)
    files = {path.name for path in (tmp_path / "exp/menan_seed0/all").iterdir()}
    assert files == {
        "config.yaml",
        "log.jsonl",
        "checkpoint.pt",
        "checkpoint.before.pt",
        "all.last.safetensors",
    }


def test_other_speakers_validate_where_nothing_is_held_out(make_dump, tmp_path):
    train_runs(
        make_dump("train"),
        tmp_path / "exp",
        QUICK,
        RunsConfig(),
        CPU,
        valid_feats=make_dump("valid", prefix="other"),
    )
    _, card = load_model(tmp_path / "exp/menan_seed0/all/all.best-ua.safetensors", CPU)
    assert card.group is None
    assert card.rule == "best-ua"


def test_validating_on_trained_speakers_is_refused(make_dump, tmp_path):
    feats = make_dump()
    with pytest.raises(InputError, match=r"speaker 'spk00' is also trained on"):
        train_runs(feats, tmp_path / "exp", QUICK, RunsConfig(), CPU, valid_feats=feats)


def test_held_out_group_that_does_not_exist_is_refused(make_dump, tmp_path):
    runs = RunsConfig(hold_out=("g09",))
    with pytest.raises(InputError, match="unknown held-out group 'g09'; choose from g01 g02"):
        train_runs(make_dump(), tmp_path / "exp", QUICK, runs, CPU)
    assert not (tmp_path / "exp").exists()


def test_each_group_and_seed_and_objective_is_trained(make_dump, tmp_path):
    runs = RunsConfig(objective=objectives("ec", "menan"), seed=(0, 1), hold_out=("each",))
    planned = train_runs(make_dump(), tmp_path / "exp", TrainingConfig(epochs=1), runs, CPU)
    assert len(planned) == 8
    assert all((tmp_path / "exp" / run.name / "heldout.npz").exists() for run in planned)


def test_tensorboard_gets_the_figures_of_the_log(make_dump, tmp_path):
    train_runs(make_dump(), tmp_path / "exp", QUICK, HELD_OUT, CPU, tensorboard=True)
    directory = tmp_path / "exp/menan_seed0/g01"
    events = EventAccumulator(str(directory / "tensorboard")).Reload()
    lines = [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
    for tag, value in (
        ("speaker_entropy", [line["speaker_entropy"] for line in lines]),
        ("heldout/spk00/ua", [line["heldout"]["spk00"]["ua"] for line in lines]),
    ):
        assert [event.value for event in events.Scalars(tag)] == pytest.approx(value)
        assert [event.step for event in events.Scalars(tag)] == [1, 2, 3]


def test_emotion_is_learnt_on_speakers_never_seen(make_dump, tmp_path):
    config = TrainingConfig(epochs=15, batch_size=8, lr=3e-3)
    runs = RunsConfig(objective=objectives("ec", "menan"), hold_out=("g01",))
    train_runs(make_dump(speakers=6, utts_per_emotion=4), tmp_path / "exp", config, runs, CPU)
    for objective in runs.objective:
        heldout = HeldOut.load(tmp_path / f"exp/{objective.name}_seed0/g01/heldout.npz")
        assert heldout.ua()[-1] > 0.6


def test_adversary_lowers_what_the_passive_observer_reads(make_dump, tmp_path):
    config = TrainingConfig(epochs=15, batch_size=8, lr=3e-3)
    runs = RunsConfig(objective=objectives("mtl", "menan"), hold_out=("g01",))
    train_runs(make_dump(speakers=6, utts_per_emotion=4), tmp_path / "exp", config, runs, CPU)
    last = {
        objective.name: json.loads(
            (tmp_path / f"exp/{objective.name}_seed0/g01/log.jsonl").read_text().splitlines()[-1]
        )
        for objective in runs.objective
    }
    assert last["menan"]["speaker_entropy"] > 1.2  # ln 4 = 1.386
    assert last["mtl"]["speaker_entropy"] < last["menan"]["speaker_entropy"] - 0.2
