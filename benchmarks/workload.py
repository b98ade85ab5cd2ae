"""The workload of the training benchmark: noise in the paper's shapes."""

from pathlib import Path

import torch

from menan.config import ModelConfig, TrainingConfig
from menan.engine.stacked.backends import Operations
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.front_ends import KaldiFrontEnd
from menan.labels import IEMOCAP_EMOTIONS
from menan.model.network import NetworkShape, build_network
from menan.settings import (
    DomainAdversarialSettings,
    EmotionOnlySettings,
    MaxEntropySettings,
    MultiTaskSettings,
)
from menan.training.lockstep import Batch, LockStep
from menan.training.objectives import make_objective
from menan.training.plan import Run, RunData, UtteranceSet

BATCH, SPEAKERS, UTTS = 16, 8, 600
# Table 2's systems.
OBJECTIVES = (
    *(EmotionOnlySettings(), MultiTaskSettings()),
    *(DomainAdversarialSettings(), MaxEntropySettings()),
)
FEATURES, TRAINING = KaldiFrontEnd(), TrainingConfig()
SHAPE = NetworkShape(ModelConfig(), FEATURES.rows, FEATURES.dims, len(IEMOCAP_EMOTIONS), SPEAKERS)


def make_store(device: torch.device) -> FrameStore:
    """Utterances of 1 to 8 s: those of IEMOCAP have a mean of 4.5 s."""
    draw = torch.Generator().manual_seed(0)
    length = torch.randint(98, 798, (UTTS,), generator=draw)
    frames = torch.randn(int(length.sum()), FEATURES.dims, generator=draw)
    first = torch.cumsum(length, 0) - length
    utts = tuple(f"u{n}" for n in range(UTTS))
    return FrameStore(utts, frames.to(device), first.to(device), length.to(device))


def make_lockstep(models: int, store: FrameStore, ops: Operations | None = None) -> LockStep:
    """Models of Table 2's systems in turn."""
    device = store.frames.device
    networks = [build_network(SHAPE, seed) for seed in range(models)]
    steps = [10**6] * models
    engine = StackedEngine(networks, TRAINING, steps, device, ops)
    objectives = [make_objective(OBJECTIVES[model % len(OBJECTIVES)]) for model in range(models)]
    return LockStep(engine, objectives, TRAINING.sc_steps, store, FEATURES.rows)


def draw_batch(models: int, device: torch.device) -> Batch:
    shape = (models, BATCH)
    return Batch(
        torch.randint(UTTS, shape, device=device),
        torch.randint(4, shape, device=device),
        torch.randint(SPEAKERS, shape, device=device),
        torch.full(shape, 1 / BATCH, device=device),
        torch.full(shape, 1 / BATCH, device=device),
    )


def make_run(store: FrameStore, seed: int, utterances: int, directory: Path) -> RunData:
    """A training on ``utterances`` utterances, with the paper's proportion of held-out ones.

    A fifth of IEMOCAP's 5,531 utterances is held out; the rest is trained on at five speeds.
    """
    parts = (
        _utterances(store, utterances // 20, ("a", "b")),
        _utterances(store, utterances, tuple(f"s{n}" for n in range(SPEAKERS))),
    )
    run = Run(OBJECTIVES[seed % len(OBJECTIVES)], seed, None, ())
    return RunData(
        *(run, IEMOCAP_EMOTIONS, ModelConfig(), TrainingConfig(epochs=1), FEATURES),
        *(parts[1], parts[0], directory),
    )


def _utterances(store: FrameStore, count: int, speakers: tuple[str, ...]) -> UtteranceSet:
    row = torch.arange(count, device=store.frames.device)
    speaker = row % len(speakers)
    return UtteranceSet(store, row % UTTS, row % 4, speaker, speakers, voices=speaker)
