"""What a model says of a recording or of a part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from menan.errors import require


@dataclass(frozen=True)
class Prediction:
    """The emotion of a window, or of a recording as the mean of its windows.

    path: the file; ``-`` for a stream, ``samples`` for an array.
    start, end: seconds; of a recording, from its first window that is not silent to its last.
    posteriors: by emotion, in the order of the model's label set.
    embedding: z, float32 (dims,).
    warnings: what is odd about the recording, each with its cure.
    """

    path: str
    start: float
    end: float
    posteriors: dict[str, float]
    embedding: np.ndarray
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The most likely emotion."""
        return max(self.posteriors, key=self.posteriors.__getitem__)

    def to_json(self, embedding: bool = False) -> dict[str, Any]:
        """JSON values.

        Args:
            embedding: with the embedding too.
        """
        content = {
            "path": self.path,
            "start": self.start,
            "end": self.end,
            "label": self.label,
            "posteriors": self.posteriors,
            "warnings": list(self.warnings),
        }
        return content | ({"embedding": self.embedding.tolist()} if embedding else {})


def mean_prediction(windows: Sequence[Prediction]) -> Prediction:
    """The mean posteriors and embedding of a recording's windows; a single one is returned as is.

    Raises:
        InputError: no window.
    """
    require(bool(windows), "no window to average; give a recording")
    first, last = windows[0], windows[-1]
    if len(windows) == 1:
        return first
    posteriors = {
        emotion: float(np.mean([one.posteriors[emotion] for one in windows]))
        for emotion in first.posteriors
    }
    embedding = np.stack([one.embedding for one in windows]).mean(axis=0, dtype=np.float64)
    return Prediction(
        first.path,
        first.start,
        last.end,
        posteriors,
        embedding.astype(np.float32),
        first.warnings,
    )
