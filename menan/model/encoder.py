"""The contract of the encoder socket: from features to the embedding v."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from menan.features.store import FrameStore


class Voices(Protocol):
    """The voices of the training speakers: each speaker at each speed."""

    def means(self) -> Tensor:
        """Mean normalised input of each voice, float64 (voices, rows, dims), on the CPU.

        The mean over each emotion is subtracted first.
        """

    def within(self, read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Moments of what is read from features, float64 on the CPU.

        Args:
            read: features (batch, rows, dims) to (batch, size).

        Returns:
            The mean (size,), and the covariance (size, size) between utterances of one voice and
            emotion.
        """


class Encoder(nn.Module, ABC):
    """ENC: features (batch, rows, dims) to v (batch, dims_out).

    An encoder is trained side by side with others if ``torch.func`` can stack it: no ``nn.GRU``, no
    ``nn.Dropout``, no buffer that training changes, no branch on the values of a tensor. Buffers
    must be persistent and hold float32 numbers, as model files do. Initial weights are those that
    ``__init__`` makes.

    Args:
        settings: the encoder's own.
        rows: rows of the longest input (:attr:`menan.front_ends.FrontEnd.rows`).
        dims: feature columns.

    is_repeated: whether inputs are repeated cyclically to one length (paper section 5, cycle repeat
        mode). Otherwise they are padded with zeros, and ``lengths`` says where they end.
    has_fixed_rows: whether every input has exactly ``rows`` rows and row k always means the same,
        such as layer k of a pretrained encoder. Each row is then normalised by itself.
    shortest_input: rows that the encoder needs. Shorter padded inputs are padded to it.
    dims_out: size of v, set by ``__init__``.
    dropout: probability with which a unit is dropped in training, set by ``__init__``.
    dropout_units: number of units per utterance that can be dropped, set by ``__init__``.

    The buffers ``mean`` and ``std``, (dims,) or (rows, dims), normalise the input; 0 and 1 leave it
    as it is.
    """

    is_repeated: ClassVar[bool] = False
    has_fixed_rows: ClassVar[bool] = False
    shortest_input: ClassVar[int] = 1
    dims_out: int
    dropout: float = 0.0
    dropout_units: int = 0
    mean: Tensor
    std: Tensor

    def __init__(self, settings: Any, rows: int, dims: int):
        super().__init__()
        self.settings = settings
        shape = (rows, dims) if self.has_fixed_rows else (dims,)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("std", torch.ones(shape))

    def forward(self, features: Tensor, lengths: Tensor, kept: Tensor | None = None) -> Tensor:
        """v of a batch.

        Args:
            features: (batch, rows, dims).
            lengths: int64 (batch,), rows of each utterance; the rest is padding, or a repetition.
            kept: what dropout leaves of each unit, (batch, dropout_units): 0, or
                1 / (1 - dropout); None outside training.
        """
        x = self.normalised(features)
        if self.is_padded():
            rows = torch.arange(x.shape[1], device=x.device)
            x = x.masked_fill((rows >= lengths[:, None])[:, :, None], 0.0)
        return self.encode(x, lengths, kept)

    def normalised(self, features: Tensor) -> Tensor:
        """Features (batch, rows, dims) with the mean 0 and the standard deviation 1."""
        return (features - self.mean) / self.std

    def prepare(self, voices: Voices) -> None:
        """Set buffers from the training utterances, once before training; nothing by default."""

    @classmethod
    def is_padded(cls) -> bool:
        """Whether inputs have different lengths and are padded with zeros."""
        return not (cls.is_repeated or cls.has_fixed_rows)

    @classmethod
    def read(cls, store: FrameStore, index: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """Features and lengths of some utterances, as the encoder takes them.

        Args:
            index: int64 (batch,), into the store.
            rows: length of a repeated or fixed input.
        """
        if cls.is_padded():
            return store.padded(index, cls.shortest_input)
        read = store.layers if cls.has_fixed_rows else store.gather
        return read(index, rows), torch.full_like(index, rows)

    @abstractmethod
    def encode(self, features: Tensor, lengths: Tensor, kept: Tensor | None) -> Tensor:
        """v (batch, dims_out) of normalised features, where padding is zero.

        Args:
            features: (batch, rows, dims).
            lengths: as :meth:`forward`.
            kept: as :meth:`forward`. An encoder without dropout ignores it.
        """
