"""What tests of the lock-step share: models of different objectives and numbers of speakers."""

import torch

from menan.config import ModelConfig, TrainingConfig
from menan.engine.engine import Engine
from menan.engine.stacked.backends import Operations
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.model.bottlenecks import make_bottleneck
from menan.model.network import Network
from menan.settings import ObjectiveSettings
from menan.training.lockstep import Batch, LockStep
from menan.training.objectives import make_objective
from tests.training.training_example import CPU, build_network, objectives

NAMES = tuple(ObjectiveSettings.table)
DIMS, FRAMES, UTTS = 7, 40, 30


def make_store() -> FrameStore:
    draw = torch.Generator().manual_seed(5)
    length = torch.randint(20, FRAMES + 10, (UTTS,), generator=draw)
    frames = torch.randn(int(length.sum()), DIMS, generator=draw)
    utts = tuple(f"u{n:02d}" for n in range(UTTS))
    return FrameStore(utts, frames, torch.cumsum(length, 0) - length, length)


def make_networks(
    speakers: tuple[int, ...], dtype: torch.dtype, model: ModelConfig | None = None
) -> list[Network]:
    """A network for each number of speakers, each from its own seed."""
    return [
        build_network(DIMS, count, seed, model).to(dtype) for seed, count in enumerate(speakers)
    ]


def make_lockstep(
    networks: list[Network],
    names: tuple[str, ...],
    lambda_: float = 0.5,
    sc_steps: int = 1,
    lr: float = 1e-3,
    steps: int = 100,
    operations: Operations | None = None,
) -> LockStep:
    training = TrainingConfig(lr=lr, sc_steps=sc_steps)
    engine = StackedEngine(networks, training, [steps] * len(networks), CPU, operations)
    return lockstep_of(engine, names, lambda_, sc_steps)


def lockstep_of(
    engine: Engine, names: tuple[str, ...], lambda_: float = 0.5, sc_steps: int = 1
) -> LockStep:
    members = [make_objective(one) for one in objectives(*names, lambda_=lambda_)]
    return LockStep(engine, members, sc_steps, make_store(), FRAMES)


def make_noise(models: int, model: ModelConfig | None, seed: int) -> torch.Tensor | None:
    """Three draws of each utterance of :func:`make_batch`, (models, 3 * 6, 96)."""
    if not make_bottleneck((model or ModelConfig()).bottleneck).is_stochastic:
        return None
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(models, 3 * 6, 96, generator=draw)


def make_batch(
    speakers: tuple[int, ...], dtype: torch.dtype, seed: int = 4, sizes: tuple[int, ...] = (6,)
) -> Batch:
    """A batch of 6 for each model, of which the first ``sizes`` count."""
    draw = torch.Generator().manual_seed(seed)
    shape = (len(speakers), 6)
    there = torch.arange(6) < torch.tensor(sizes)[:, None]
    weight = (there.to(dtype) / there.sum(dim=1, keepdim=True)).expand(shape)
    return Batch(
        index=torch.randint(UTTS, shape, generator=draw),
        emotions=torch.randint(4, shape, generator=draw),
        speakers=torch.stack([torch.randint(n, (6,), generator=draw) for n in speakers]),
        weight=weight,
        speaker_weight=weight,
    )
