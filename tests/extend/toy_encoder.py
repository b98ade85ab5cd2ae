"""An encoder for --plugin: the mean of a linear layer over the frames."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import menan


@dataclass(frozen=True)
class MeanSettings(menan.EncoderSettings):
    """size: dimensions of v."""

    name = "mean"
    size: int = 24

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 1024:
            raise menan.InputError("size must lie between 1 and 1024")


class MeanEncoder(menan.Encoder):
    """Inputs are padded, so the padding must not enter the mean."""

    def __init__(self, settings: MeanSettings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.dims_out = settings.size
        self.layer = nn.Sequential(nn.Linear(dims, settings.size), nn.Tanh())

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        rows = torch.arange(features.shape[1], device=features.device)
        there = (rows < lengths[:, None]).unsqueeze(-1)  # (batch, rows, 1)
        return (self.layer(features) * there).sum(dim=1) / lengths[:, None]


menan.add_encoder(MeanSettings, MeanEncoder)
