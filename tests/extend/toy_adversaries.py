"""Other adversaries for --plugin: what was tried beside MEnAN's speaker classifier (SC).

Each maximises the entropy of an adversary's posterior, as ``menan`` does; docs/invariance.md has
what was found.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import menan
from menan.model.network import head
from menan.settings import WeightedSettings


class AdversarySettings(WeightedSettings):
    """Settings of the objectives below."""

    description = "λ E − (1 − λ) H, with another adversary"


class Adversary(menan.Objective[AdversarySettings]):
    """lambda E - (1 - lambda) H."""

    adversary_after_step = True

    def loss(self, step: menan.Step) -> Tensor:
        lambda_ = self.settings.lambda_
        return lambda_ * step.emotion_loss - (1 - lambda_) * step.speaker.entropy()


@dataclass(frozen=True)
class RestartedSettings(AdversarySettings):
    """every: number of epochs after which SC begins anew."""

    name = "restarted"
    every: int = 5


class Restarted(Adversary):
    settings: RestartedSettings

    def restarts_speaker_classifier(self, epoch: int) -> bool:
        return epoch > 1 and (epoch - 1) % self.settings.every == 0


@dataclass(frozen=True)
class FourSettings(AdversarySettings):
    name = "four"


class FourClassifiers(nn.Module):
    """Four SCs; their posteriors come one below the other, so that H is the mean of their four."""

    def __init__(self, size: int, emotions: int, speakers: int):
        super().__init__()
        self.heads = nn.ModuleList([head(size, speakers) for _ in range(4)])

    def forward(self, z: Tensor, emotions: Tensor) -> Tensor:
        return torch.cat([one(z) for one in self.heads])


class Four(Adversary):
    speaker_classifier = FourClassifiers


@dataclass(frozen=True)
class ToldSettings(AdversarySettings):
    name = "told"


class ToldTheEmotion(nn.Module):
    """An SC that also reads the true emotion."""

    def __init__(self, size: int, emotions: int, speakers: int):
        super().__init__()
        self.emotions = emotions
        self.head = head(size + emotions, speakers)

    def forward(self, z: Tensor, emotions: Tensor) -> Tensor:
        return self.head(torch.cat([z, F.one_hot(emotions, self.emotions).to(z)], dim=-1))


class Told(Adversary):
    speaker_classifier = ToldTheEmotion


@dataclass(frozen=True)
class MeanOfDrawsSettings(AdversarySettings):
    """For a bottleneck of eight noise draws."""

    name = "mean_of_draws"


class ReadsTheMean(nn.Module):
    """An SC that reads the mean of the eight draws of an utterance."""

    def __init__(self, size: int, emotions: int, speakers: int):
        super().__init__()
        self.head = head(size, speakers)

    def forward(self, z: Tensor, emotions: Tensor) -> Tensor:
        return self.head(z.unflatten(0, (8, -1)).mean(dim=0))


class MeanOfDraws(Adversary):
    speaker_classifier = ReadsTheMean


@dataclass(frozen=True)
class NormalisedSettings(AdversarySettings):
    name = "normalised"


class ReadsNormalised(nn.Module):
    """An SC that reads each embedding with mean 0 and variance 1."""

    def __init__(self, size: int, emotions: int, speakers: int):
        super().__init__()
        self.head = head(size, speakers)

    def forward(self, z: Tensor, emotions: Tensor) -> Tensor:
        return self.head(F.layer_norm(z, z.shape[-1:]))


class Normalised(Adversary):
    speaker_classifier = ReadsNormalised


@dataclass(frozen=True)
class InformationSettings(AdversarySettings):
    """weight: weight of the penalty. sigma: standard deviation of the bottleneck's noise."""

    name = "information"
    weight: float = 0.01
    sigma: float = 1.0


class Information(Adversary):
    """MEnAN with a penalty on what z can carry, |u - mean|^2 / (2 sigma^2)."""

    settings: InformationSettings

    def loss(self, step: menan.Step) -> Tensor:
        u = F.layer_norm(step.v, step.v.shape[-1:])
        mean = (step.weight.unsqueeze(-1) * u).sum(dim=1, keepdim=True)
        penalty = step.mean((u - mean).square().sum(dim=-1)) / (2 * self.settings.sigma**2)
        return super().loss(step) + self.settings.weight * penalty


for settings, objective in {
    RestartedSettings: Restarted,
    FourSettings: Four,
    ToldSettings: Told,
    MeanOfDrawsSettings: MeanOfDraws,
    NormalisedSettings: Normalised,
    InformationSettings: Information,
}.items():
    menan.add_objective(settings, objective)
