"""A bottleneck for --plugin: each dimension of v is kept with noise, and bounded by tanh."""

from dataclasses import dataclass

import torch
from torch import Tensor

import menan


@dataclass(frozen=True)
class BoundedSettings(menan.BottleneckSettings):
    """limit: largest absolute value of z before noise. sigma: standard deviation of the noise."""

    name = "bounded"
    limit: float = 1.0
    sigma: float = 0.5


class BoundedBottleneck(menan.Bottleneck[BoundedSettings]):
    """z = limit * tanh(v / limit) + sigma * noise."""

    is_stochastic = True

    def __call__(self, v: Tensor, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        bounded = self.settings.limit * torch.tanh(v / self.settings.limit)
        return bounded + self.settings.sigma * noise.to(v.dtype)


menan.add_bottleneck(BoundedSettings, BoundedBottleneck)
