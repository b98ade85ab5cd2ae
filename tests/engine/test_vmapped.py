"""The vmapped engine with menan's own encoders, held against the plain loop in float64."""

import pytest
import torch

from menan.config import ModelConfig, TrainingConfig
from menan.encoder_settings import AttentiveSettings, NarrowSettings, PooledSettings
from menan.engine.vmapped import VmappedEngine
from menan.features.store import FrameStore
from menan.model.encoders import ENCODERS
from menan.settings import NoiseSettings, ObjectiveSettings
from tests.engine.against_plain_loop import SPEAKERS, worst_difference
from tests.training.lockstep_example import NAMES, UTTS

LAYERS = 5
OBJECTIVES = [ObjectiveSettings.named(name)() for name in (*NAMES, "menan")]
POOLED = PooledSettings(size=12, dropout=0.4)
NARROW = NarrowSettings(size=12, learnt=5, content=2, dropout=0.4)
ATTENTIVE = AttentiveSettings(size=12, channels=6, dropout=0.4)


def layers():
    """Utterances of LAYERS rows each, as of a pretrained encoder's statistics."""
    frames = torch.randn(UTTS * LAYERS, 7, generator=torch.Generator().manual_seed(5))
    first = torch.arange(UTTS) * LAYERS
    return FrameStore(
        tuple(f"u{n:02d}" for n in range(UTTS)), frames, first, torch.full((UTTS,), LAYERS)
    )


@pytest.mark.parametrize(
    ("alike", "same"),
    [(1, 1), (3, 3), (3, 1)],
    ids=["all differs", "shared utterances", "shared normalisation only"],
)
@pytest.mark.parametrize("bottleneck", ["none", "noise"])
@pytest.mark.parametrize("encoder", [POOLED, NARROW, ATTENTIVE], ids=lambda one: one.name)
def test_all_objectives_side_by_side_follow_the_plain_loop(encoder, bottleneck, alike, same):
    """With dropout, weight decay, class weights and label smoothing at once."""
    training = TrainingConfig(sc_steps=2, weight_decay=0.05, label_smoothing=0.1)
    weights = torch.rand(len(SPEAKERS), 4, dtype=torch.float64) + 0.5
    model, draws = ModelConfig(encoder), None
    if bottleneck == "noise":
        model, draws = ModelConfig(encoder, NoiseSettings(sigma=0.5, draws=3)), 3
    fixed = ENCODERS[type(encoder)].has_fixed_rows
    store = {"store": layers(), "rows": LAYERS} if fixed else {}
    engine, worst = worst_difference(
        *(model, OBJECTIVES),
        draws=draws,
        training=training,
        class_weights=weights,
        alike=alike,
        same=same,
        **store,
    )
    assert isinstance(engine, VmappedEngine)
    assert engine.main_player.alike("encoder") == alike
    assert worst < 1e-9


@pytest.mark.parametrize(
    "option",
    [{"weight_decay": 0.5}, {"label_smoothing": 0.5}, {}],
    ids=["weight decay", "label smoothing", "class weights"],
)
def test_table_1_takes_the_same_options(option):
    weights = None if option else torch.rand(2, 4, dtype=torch.float64) + 0.5
    training = TrainingConfig(**option)
    _, worst = worst_difference(
        *(ModelConfig(), OBJECTIVES[-2:]),
        speakers=SPEAKERS[:2],
        training=training,
        class_weights=weights,
    )
    assert worst < 1e-9
