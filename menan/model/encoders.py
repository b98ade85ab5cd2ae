"""The encoders by their settings, and the paper's encoder."""

import torch
from torch import Tensor, nn

from menan.encoder_settings import (
    AttentiveSettings,
    EncoderSettings,
    NarrowSettings,
    PooledSettings,
    Table1Settings,
)
from menan.errors import InputError
from menan.model.encoder import Encoder
from menan.model.narrow_encoder import NarrowEncoder
from menan.model.pooling_encoders import AttentiveEncoder, PooledEncoder


class Table1Encoder(Encoder):
    """The paper's encoder: two convolutions, a GRU, a linear layer and statistics pooling."""

    is_repeated = True
    shortest_input = 10 + 2 * (5 - 1)  # the two convolutions make one frame of these

    def __init__(self, settings: Table1Settings, rows: int, dims: int):
        super().__init__(settings, rows, dims)
        self.dims_out = 3 * 32  # mean, standard deviation and maximum of 32 channels
        self.conv = nn.Sequential(
            nn.Conv1d(dims, 32, kernel_size=10, stride=2),
            nn.PReLU(),
            nn.Conv1d(32, 32, kernel_size=5, stride=2),
            nn.PReLU(),
        )
        self.gru = nn.GRU(32, 32, batch_first=True)
        self.linear = nn.Sequential(nn.Linear(32, 32), nn.PReLU())

    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        x = self.conv(features.transpose(1, 2))  # (batch, 32, time / 4)
        x, _ = self.gru(x.transpose(1, 2))  # (batch, time / 4, 32)
        return statistics_pooling(self.linear(x))


def statistics_pooling(x: Tensor) -> Tensor:
    """(batch, time, channels) to (batch, 3 * channels): mean, standard deviation, maximum.

    The deviation is biased, with 1e-5 inside the root, so that a constant channel has a gradient.
    """
    std = torch.sqrt(x.var(dim=1, correction=0) + 1e-5)
    return torch.cat([x.mean(dim=1), std, x.amax(dim=1)], dim=1)


ENCODERS: dict[type[EncoderSettings], type[Encoder]] = {
    Table1Settings: Table1Encoder,
    PooledSettings: PooledEncoder,
    NarrowSettings: NarrowEncoder,
    AttentiveSettings: AttentiveEncoder,
}


def add_encoder(settings: type[EncoderSettings], encoder: type[Encoder]) -> None:
    """Add an encoder to the table, from a plugin.

    Raises:
        InputError: the name is taken.
    """
    EncoderSettings.add(settings)
    ENCODERS[settings] = encoder


def make_encoder(settings: EncoderSettings, rows: int, dims: int) -> Encoder:
    """The encoder with these settings, for features (at most ``rows``, ``dims``)."""
    if type(settings) not in ENCODERS:
        raise InputError(f"the encoder {settings.name!r} has no class; call add_encoder with it")
    return ENCODERS[type(settings)](settings, rows, dims)
