"""Runs with the same batches: they are neighbours, and share draws without a change."""

import pytest
import torch

from menan.config import ModelConfig, TrainingConfig
from menan.datadir.dump_directory import open_dump
from menan.encoder_settings import PooledSettings
from menan.features.store import load_frames
from menan.settings import NoBottleneckSettings, NoiseSettings
from menan.training.batches import EpochBatches
from menan.training.plan import Run, RunData, utterance_set
from menan.training.schedule import in_order
from tests.training.training_example import objectives

CPU = torch.device("cpu")
TRAINING = TrainingConfig(batch_size=5)


@pytest.fixture
def make_run(make_dump, tmp_path):
    dump = open_dump(make_dump())
    part = utterance_set(load_frames(dump, list(dump.scp), CPU), dump, list(dump.scp))

    def make_run(objective="ec", seed=0, group=None, bottleneck=NoBottleneckSettings()):
        (settings,) = objectives(objective)
        model = ModelConfig(PooledSettings(size=4, dropout=0.5), bottleneck)
        return RunData(
            Run(settings, seed, group, ()),
            *(dump.metadata.emotions, model, TRAINING, dump.features, part, None, tmp_path),
        )

    return make_run


def test_all_objectives_of_a_seed_and_group_are_neighbours(make_run):
    runs = [
        make_run(objective, seed, group)
        for objective in ("ec", "menan")
        for seed in (0, 1)
        for group in ("g1", "g2")
    ]
    order = [(data.run.seed, data.run.group) for data in in_order(runs)]
    assert order == [(0, "g1")] * 2 + [(0, "g2")] * 2 + [(1, "g1")] * 2 + [(1, "g2")] * 2


@pytest.mark.parametrize("seeds", [(0, 0), (0, 1, 0)], ids=["one seed", "two seeds"])
@pytest.mark.parametrize("draw", ["kept", "noise"])
def test_draws_of_a_run_do_not_depend_on_the_runs_beside_it(make_run, seeds, draw):
    bottleneck = NoiseSettings(sigma=1.0, draws=2)
    runs = [make_run(seed=seed, bottleneck=bottleneck) for seed in seeds]
    together = EpochBatches(runs, epoch=3)
    for step in (0, len(together) - 1):  # the last batch is shorter
        drawn = getattr(together, draw)(step)
        for one, run in zip(drawn, runs, strict=True):
            alone = getattr(EpochBatches([run], epoch=3), draw)(step)
            assert torch.equal(one, alone[0])
    assert not torch.equal(getattr(together, draw)(0), getattr(together, draw)(1))
