"""The five objectives: what moves ENC, EC and SC in one step on one batch.

E is the emotion cross-entropy, S the speaker cross-entropy, H the entropy of SC's posterior,
lambda the paper's weight. In every objective SC descends on S and nothing else.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.errors import InputError
from menan.network.losses import (
    cross_entropy_to_uniform,
    entropy,
    reverse_gradient,
    scale_gradient,
)
from menan.training.players import Players


class Objective(ABC):
    """One way to move the three networks.

    Args:
        lambda_: weight of the emotion loss; the speaker's is 1 - lambda_.
    """

    def __init__(self, lambda_: float):
        self.lambda_ = lambda_

    @abstractmethod
    def update(
        self, players: Players, features: Tensor, emotions: Tensor, speakers: Tensor
    ) -> dict[str, Tensor]:
        """One step of ENC and EC and ``players.sc_steps`` steps of SC, SC first.

        Args:
            features: (batch, frames, dims).
            emotions, speakers: int64 (batch,).

        Returns:
            Detached scalars: emotion_loss, and of SC as ENC met it speaker_loss,
            speaker_entropy (nats), speaker_top (mean top probability), speaker_accuracy.
        """


class OnePass(Objective):
    """All move at once, so ENC meets SC as it was before its step."""

    def update(self, players, features, emotions, speakers):
        v = players.network.encoder(features)
        for _ in range(players.sc_steps - 1):
            players.step_speaker(v.detach(), speakers)
        emotion_logits = players.network.emotion(v)
        speaker_logits = players.network.speaker(self.shown_to_speaker_head(v))
        emotion_loss = F.cross_entropy(emotion_logits, emotions)
        speaker_loss = F.cross_entropy(speaker_logits, speakers)
        players.step_all(self.emotion_weight() * emotion_loss + speaker_loss)
        return measures(emotion_loss, speaker_logits, speakers)

    def emotion_weight(self) -> float:
        return self.lambda_

    @abstractmethod
    def shown_to_speaker_head(self, v: Tensor) -> Tensor:
        """``v``, changed in the gradient that S sends back through it to ENC."""


class EmotionOnly(OnePass):
    """ENC, EC: E. SC watches, and its gradient never reaches ENC."""

    def emotion_weight(self) -> float:
        return 1.0

    def shown_to_speaker_head(self, v):
        return v.detach()


class MultiTask(OnePass):
    """ENC, EC: lambda E + (1 - lambda) S."""

    def shown_to_speaker_head(self, v):
        return scale_gradient(v, 1 - self.lambda_)


class DomainAdversarial(OnePass):
    """ENC, EC: lambda E - (1 - lambda) S, by gradient reversal (Ganin et al. 2016)."""

    def shown_to_speaker_head(self, v):
        return reverse_gradient(v, 1 - self.lambda_)


class Alternating(Objective):
    """SC steps first (eq. 1); then ENC and EC step against SC as it has become (eq. 5)."""

    def update(self, players, features, emotions, speakers):
        v = players.network.encoder(features)
        for _ in range(players.sc_steps):
            players.step_speaker(v.detach(), speakers)
        emotion_loss = F.cross_entropy(players.network.emotion(v), emotions)
        with players.speaker_frozen():
            speaker_logits = players.network.speaker(v)
            players.step_main(
                self.lambda_ * emotion_loss + (1 - self.lambda_) * self.confusion(speaker_logits)
            )
        return measures(emotion_loss, speaker_logits, speakers)

    @abstractmethod
    def confusion(self, speaker_logits: Tensor) -> Tensor:
        """The loss by which ENC confuses SC, a scalar."""


class MaxEntropy(Alternating):
    """MEnAN. ENC, EC: lambda E - (1 - lambda) H (eq. 5; MaxEnt-ARL, Roy & Boddeti 2019)."""

    def confusion(self, speaker_logits):
        return -entropy(speaker_logits)


class Uniform(Alternating):
    """ENC, EC: lambda E + (1 - lambda) CE(uniform, SC) (Tzeng et al. 2015)."""

    def confusion(self, speaker_logits):
        return cross_entropy_to_uniform(speaker_logits)


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


@torch.no_grad()
def measures(emotion_loss: Tensor, speaker_logits: Tensor, speakers: Tensor) -> dict[str, Tensor]:
    """What the log says of a step; scalars that stay on the device."""
    top, guess = F.softmax(speaker_logits, dim=-1).max(dim=-1)
    return {
        "emotion_loss": emotion_loss.detach(),
        "speaker_loss": F.cross_entropy(speaker_logits, speakers),
        "speaker_entropy": entropy(speaker_logits),
        "speaker_top": top.mean(),
        "speaker_accuracy": (guess == speakers).float().mean(),
    }
