"""WA and UA as the paper defines them (section 6), on arrays of class indices."""

import numpy as np

from menan.labels import EMOTIONS


def recalls(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """Recall of each emotion; NaN where no utterance has it.

    Args:
        labels: int (utterances,), indices into EMOTIONS.
        guesses: int (..., utterances); leading axes are kept, as for the epochs of a training.

    Returns:
        float (..., 4).
    """
    right = guesses == labels
    columns = [
        right[..., labels == emotion].mean(axis=-1)
        if (labels == emotion).any()
        else np.full(right.shape[:-1], np.nan)
        for emotion in range(len(EMOTIONS))
    ]
    return np.stack(columns, axis=-1)


def weighted_accuracy(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """WA: the part of the utterances that is classified correctly, float (...)."""
    return (guesses == labels).mean(axis=-1)


def unweighted_accuracy(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """UA: the mean recall of the emotions that occur, float (...).

    >>> unweighted_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 2]))
    np.float64(0.5)
    """
    return np.nanmean(recalls(labels, guesses), axis=-1)


def confusion_matrix(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """Counts, int (4, 4): rows are the reference, columns the hypothesis."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), dtype=np.int64)
    np.add.at(counts, (labels, guesses), 1)
    return counts
