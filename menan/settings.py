"""The settings of bottlenecks and objectives: what a configuration may say of each.

They stand below the code that uses them, so that a configuration can be checked without PyTorch.
To add a member, write its settings here, add it to its table, and add its class to the table of the
same socket (:mod:`menan.model.bottlenecks`, :mod:`menan.training.objectives`). Settings of encoders
are in :mod:`menan.encoder_settings`.
"""

from dataclasses import dataclass
from typing import ClassVar

from menan.errors import require
from menan.sockets import Member


@dataclass(frozen=True)
class BottleneckSettings(Member):
    """Settings of a bottleneck: from v to the released embedding z."""

    socket = "bottleneck"
    table: ClassVar[dict[str, type[Member]]] = {}

    @property
    def needs_bounded(self) -> bool:
        """Whether it protects only a v of bounded length."""
        return False

    @property
    def label(self) -> str:
        """Name in tables and figures, such as ``noise 2``; empty without a bottleneck."""
        return f"{self.name} {self.tag}".strip()


@dataclass(frozen=True)
class NoBottleneckSettings(BottleneckSettings):
    """z is v: the paper's network."""

    name = "none"

    @property
    def label(self) -> str:
        return ""


@dataclass(frozen=True)
class NoiseSettings(BottleneckSettings):
    """Gaussian noise on v.

    sigma: standard deviation of the noise, where v has mean square 1.
    normalise: whether v is normalised first; false for an encoder that bounds v itself.
    draws: noise draws per utterance and training step. More draws make the gradient less noisy at
        little cost: the encoder runs once.
    """

    name = "noise"
    keys_0_1: ClassVar[dict[str, str]] = {"sigma": "noise_sigma", "draws": "noise_draws"}
    sigma: float = 1.0
    normalise: bool = True
    draws: int = 8

    def __post_init__(self) -> None:
        require(0 < self.sigma <= 1000, "sigma must lie between 0 and 1000, 0 excluded")
        require(1 <= self.draws <= 1000, "draws must lie between 1 and 1000")

    @property
    def needs_bounded(self) -> bool:
        return not self.normalise

    @property
    def label(self) -> str:
        return f"noise {self.sigma:g}"


@dataclass(frozen=True)
class FsqSettings(BottleneckSettings):
    """Finite scalar quantisation (Mentzer et al. 2024).

    levels: levels per dimension.
    """

    name = "fsq"
    keys_0_1: ClassVar[dict[str, str]] = {"levels": "fsq_levels"}
    levels: int = 3

    def __post_init__(self) -> None:
        require(2 <= self.levels <= 256, "levels must lie between 2 and 256")

    @property
    def label(self) -> str:
        return f"fsq {self.levels}"


@dataclass(frozen=True)
class ObjectiveSettings(Member):
    """Settings of an objective: the loss of encoder and emotion classifier.

    description: one line for reports, with the formula.
    """

    socket = "objective"
    table: ClassVar[dict[str, type[Member]]] = {}
    description: ClassVar[str]

    @property
    def system(self) -> str:
        """Name of a system in directories and tables: ``menan``, or ``menan-lambda0.2``."""
        return f"{self.name}-{self.tag}" if self.tag else self.name


@dataclass(frozen=True)
class EmotionOnlySettings(ObjectiveSettings):
    """The emotion loss alone."""

    name = "ec"
    description = "E: emotion only, the speaker classifier observes"


@dataclass(frozen=True)
class WeightedSettings(ObjectiveSettings):
    """An objective of two losses.

    lambda_: weight of the emotion loss, the paper's lambda (key ``lambda``); the other loss has
        the weight 1 - lambda.
    """

    keys_0_1: ClassVar[dict[str, str]] = {"lambda": "lambda"}
    lambda_: float = 0.5

    def __post_init__(self) -> None:
        require(0 < self.lambda_ < 1, "lambda must lie between 0 and 1, both excluded")


@dataclass(frozen=True)
class MultiTaskSettings(WeightedSettings):
    """Multi-task learning."""

    name = "mtl"
    description = "λ E + (1 − λ) S: multi-task learning"


@dataclass(frozen=True)
class DomainAdversarialSettings(WeightedSettings):
    """Domain-adversarial training, gradient reversal."""

    name = "dat"
    description = "λ E − (1 − λ) S: domain-adversarial training, gradient reversal"


@dataclass(frozen=True)
class MaxEntropySettings(WeightedSettings):
    """MEnAN, the paper's objective."""

    name = "menan"
    description = "λ E − (1 − λ) H: MEnAN, the paper's eq. 5"


@dataclass(frozen=True)
class UniformSettings(WeightedSettings):
    """Cross-entropy between the uniform distribution and the speaker posterior."""

    name = "uniform"
    description = "λ E + (1 − λ) CE(uniform, speaker posterior): domain confusion"


BottleneckSettings.table |= {
    "none": NoBottleneckSettings,
    "noise": NoiseSettings,
    "fsq": FsqSettings,
}
ObjectiveSettings.table |= {
    "ec": EmotionOnlySettings,
    "mtl": MultiTaskSettings,
    "dat": DomainAdversarialSettings,
    "menan": MaxEntropySettings,
    "uniform": UniformSettings,
}
