"""Which models train side by side, and that it changes nothing in what comes out."""

import json
import re
from functools import cache

import pytest
import torch

from menan.config import ModelConfig, RunsConfig, TrainingConfig
from menan.datadir.dump_directory import open_dump
from menan.engine.stacked import stacked
from menan.errors import InputError
from menan.features.store import load_frames
from menan.settings import EmotionOnlySettings
from menan.training import schedule, trainer
from menan.training.batches import EpochBatches
from menan.training.plan import Run, RunData, utterance_set
from tests.conftest import write_dump
from tests.training.test_trainer import assert_same_outputs
from tests.training.training_example import model_with, objectives, train_runs

CPU = torch.device("cpu")
QUICK = TrainingConfig(epochs=3, batch_size=5)
RUNS = RunsConfig(objective=objectives("ec", "menan"), seed=(0, 1), hold_out=("each",))


@pytest.fixture(scope="module")
def uneven_dump(tmp_path_factory):
    """Six speakers in groups of two; a group held out leaves 12, 14 or 16 utterances to train."""
    feats = write_dump(tmp_path_factory.mktemp("uneven") / "dump", speakers=6)
    directory = feats.parent
    drop = {"spk02-ang1", "spk02-hap1", "spk04-ang1", "spk04-hap1", "spk05-neu1", "spk05-sad1"}
    for name in ("feats.scp", "utt2spk", "utt2emo", "utt2uniq", "utt2num_frames"):
        lines = (directory / name).read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.split()[0] not in drop]
        (directory / name).write_text("".join(kept))
    rows = (directory / "spk2utt").read_text().splitlines()
    rows = [" ".join(word for word in row.split() if word not in drop) + "\n" for row in rows]
    (directory / "spk2utt").write_text("".join(rows))
    return feats


@pytest.fixture(scope="module")
def together(uneven_dump, tmp_path_factory):
    """The experiment in which all 12 models were trained side by side, by bottleneck."""
    folder = tmp_path_factory.mktemp("together")

    @cache
    def trained(bottleneck="none"):
        options = {"models_at_once": 12, "model": model_with(bottleneck)}
        train_runs(uneven_dump, folder / bottleneck, QUICK, RUNS, **options)
        return folder / bottleneck

    return trained


def outputs(exp):
    return sorted(path.parent for path in exp.glob("*/*/checkpoint.pt"))


def assert_same_trees(a, b) -> None:
    pairs = list(zip(outputs(a), outputs(b), strict=True))
    assert len(pairs) == 12
    for one, other in pairs:
        assert_same_outputs(one, other)


@pytest.mark.parametrize(("models_at_once", "bottleneck"), [(1, "none"), (5, "noise"), (1, "fsq")])
def test_models_do_not_depend_on_how_many_are_trained_side_by_side(
    uneven_dump, together, tmp_path, models_at_once, bottleneck
):
    options = {"models_at_once": models_at_once, "model": model_with(bottleneck)}
    train_runs(uneven_dump, tmp_path / "some", QUICK, RUNS, **options)
    assert_same_trees(together(bottleneck), tmp_path / "some")


def test_shares_of_several_jobs_cover_all_runs_and_do_not_change_them(
    uneven_dump, together, tmp_path
):
    names = []
    for number in range(1, 6):
        done = train_runs(uneven_dump, tmp_path / "some", QUICK, RUNS, CPU, share=(number, 5))
        names += [run.name for run in done]
    assert len(set(names)) == len(names) == 12
    assert_same_trees(together(), tmp_path / "some")
    assert train_runs(uneven_dump, tmp_path / "none", QUICK, RUNS, CPU, share=(13, 13)) == []


