"""Members from plugins in the engines, held against the plain loop in float64."""

import pytest
import torch

from menan.config import ModelConfig, TrainingConfig
from menan.encoder_settings import EncoderSettings
from menan.engine.choose import make_engine
from menan.engine.stacked.stacked import StackedEngine
from menan.engine.vmapped import VmappedEngine
from menan.errors import InputError
from menan.model.network import NetworkShape, build_network
from menan.settings import BottleneckSettings, ObjectiveSettings
from tests.engine.against_plain_loop import SPEAKERS, worst_difference
from tests.training.lockstep_example import DIMS, FRAMES, make_store
from tests.training.training_example import CPU, model_with


def test_six_models_with_a_toy_encoder_follow_the_plain_loop(load):
    load("encoder", "objective", "bottleneck")
    model = ModelConfig(EncoderSettings.named("mean")(), BottleneckSettings.named("bounded")())
    names = ("ec", "mtl", "dat", "menan", "uniform", "means")
    objectives = [ObjectiveSettings.named(name)() for name in names]
    engine, worst = worst_difference(model, objectives, steps=20, draws=1)
    assert isinstance(engine, VmappedEngine)
    assert not engine.exact_alone
    assert worst < 1e-9


def test_two_settings_of_one_objective_are_trained_side_by_side(load):
    load("objective")
    means = ObjectiveSettings.named("means")
    objectives = [means(weight=0.1), means(weight=10.0), means(weight=0.1)]
    engine, worst = worst_difference(ModelConfig(), objectives, speakers=SPEAKERS[:3])
    assert isinstance(engine, StackedEngine)
    assert worst < 1e-9


@pytest.mark.parametrize("name", ["four", "told", "normalised", "information", "restarted"])
@pytest.mark.parametrize("encoder", ["table1", "mean"])
def test_other_adversaries_follow_the_plain_loop(load, name, encoder):
    load("encoder", "adversaries")
    model = ModelConfig(encoder=EncoderSettings.named(encoder)())
    objectives = [ObjectiveSettings.named(name)()] * 3
    assert worst_difference(model, objectives, speakers=SPEAKERS[:3])[1] < 1e-9


def test_an_adversary_that_reads_the_mean_of_the_draws_follows_the_plain_loop(load):
    load("adversaries")
    model = model_with("noise", sigma=2.0, draws=8)
    objectives = [ObjectiveSettings.named("mean_of_draws")()] * 2
    assert worst_difference(model, objectives, speakers=SPEAKERS[:2], draws=8)[1] < 1e-9


def test_an_encoder_that_cannot_be_stacked_is_refused_with_its_name(load):
    load("encoder")
    mean = EncoderSettings.named("mean")
    model = ModelConfig(encoder=mean())
    networks = [build_network(NetworkShape(model, FRAMES, DIMS, 4, 5), seed) for seed in range(2)]
    for network in networks:
        network.encoder.layer = torch.nn.GRU(DIMS, 24, batch_first=True)
        network.encoder.encode = lambda x, *_, gru=network.encoder.layer: gru(x)[0][:, -1]
    engine = make_engine(networks, TrainingConfig(), [10, 10], CPU)
    with pytest.raises(InputError, match=r"torch\.func cannot stack the encoder"):
        engine.embed(make_store(), torch.zeros(2, 3, dtype=torch.int64), FRAMES)
