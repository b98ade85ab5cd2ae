"""What tests of training share: short calls for configurations and networks."""

from pathlib import Path

import torch

from menan.config import Config, ModelConfig, RunsConfig, TrainingConfig
from menan.front_ends import KaldiFrontEnd
from menan.labels import IEMOCAP_EMOTIONS
from menan.model.model_file import ModelCard
from menan.model.network import Network, NetworkShape
from menan.model.network import build_network as build
from menan.settings import BottleneckSettings, MaxEntropySettings, ObjectiveSettings
from menan.training import experiment
from menan.training.plan import Run

CPU = torch.device("cpu")


def objectives(*names: str, **settings: float) -> tuple[ObjectiveSettings, ...]:
    """Settings of objectives by name; ``settings`` go to those that have them."""
    members = [ObjectiveSettings.named(name) for name in names]
    return tuple(
        member(**{k: v for k, v in settings.items() if k in member.__dataclass_fields__})
        for member in members
    )


def model_with(bottleneck: str, **settings: float) -> ModelConfig:
    """Table 1 with a bottleneck by name."""
    return ModelConfig(bottleneck=BottleneckSettings.named(bottleneck)(**settings))


def shape(
    dims: int = 43, speakers: int = 8, model: ModelConfig | None = None, emotions: int = 4
) -> NetworkShape:
    return NetworkShape(model or ModelConfig(), 47, dims, emotions, speakers)


def model_card(**changes) -> ModelCard:
    """A card of a model of two speakers and half a second of input."""
    facts = {
        "objective": MaxEntropySettings(),
        "seed": 0,
        "speakers": ("a", "b"),
        "group": None,
        "test": None,
        "valid": None,
        "rule": "last",
        "epoch": 1,
        "features": KaldiFrontEnd(seconds=0.5),
        "model": ModelConfig(),
        "training": TrainingConfig(),
        "emotions": IEMOCAP_EMOTIONS,
        "version": "0",
    }
    return ModelCard(**facts | changes)


def build_network(
    dims: int, speakers: int, seed: int, model: ModelConfig | None = None, emotions: int = 4
) -> Network:
    return build(shape(dims, speakers, model, emotions), seed)


def train_runs(
    feats: Path,
    exp: Path,
    training: TrainingConfig,
    runs: RunsConfig,
    device: torch.device = CPU,
    model: ModelConfig | None = None,
    **options,
) -> list[Run]:
    """:func:`menan.training.experiment.train_runs` with sections and options one by one."""
    config = Config(model=model or ModelConfig(), training=training, runs=runs)
    return experiment.train_runs(feats, exp, config, device, experiment.TrainOptions(**options))
