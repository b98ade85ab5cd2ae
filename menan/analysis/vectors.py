"""Vectors of utterances as the rows of a matrix."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from menan.errors import InputError


def stack_vectors(
    utts: Sequence[str], vectors: Sequence[np.ndarray], path: Path, cure: str
) -> np.ndarray:
    """Vectors (dims,) of utterances as float64 (utterances, dims).

    Args:
        path: the file of the vectors, named in messages.
        cure: the command to run again, such as ``infer``.

    Raises:
        InputError: vectors that are not finite or of different length.
    """
    for utt, vector in zip(utts, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise InputError(
                f"{path}: {utt}: {len(vector)} values, but {utts[0]!r} has {len(vectors[0])}; "
                f"{cure} again"
            )
        if not np.isfinite(vector).all():
            raise InputError(f"{path}: {utt}: NaN or Inf in its values; {cure} again")
    return np.stack(vectors).astype(np.float64)
