"""Table 1 on features of any number of columns, held against the plain loop."""

import pytest
import torch

from menan.config import ModelConfig, TrainingConfig
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.settings import ObjectiveSettings
from tests.engine.against_plain_loop import worst_difference
from tests.training.lockstep_example import FRAMES, UTTS
from tests.training.training_example import CPU, build_network

# 1 and 3 are narrower than a kernel's step of 16; 768 is the width of base encoders.
widths = pytest.mark.parametrize("columns", [1, 3, 17, 80, 768])


def store_of(columns):
    generator = torch.Generator().manual_seed(columns)
    length = torch.randint(20, FRAMES + 10, (UTTS,), generator=generator)
    frames = torch.randn(int(length.sum()), columns, generator=generator)
    return FrameStore(
        tuple(f"u{n:02d}" for n in range(UTTS)), frames, length.cumsum(0) - length, length
    )


@widths
def test_training_follows_the_plain_loop_on_any_width(columns):
    members = [ObjectiveSettings.named(name)() for name in ("menan", "dat")]
    engine, worst = worst_difference(
        *(ModelConfig(), members), steps=4, speakers=(8, 5), store=store_of(columns)
    )
    assert isinstance(engine, StackedEngine)
    assert worst < 1e-9


@widths
def test_embeddings_in_float32_are_those_of_the_plain_network(columns):
    """The type of real trainings, whose kernels are others than those of float64."""
    networks = [build_network(columns, 5, seed) for seed in range(2)]
    store, index = store_of(columns), torch.arange(12).view(2, 6)
    engine = StackedEngine(networks, TrainingConfig(), [10, 10], CPU)
    v = engine.embed(store, index, FRAMES)
    for row, network in enumerate(networks):
        features, lengths = network.encoder.read(store, index[row], FRAMES)
        torch.testing.assert_close(v[row], network.encoder(features, lengths), rtol=1e-4, atol=1e-5)
