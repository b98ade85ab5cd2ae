"""Recordings of several utterances, whose vectors are added up or averaged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recordings:
    """Recordings of one or more utterances each.

    utterances: int (..., most), positions among all utterances; -1 where a recording has fewer.
    count: int (...,), number of utterances.
    """

    utterances: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, positions: Sequence[np.ndarray], shape: tuple[int, ...]) -> "Recordings":
        """From the positions of the utterances of each recording, one after another.

        Args:
            positions: int (utterances,) of each recording.
            shape: shape of the recordings; one dimension may be -1.
        """
        count = np.array([len(own) for own in positions])
        utterances = np.full((len(count), count.max()), -1)
        utterances[np.arange(count.max()) < count[:, None]] = np.concatenate(positions)
        most, count = count.max(), count.reshape(shape)
        return cls(utterances.reshape(*count.shape, most), count)

    def __getitem__(self, part: slice) -> "Recordings":
        """Some recordings, by the first dimension."""
        return Recordings(self.utterances[part], self.count[part])

    def sums(self, x: np.ndarray) -> np.ndarray:
        """Sums over the utterances of each recording: (utterances, dims) to (..., dims)."""
        padded = np.concatenate([x, np.zeros((1, x.shape[1]))])  # the position -1
        total = padded[self.utterances[..., 0]]
        for place in range(1, self.utterances.shape[-1]):
            total += padded[self.utterances[..., place]]
        return total

    def means(self, x: np.ndarray) -> np.ndarray:
        """Means over the utterances of each recording: (utterances, dims) to (..., dims)."""
        return self.sums(x) / self.count[..., None]
