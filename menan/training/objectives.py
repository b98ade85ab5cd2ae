"""The five objectives: what ENC and EC descend on. In all of them SC descends on S.

E is the emotion cross-entropy, S the speaker cross-entropy, H the entropy of SC's posterior,
lambda the paper's weight. Every figure is a batch mean, and there is one of each model: (models,).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from menan.errors import InputError
from menan.model import losses


@dataclass(frozen=True)
class SpeakerAnswer:
    """What the SCs of some models say of a batch each.

    log_p: log posteriors, (models, batch, speakers), in nats.
    speakers: the true ones, int64 (models, batch).
    exists: bool (models, 1, speakers); models may have different numbers of speakers.
    weight: of each utterance in the batch mean, (models, batch).
    """

    log_p: Tensor
    speakers: Tensor
    exists: Tensor
    weight: Tensor

    def of(self, models: Tensor | slice) -> "SpeakerAnswer":
        """Some of the models."""
        return SpeakerAnswer(*(part[models] for part in vars(self).values()))

    def cross_entropy(self) -> Tensor:
        """S."""
        return self._mean(losses.cross_entropy(self.log_p, self.speakers))

    def entropy(self) -> Tensor:
        """H, in nats."""
        return self._mean(losses.entropy(self.log_p))

    def cross_entropy_to_uniform(self) -> Tensor:
        return self._mean(losses.cross_entropy_to_uniform(self.log_p, self.exists))

    @torch.no_grad()
    def measures(self) -> dict[str, Tensor]:
        """How sure SC is: what the log says of it."""
        top, guess = self.log_p.exp().max(dim=-1)
        return {
            "speaker_loss": self.cross_entropy(),
            "speaker_entropy": self.entropy(),
            "speaker_top": self._mean(top),
            "speaker_accuracy": self._mean((guess == self.speakers).to(top.dtype)),
        }

    def _mean(self, values: Tensor) -> Tensor:
        return (values * self.weight).sum(dim=-1)


class Objective(ABC):
    """What moves ENC and EC.

    Args:
        lambda_: weight of the emotion loss; the speaker's is 1 - lambda_.

    meets_stepped: whether ENC meets SC after SC's step on the same batch (alternating players) or
        as it was before it (one joint pass).
    """

    meets_stepped: ClassVar[bool] = False

    def __init__(self, lambda_: float):
        self.lambda_ = lambda_

    @abstractmethod
    def loss(self, emotion: Tensor, speaker: SpeakerAnswer) -> Tensor:
        """The loss of ENC and EC, (models,).

        Args:
            emotion: E, (models,).
            speaker: of the SC that ENC meets; it is not moved by this loss.
        """


class EmotionOnly(Objective):
    """E. SC is a passive observer: it tells how much of the speaker is left."""

    def loss(self, emotion, speaker):
        return emotion


class MultiTask(Objective):
    """lambda E + (1 - lambda) S."""

    def loss(self, emotion, speaker):
        return self.lambda_ * emotion + (1 - self.lambda_) * speaker.cross_entropy()


class DomainAdversarial(Objective):
    """lambda E - (1 - lambda) S: what a gradient-reversal layer does (Ganin et al. 2016)."""

    def loss(self, emotion, speaker):
        return self.lambda_ * emotion - (1 - self.lambda_) * speaker.cross_entropy()


class MaxEntropy(Objective):
    """MEnAN: lambda E - (1 - lambda) H (eq. 5; MaxEnt-ARL, Roy & Boddeti 2019)."""

    meets_stepped = True

    def loss(self, emotion, speaker):
        return self.lambda_ * emotion - (1 - self.lambda_) * speaker.entropy()


class Uniform(Objective):
    """lambda E + (1 - lambda) CE(uniform, SC) (Tzeng et al. 2015)."""

    meets_stepped = True

    def loss(self, emotion, speaker):
        return self.lambda_ * emotion + (1 - self.lambda_) * speaker.cross_entropy_to_uniform()


OBJECTIVES: dict[str, type[Objective]] = {
    "ec": EmotionOnly,
    "mtl": MultiTask,
    "dat": DomainAdversarial,
    "menan": MaxEntropy,
    "uniform": Uniform,
}


def make_objective(name: str, lambda_: float) -> Objective:
    """The objective of that name.

    Raises:
        InputError: no such objective.
    """
    if name not in OBJECTIVES:
        raise InputError(f"unknown objective {name!r}; there are {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](lambda_)
