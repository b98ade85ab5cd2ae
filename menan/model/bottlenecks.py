"""Bottlenecks between pooling and the classifiers: they bound how much of v is released.

An adversary moves what it cannot see into directions of small variance, where a fresh probe can
amplify it again. With bounded capacity no such place is left: v is normalised, and noise or a grid
of a stated size stands above whatever is small. z is released and is the input of both classifiers;
without a bottleneck it is v.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.device import one_thread
from menan.errors import InputError
from menan.randomness import generator
from menan.settings import BottleneckSettings, FsqSettings, NoBottleneckSettings, NoiseSettings

SEED = 0  # noise of the evaluation while training

S = TypeVar("S", bound=BottleneckSettings)


class Bottleneck(ABC, Generic[S]):
    """From v to z, both (..., dims). A bottleneck has no learnt parameters.

    is_stochastic: whether z takes noise.
    """

    is_stochastic: ClassVar[bool] = False

    def __init__(self, settings: S):
        self.settings = settings

    @property
    def draws(self) -> int:
        """Noise draws per utterance and training step."""
        return 1

    @abstractmethod
    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        """z of v.

        Args:
            noise: standard normal, shaped as v; exactly where ``is_stochastic``.
        """

    def observed(self, v: Tensor, weight: Tensor) -> dict[str, Tensor]:
        """Means over a batch from which :meth:`bits` is computed; empty by default.

        Args:
            v: (models, batch, dims).
            weight: weight of each utterance in the mean, (models, batch).
        """
        return {}

    def bits(self, means: Mapping[str, Tensor]) -> Tensor | None:
        """Upper bound of what z can say about these utterances, in bits (models,).

        None where the capacity is unbounded or unknown.

        Args:
            means: :meth:`observed`, averaged over all batches.
        """
        return None


class NoBottleneck(Bottleneck[NoBottleneckSettings]):
    """z is v, with unbounded capacity (the paper's network)."""

    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        return v


class NoiseBottleneck(Bottleneck[NoiseSettings]):
    """u plus Gaussian noise, where u is v after layer normalisation without affine parameters.

    With ``normalise: false`` u is v, which the encoder bounds.
    """

    is_stochastic = True

    @property
    def draws(self) -> int:
        return self.settings.draws

    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        assert noise is not None, "this bottleneck needs noise"
        return self._normalised(v) + self.settings.sigma * noise.to(v.dtype)

    def _normalised(self, v: Tensor) -> Tensor:
        return F.layer_norm(v, v.shape[-1:]) if self.settings.normalise else v

    @torch.no_grad()
    def observed(self, v: Tensor, weight: Tensor) -> dict[str, Tensor]:
        u = self._normalised(v)
        weighted = weight.unsqueeze(-1) * u
        return {"u": weighted.sum(dim=1), "u_square": weighted.transpose(1, 2) @ u}

    @one_thread()  # the eigenvalues' last digits depend on the number of threads
    def bits(self, means: Mapping[str, Tensor]) -> Tensor:
        """Capacity of the Gaussian channel, log2 det(1 + cov(u) / sigma^2) / 2.

        At most dims / 2 log2(1 + 1 / sigma^2), if v is normalised.
        """
        mean, square = means["u"].double(), means["u_square"].double()
        covariance = square - mean.unsqueeze(2) * mean.unsqueeze(1)
        gains = torch.linalg.eigvalsh(covariance).clamp(min=0) / self.settings.sigma**2
        return torch.log1p(gains).sum(dim=-1) / (2 * math.log(2))


class FsqBottleneck(Bottleneck[FsqSettings]):
    """Finite scalar quantisation (Mentzer et al. 2024) of tanh(u), u as with noise.

    Each dimension is rounded to the nearest of ``levels`` values between -1 and 1; the gradient
    passes straight through.
    """

    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        squashed = torch.tanh(F.layer_norm(v, v.shape[-1:]))
        steps = (self.settings.levels - 1) / 2
        # Added as 0: v's own digits must not reach z.
        return torch.round((squashed + 1) * steps) / steps - 1 + (squashed - squashed.detach())

    @torch.no_grad()
    def observed(self, v: Tensor, weight: Tensor) -> dict[str, Tensor]:
        levels = self.settings.levels
        codes = ((self(v) + 1) * (levels - 1) / 2).round().long()
        shares = F.one_hot(codes, levels).to(weight.dtype)  # (..., dims, levels)
        return {"codes": torch.einsum("mb,mbdl->mdl", weight, shares)}

    def bits(self, means: Mapping[str, Tensor]) -> Tensor:
        """Entropies of the codes, summed over the dimensions; at most dims log2(levels)."""
        return torch.special.entr(means["codes"].double()).sum(dim=(1, 2)) / math.log(2)


BOTTLENECKS: dict[type[BottleneckSettings], type[Bottleneck]] = {
    NoBottleneckSettings: NoBottleneck,
    NoiseSettings: NoiseBottleneck,
    FsqSettings: FsqBottleneck,
}


def add_bottleneck(settings: type[BottleneckSettings], bottleneck: type[Bottleneck]) -> None:
    """Add a bottleneck to the table, from a plugin.

    Raises:
        InputError: the name is taken.
    """
    BottleneckSettings.add(settings)
    BOTTLENECKS[settings] = bottleneck


def make_bottleneck(settings: BottleneckSettings) -> Bottleneck:
    """The bottleneck with these settings."""
    if type(settings) not in BOTTLENECKS:
        raise InputError(
            f"the bottleneck {settings.name!r} has no class; call add_bottleneck with it"
        )
    return BOTTLENECKS[type(settings)](settings)


def utterance_noise(utts: Sequence[str], dims: int, seed: int = SEED, draws: int = 1) -> Tensor:
    """Noise as a function of seed and utterance id, (utterances, dims).

    For evaluation only: everybody can compute it (:mod:`menan.inference.noise_key`).

    Args:
        draws: mean of this many draws: the noise that is left for an attacker who averages as
            many z of one utterance.
    """
    rows = [
        torch.randn(draws, dims, generator=generator(seed, "release", utt)).mean(dim=0)
        for utt in utts
    ]
    return torch.stack(rows)
