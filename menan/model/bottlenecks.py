"""The bottleneck between pooling and the heads: how much of v is released.

An adversary moves what it cannot see into directions of small variance, where any fresh probe can
amplify it again. Of bounded capacity there is no such place: v is normalised, and then noise or a
grid of a stated size stands above whatever is small. z is what is released, and what both heads
see; without a bottleneck it is v.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.config import TrainingConfig
from menan.randomness import generator

SEED = 0  # of the draws that a training is evaluated by, and of inference unless told otherwise


@dataclass(frozen=True)
class Bottleneck:
    """From v to z, both (..., dims).

    kind: ``none``: z is v, of no bounded capacity (the paper's network). ``noise``: u, which is v
        after layer normalisation without affine, plus Gaussian noise. ``fsq``: tanh(u), each
        dimension rounded to the nearest of some levels between -1 and 1 with a straight-through
        gradient (finite scalar quantisation, Mentzer et al. 2024).
    sigma: of the noise; u has the mean square 1.
    levels: of a dimension.
    """

    kind: str = "none"
    sigma: float = 1.0
    levels: int = 3

    @classmethod
    def of(cls, training: TrainingConfig) -> "Bottleneck":
        return cls(training.bottleneck, training.noise_sigma, training.fsq_levels)

    @property
    def draws(self) -> bool:
        """Whether z takes noise."""
        return self.kind == "noise"

    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        """z of v.

        Args:
            noise: standard normal, as v; of ``noise``, and of no other.
        """
        assert (noise is not None) == self.draws, f"noise for the bottleneck {self.kind}"
        if self.kind == "none":
            return v
        u = F.layer_norm(v, v.shape[-1:])
        if noise is not None:
            return u + self.sigma * noise.to(u.dtype)
        squashed = torch.tanh(u)
        steps = (self.levels - 1) / 2
        # Added as 0: v's own digits must not reach z.
        return torch.round((squashed + 1) * steps) / steps - 1 + (squashed - squashed.detach())

    def observed(self, v: Tensor, weight: Tensor) -> dict[str, Tensor]:
        """Means over a batch from which :meth:`bits` are computed; empty without a bottleneck.

        Args:
            v: (models, batch, dims).
            weight: of each utterance in the mean, (models, batch).
        """
        with torch.no_grad():
            if self.kind == "noise":
                u = F.layer_norm(v, v.shape[-1:])
                weighted = weight.unsqueeze(-1) * u
                return {"u": weighted.sum(dim=1), "u_square": weighted.transpose(1, 2) @ u}
            if self.kind == "fsq":
                codes = ((self(v) + 1) * (self.levels - 1) / 2).round().long()
                shares = F.one_hot(codes, self.levels).to(weight.dtype)  # (..., dims, levels)
                return {"codes": torch.einsum("mb,mbdl->mdl", weight, shares)}
            return {}

    def bits(self, means: dict[str, Tensor]) -> Tensor | None:
        """What z can tell of an utterance, in bits (models,): an upper bound for these utterances.

        Of ``noise`` the capacity of the Gaussian channel for the covariance of u,
        log2 det(1 + cov / sigma^2) / 2, at most dims / 2 log2(1 + 1 / sigma^2); of ``fsq`` the
        entropies of the codes, summed over the dimensions, at most dims log2(levels).

        Args:
            means: of :meth:`observed`, over all batches.
        """
        if self.kind == "noise":
            mean, square = means["u"].double(), means["u_square"].double()
            covariance = square - mean.unsqueeze(2) * mean.unsqueeze(1)
            gains = torch.linalg.eigvalsh(covariance).clamp(min=0) / self.sigma**2
            return torch.log1p(gains).sum(dim=-1) / (2 * math.log(2))
        if self.kind == "fsq":
            return torch.special.entr(means["codes"].double()).sum(dim=(1, 2)) / math.log(2)
        return None


NO_BOTTLENECK = Bottleneck()


def utterance_noise(utts: Sequence[str], dims: int, seed: int = SEED, draws: int = 1) -> Tensor:
    """The noise of some utterances, a function of seed and utterance id, (utterances, dims).

    Args:
        draws: the mean of so many: what is left of the noise for whoever has as many z of an
            utterance, and averages them.
    """
    rows = [
        torch.randn(draws, dims, generator=generator(seed, "release", utt)).mean(dim=0)
        for utt in utts
    ]
    return torch.stack(rows)
