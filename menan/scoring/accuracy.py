"""WA and UA as the paper defines them (section 6), and macro F1, on arrays of class indices."""

import numpy as np


def recalls(labels: np.ndarray, guesses: np.ndarray, classes: int) -> np.ndarray:
    """Recall of each class; NaN where no utterance has it.

    Args:
        labels: int (utterances,), indices of classes.
        guesses: int (..., utterances); leading axes are kept, as for the epochs of a training.

    Returns:
        float (..., classes).
    """
    right = guesses == labels
    columns = [
        right[..., labels == index].mean(axis=-1)
        if (labels == index).any()
        else np.full(right.shape[:-1], np.nan)
        for index in range(classes)
    ]
    return np.stack(columns, axis=-1)


def weighted_accuracy(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """WA: the share of utterances that are classified correctly, float (...)."""
    return (guesses == labels).mean(axis=-1)


def unweighted_accuracy(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """UA: the mean recall of the classes that occur, float (...).

    >>> unweighted_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 2]))
    np.float64(0.5)
    """
    return np.nanmean(recalls(labels, guesses, int(labels.max(initial=0)) + 1), axis=-1)


def macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 of the classes that occur, from counts (classes, classes); rows are the reference.

    A class that occurs and is never predicted has the F1 0.

    >>> macro_f1(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    0.7333333333333334
    """
    totals = confusion.sum(axis=1)
    f1 = 2 * confusion.diagonal() / np.maximum(totals + confusion.sum(axis=0), 1)
    return float(f1[totals > 0].mean())


def confusion_matrix(labels: np.ndarray, guesses: np.ndarray, classes: int) -> np.ndarray:
    """Counts, int (classes, classes): rows are the reference, columns the hypothesis."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, guesses), 1)
    return counts
