"""The objectives: the loss of encoder (ENC) and emotion classifier (EC).

E is the emotion cross-entropy, S the speaker cross-entropy, H the entropy of the speaker posterior,
lambda the paper's weight. Each is a mean over a batch, one number per model: (models,). The speaker
classifier (SC) minimises S under every objective.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

from menan.errors import InputError
from menan.model import losses
from menan.settings import (
    DomainAdversarialSettings,
    EmotionOnlySettings,
    MaxEntropySettings,
    MultiTaskSettings,
    ObjectiveSettings,
    UniformSettings,
)

B = TypeVar("B", bound="_ByModel")
SPEAKER_FIGURES = "speaker_"  # how the names of SpeakerPosterior.measures begin


class _ByModel:
    """Fields with a leading model axis, of which some models can be taken."""

    def of(self: B, models: Tensor | slice) -> B:
        """Some of the models; a field is indexed when it is first used."""
        part = object.__new__(type(self))
        part.__dict__.update(_whole=self, _models=models)
        return part

    def __getattr__(self, name: str) -> Any:
        if "_whole" not in self.__dict__:
            raise AttributeError(name)
        value = getattr(self._whole, name)
        own = value.of(self._models) if isinstance(value, _ByModel) else value[self._models]
        self.__dict__[name] = own
        return own


@dataclass(frozen=True)
class SpeakerPosterior(_ByModel):
    """Output of the SCs of some models on a batch each.

    log_p: log posteriors in nats, (models, rows, speakers).
    speakers: true speakers, int64 (models, rows).
    exists: bool (models, 1, speakers); models may have different numbers of speakers.
    weight: weight of each row in the batch mean, (models, rows); 0 where nobody knows who speaks.
    """

    log_p: Tensor
    speakers: Tensor
    exists: Tensor
    weight: Tensor

    def cross_entropy(self) -> Tensor:
        """S, eq. 1."""
        return self._mean(losses.cross_entropy(self.log_p, self.speakers))

    def entropy(self) -> Tensor:
        """H in nats, eq. 2."""
        return self._mean(losses.entropy(self.log_p))

    def cross_entropy_to_uniform(self) -> Tensor:
        """Cross-entropy between the uniform distribution and the posterior, in nats."""
        return self._mean(losses.cross_entropy_to_uniform(self.log_p, self.exists))

    @torch.no_grad()
    def measures(self) -> dict[str, Tensor]:
        """What the log records of SC."""
        top, guess = self.log_p.exp().max(dim=-1)
        return {
            "speaker_loss": self.cross_entropy(),
            "speaker_entropy": self.entropy(),
            "speaker_top": self._mean(top),
            "speaker_accuracy": self._mean((guess == self.speakers).to(top.dtype)),
        }

    def _mean(self, values: Tensor) -> Tensor:
        return (values * self.weight).sum(dim=-1)


@dataclass(frozen=True)
class Step(_ByModel):
    """All that an objective can use in one step, for the models that it trains.

    Where the bottleneck is stochastic, an utterance has one row per noise draw: all utterances
    with their first draw, then all with their second.

    emotion_loss: E, (models,).
    speaker: posterior of the SC that ENC meets; the loss does not update that SC.
    z: input of both classifiers, (models, rows, dims).
    v: output of ENC, (models, rows, dims).
    emotion_log_p: log posteriors of EC in nats, (models, rows, emotions).
    emotions, speakers: true classes, int64 (models, rows); speaker 0 where ``speaker.weight`` is 0.
    weight: weight of each row in the batch mean, (models, rows); 0 for padding.
    """

    emotion_loss: Tensor
    speaker: SpeakerPosterior
    z: Tensor
    v: Tensor
    emotion_log_p: Tensor
    emotions: Tensor
    speakers: Tensor
    weight: Tensor

    def mean(self, values: Tensor) -> Tensor:
        """Batch mean of (models, rows), one number per model."""
        return (values * self.weight).sum(dim=-1)


S = TypeVar("S", bound=ObjectiveSettings)


class Objective(ABC, Generic[S]):
    """The loss of ENC and EC.

    adversary_after_step: whether the loss uses SC *after* its own update on this batch (alternating
        players) or before it (one joint pass).
    speaker_classifier: makes another SC than the paper's, from the dimensions of z and the numbers
        of emotions and speakers. It takes z (rows, dims) and the true emotions (rows,), and
        returns logits (n * batch, speakers); with n > 1 the rows are the batch n times, end to
        end. Its layers must be ones that ``torch.func`` can stack.
    """

    adversary_after_step: ClassVar[bool] = False
    speaker_classifier: ClassVar[Callable[[int, int, int], nn.Module] | None] = None

    def __init__(self, settings: S):
        self.settings = settings

    @abstractmethod
    def loss(self, step: Step) -> Tensor:
        """The loss of ENC and EC, (models,)."""

    def restarts_speaker_classifier(self, epoch: int) -> bool:
        """Whether SC begins anew, with other initial weights, before this epoch (from 1)."""
        return False


class EmotionOnly(Objective[EmotionOnlySettings]):
    """E. SC only observes: it shows how much of the speaker is left."""

    def loss(self, step: Step) -> Tensor:
        return step.emotion_loss


class MultiTask(Objective[MultiTaskSettings]):
    """lambda E + (1 - lambda) S."""

    def loss(self, step: Step) -> Tensor:
        lambda_ = self.settings.lambda_
        return lambda_ * step.emotion_loss + (1 - lambda_) * step.speaker.cross_entropy()


class DomainAdversarial(Objective[DomainAdversarialSettings]):
    """lambda E - (1 - lambda) S: the effect of a gradient-reversal layer (Ganin et al. 2016)."""

    def loss(self, step: Step) -> Tensor:
        lambda_ = self.settings.lambda_
        return lambda_ * step.emotion_loss - (1 - lambda_) * step.speaker.cross_entropy()


class MaxEntropy(Objective[MaxEntropySettings]):
    """MEnAN: lambda E - (1 - lambda) H (eq. 5; MaxEnt-ARL, Roy & Boddeti 2019)."""

    adversary_after_step = True

    def loss(self, step: Step) -> Tensor:
        lambda_ = self.settings.lambda_
        return lambda_ * step.emotion_loss - (1 - lambda_) * step.speaker.entropy()


class Uniform(Objective[UniformSettings]):
    """lambda E + (1 - lambda) CE(uniform, SC) (Tzeng et al. 2015)."""

    adversary_after_step = True

    def loss(self, step: Step) -> Tensor:
        lambda_ = self.settings.lambda_
        confusion = step.speaker.cross_entropy_to_uniform()
        return lambda_ * step.emotion_loss + (1 - lambda_) * confusion


OBJECTIVES: dict[type[ObjectiveSettings], type[Objective]] = {
    EmotionOnlySettings: EmotionOnly,
    MultiTaskSettings: MultiTask,
    DomainAdversarialSettings: DomainAdversarial,
    MaxEntropySettings: MaxEntropy,
    UniformSettings: Uniform,
}


def add_objective(settings: type[ObjectiveSettings], objective: type[Objective]) -> None:
    """Add an objective to the table, from a plugin.

    Raises:
        InputError: the name is taken.
    """
    ObjectiveSettings.add(settings)
    OBJECTIVES[settings] = objective


def make_objective(settings: ObjectiveSettings) -> Objective:
    """The objective with these settings."""
    if type(settings) not in OBJECTIVES:
        raise InputError(
            f"the objective {settings.name!r} has no class; call add_objective with it"
        )
    return OBJECTIVES[type(settings)](settings)
