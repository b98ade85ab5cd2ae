"""The workload of the training benchmark: noise in the shapes of the paper and of RAVDESS."""

from dataclasses import dataclass, field
from pathlib import Path

import torch

from menan.config import ModelConfig, TrainingConfig
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
TRAINING = TrainingConfig()


@dataclass(frozen=True)
class Workload:
    """Utterances of 1 to 8 s, as those of IEMOCAP with a mean of 4.5 s, and Table 1's network.

    seconds: length of the network's input; utterances are cut or repeated to it.
    """

    seconds: float
    device: torch.device
    features: KaldiFrontEnd = field(init=False)
    shape: NetworkShape = field(init=False)
    store: FrameStore = field(init=False)

    def __post_init__(self) -> None:
        features = KaldiFrontEnd(seconds=self.seconds)
        shape = (features.rows, features.dims, len(IEMOCAP_EMOTIONS), SPEAKERS)
        draw = torch.Generator().manual_seed(0)
        length = torch.randint(98, 798, (UTTS,), generator=draw)
        frames = torch.randn(int(length.sum()), features.dims, generator=draw)
        first = torch.cumsum(length, 0) - length
        on_device = (part.to(self.device) for part in (frames, first, length))
        store = FrameStore(tuple(f"u{n}" for n in range(UTTS)), *on_device)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "shape", NetworkShape(ModelConfig(), *shape))
        object.__setattr__(self, "store", store)

    def lockstep(self, models: int) -> LockStep:
        """Models of Table 2's systems in turn."""
        networks = [build_network(self.shape, seed) for seed in range(models)]
        engine = StackedEngine(networks, TRAINING, [10**6] * models, self.device)
        members = [make_objective(OBJECTIVES[model % len(OBJECTIVES)]) for model in range(models)]
        return LockStep(engine, members, TRAINING.sc_steps, self.store, self.features.rows)

    def batch(self, models: int) -> Batch:
        shape, device = (models, BATCH), self.device
        return Batch(
            torch.randint(UTTS, shape, device=device),
            torch.randint(4, shape, device=device),
            torch.randint(SPEAKERS, shape, device=device),
            torch.full(shape, 1 / BATCH, device=device),
            torch.full(shape, 1 / BATCH, device=device),
        )

    def run(self, seed: int, utterances: int, epochs: int, directory: Path) -> RunData:
        """A training on ``utterances`` utterances, with the paper's proportion of held-out ones.

        A fifth of the corpus is held out; the rest is trained on at five speeds.
        """
        heldout = self._utterances(utterances // 20, ("a", "b"))
        train = self._utterances(utterances, tuple(f"s{n}" for n in range(SPEAKERS)))
        run = Run(OBJECTIVES[seed % len(OBJECTIVES)], seed, None, ())
        return RunData(
            *(run, IEMOCAP_EMOTIONS, ModelConfig(), TrainingConfig(epochs=epochs), self.features),
            *(train, heldout, directory),
        )

    def _utterances(self, count: int, speakers: tuple[str, ...]) -> UtteranceSet:
        row = torch.arange(count, device=self.device)
        speaker = row % len(speakers)
        return UtteranceSet(self.store, row % UTTS, row % 4, speaker, speakers, voices=speaker)