def test_models_that_an_interruption_left_behind_catch_up(
    uneven_dump, together, tmp_path, monkeypatch
):
    whole = together()  # trained before training is interrupted
    saved = []
    add_epoch = trainer.RunState.add_epoch

    def interrupted(record, *arguments):
        if len(saved) == 12 + 5:  # in the second epoch, with five models' files written
            raise KeyboardInterrupt
        saved.append(record)
        return add_epoch(record, *arguments)

    monkeypatch.setattr(trainer.RunState, "add_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_runs(uneven_dump, tmp_path / "cut", QUICK, RUNS, CPU, models_at_once=12)
    monkeypatch.undo()
    train_runs(uneven_dump, tmp_path / "cut", QUICK, RUNS, CPU, models_at_once=5)
    assert_same_trees(whole, tmp_path / "cut")


def test_the_log_gives_each_model_its_share_of_the_time(together):
    logs = list(together().glob("*/*/log.jsonl"))
    assert len(logs) == 12
    lines = [json.loads(path.read_text().splitlines()[0]) for path in logs]
    assert len({line["seconds"] for line in lines}) == 1


def test_epoch_batches_are_those_of_each_run_alone(uneven_dump, tmp_path):
    dump = open_dump(uneven_dump)
    utts = list(dump.scp)
    store = load_frames(dump, utts, CPU)
    runs = [
        RunData(
            Run(EmotionOnlySettings(), seed, None, ()),
            *(dump.metadata.emotions, ModelConfig(), QUICK, dump.features, part, None, tmp_path),
        )
        for seed, part in enumerate(utterance_set(store, dump, utts[:n]) for n in (23, 23, 11))
    ]
    together_ = EpochBatches(runs, epoch=2)
    assert len(together_) == 5
    assert [together_.active(step) for step in range(5)] == [3, 3, 3, 2, 2]
    for model, run in enumerate(runs):
        alone = EpochBatches([run], epoch=2)
        seen = []
        for step in range(len(alone)):
            (one, _), (many, sizes) = alone.batch(step), together_.batch(step)
            own = int(sizes[model])
            for name in ("index", "emotions", "speakers"):
                got, wanted = getattr(many, name)[model], getattr(one, name)[0]
                assert torch.equal(got[:own], wanted[:own])
            expected = [1 / own] * own + [0] * (len(many.weight[model]) - own)
            assert many.weight[model].tolist() == pytest.approx(expected)
            seen += many.index[model, :own].tolist()
        assert sorted(seen) == run.train.index.tolist()


def test_fewer_than_one_model_at_once_is_refused(make_dump, tmp_path):
    with pytest.raises(InputError, match=r"--models-at-once 0: must be at least 1"):
        train_runs(make_dump(), tmp_path / "exp", QUICK, RUNS, CPU, models_at_once=0)


@pytest.mark.parametrize("compiled", [True, False])
def test_little_free_memory_means_fewer_models_and_never_none(
    monkeypatch, make_dump, tmp_path, compiled
):
    dump = open_dump(make_dump())
    part = utterance_set(load_frames(dump, list(dump.scp), CPU), dump, list(dump.scp))
    run = RunData(
        Run(EmotionOnlySettings(), 0, None, ()),
        *(dump.metadata.emotions, ModelConfig(), QUICK, dump.features, part, None, tmp_path),
    )
    free = {}
    monkeypatch.setattr(stacked, "kernels", lambda: object() if compiled else None)
    monkeypatch.setattr(schedule, "free_bytes", free.__getitem__)
    each = stacked.StackedEngine.step_bytes(run.shape, 5, dump.features.rows, CPU)
    three = 3.5 * each / schedule.STEP_FRACTION
    for free[CPU], wanted in ((10**12, schedule.CPU_MODELS), (three, 3), (1, 1)):
        assert schedule.fitting(run, CPU) == wanted


def test_the_number_of_models_side_by_side_is_printed(make_dump, tmp_path, capsys):
    runs = RunsConfig(objective=objectives("ec", "menan"), hold_out=("each",))
    train_runs(make_dump(), tmp_path / "exp", QUICK, runs, CPU, models_at_once=3)
    assert "4 models to train, 3 side by side" in capsys.readouterr().out
    train_runs(make_dump(), tmp_path / "exp", QUICK, runs, CPU)
    assert len(re.findall("already trained", capsys.readouterr().out)) == 4
