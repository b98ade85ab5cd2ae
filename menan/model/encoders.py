"""The encoder socket: from features to the embedding v."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from menan.errors import InputError
from menan.features.store import FrameStore
from menan.settings import EncoderSettings, Table1Settings


class Encoder(nn.Module, ABC):
    """ENC: features (batch, rows, dims) to v (batch, dims_out).

    An encoder is trained side by side with others if ``torch.func`` can stack it: no ``nn.GRU``, no
    buffer that training changes, no branch on the values of a tensor. Buffers must be persistent
    and hold float32 numbers, as model files do. Initial weights are those that ``__init__`` makes.

    Args:
        settings: the encoder's own.
        dims: feature columns.

    is_repeated: whether inputs are repeated cyclically to one length (paper section 5, cycle repeat
        mode). Otherwise they are padded with zeros, and ``lengths`` says where they end.
    shortest_input: rows that the encoder needs. Shorter padded inputs are padded to it.
    dims_out: size of v, set by ``__init__``.

    The buffers ``mean`` and ``std`` (dims,) normalise the input; 0 and 1 leave it as it is.
    """

    is_repeated: ClassVar[bool] = False
    shortest_input: ClassVar[int] = 1
    dims_out: int
    mean: Tensor
    std: Tensor

    def __init__(self, settings: Any, dims: int):
        super().__init__()
        self.settings = settings
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("std", torch.ones(dims))

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """v of a batch.

        Args:
            features: (batch, rows, dims).
            lengths: int64 (batch,), rows of each utterance; the rest is padding, or a repetition.
        """
        x = (features - self.mean) / self.std
        if not self.is_repeated:
            rows = torch.arange(x.shape[1], device=x.device)
            x = x.masked_fill((rows >= lengths[:, None])[:, :, None], 0.0)
        return self.encode(x, lengths)

    @classmethod
    def read(cls, store: FrameStore, index: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """Features and lengths of some utterances, as the encoder takes them.

        Args:
            index: int64 (batch,), into the store.
            rows: length of a repeated input.
        """
        if cls.is_repeated:
            return store.gather(index, rows), torch.full_like(index, rows)
        return store.padded(index, cls.shortest_input)

    @abstractmethod
    def encode(self, features: Tensor, lengths: Tensor) -> Tensor:
        """v (batch, dims_out) of normalised features, where padding is zero.

        Args:
            features: (batch, rows, dims).
            lengths: as :meth:`forward`.
        """


class Table1Encoder(Encoder):
    """The paper's encoder: two convolutions, a GRU, a linear layer and statistics pooling."""

    is_repeated = True
    shortest_input = 10 + 2 * (5 - 1)  # the two convolutions make one frame of these

    def __init__(self, settings: Table1Settings, dims: int):
        super().__init__(settings, dims)
        self.dims_out = 3 * 32  # mean, standard deviation and maximum of 32 channels
        self.conv = nn.Sequential(
            nn.Conv1d(dims, 32, kernel_size=10, stride=2),
            nn.PReLU(),
            nn.Conv1d(32, 32, kernel_size=5, stride=2),
            nn.PReLU(),
        )
        self.gru = nn.GRU(32, 32, batch_first=True)
        self.linear = nn.Sequential(nn.Linear(32, 32), nn.PReLU())

    def encode(self, features: Tensor, lengths: Tensor) -> Tensor:
        x = self.conv(features.transpose(1, 2))  # (batch, 32, time / 4)
        x, _ = self.gru(x.transpose(1, 2))  # (batch, time / 4, 32)
        return statistics_pooling(self.linear(x))


def statistics_pooling(x: Tensor) -> Tensor:
    """(batch, time, channels) to (batch, 3 * channels): mean, standard deviation, maximum.

    The deviation is biased, with 1e-5 inside the root, so that a constant channel has a gradient.
    """
    std = torch.sqrt(x.var(dim=1, correction=0) + 1e-5)
    return torch.cat([x.mean(dim=1), std, x.amax(dim=1)], dim=1)


ENCODERS: dict[type[EncoderSettings], type[Encoder]] = {Table1Settings: Table1Encoder}


def add_encoder(settings: type[EncoderSettings], encoder: type[Encoder]) -> None:
    """Add an encoder to the table, from a plugin.

    Raises:
        InputError: the name is taken.
    """
    EncoderSettings.add(settings)
    ENCODERS[settings] = encoder


def make_encoder(settings: EncoderSettings, dims: int) -> Encoder:
    """The encoder with these settings, for features of ``dims`` columns."""
    if type(settings) not in ENCODERS:
        raise InputError(f"the encoder {settings.name!r} has no class; call add_encoder with it")
    return ENCODERS[type(settings)](settings, dims)
