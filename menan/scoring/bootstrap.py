"""Confidence intervals that respect speakers: a bootstrap over speakers, then their utterances.

Utterances of one speaker are not independent, so resampling utterances alone gives intervals that
are too narrow. Here a replicate draws speakers with replacement, utterances of each of them with
replacement (the same ones for every seed), and seeds, if there are several.

tests/scoring/test_bootstrap.py simulates how often such a 95 % interval contains the truth. Five
speakers who differ are too few (about 90 %), ten are nearly enough, 24 are enough. If speakers are
alike the intervals are too wide, because the variance of the utterances is drawn twice: with the
utterances, and with the speakers' means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SpeakerPredictions:
    """The predictions for the utterances of one test speaker.

    labels: int (utterances,), indices of classes.
    guesses: int (seeds, utterances).
    classes: number of classes.
    """

    speaker: str
    labels: np.ndarray
    guesses: np.ndarray
    classes: int


# Function of confusion counts (..., speakers, seeds, classes, classes); rows are the reference.
Statistic = Callable[[np.ndarray], np.ndarray]


def mean_wa(counts: np.ndarray) -> np.ndarray:
    """Mean over folds: WA of each speaker and seed, averaged."""
    right = np.trace(counts, axis1=-2, axis2=-1)
    return (right / counts.sum(axis=(-2, -1))).mean(axis=(-2, -1))


def mean_ua(counts: np.ndarray) -> np.ndarray:
    """Mean over folds: UA of each speaker and seed, averaged."""
    return _ua(counts).mean(axis=(-2, -1))


def pooled_wa(counts: np.ndarray) -> np.ndarray:
    """WA over all utterances of all speakers and seeds."""
    pooled = counts.sum(axis=(-4, -3))
    return np.trace(pooled, axis1=-2, axis2=-1) / pooled.sum(axis=(-2, -1))


def pooled_ua(counts: np.ndarray) -> np.ndarray:
    """UA over all utterances of all speakers and seeds."""
    return _ua(counts.sum(axis=(-4, -3)))


def confusion_counts(speakers: Sequence[SpeakerPredictions]) -> np.ndarray:
    """The observed counts, int (speakers, seeds, classes, classes)."""
    return np.stack([_counts(s, np.arange(len(s.labels))[None])[0] for s in speakers])


def resampled_counts(
    speakers: Sequence[SpeakerPredictions], resamples: int = 1000, seed: int = 0
) -> np.ndarray:
    """Confusion counts of bootstrap replicates, int (resamples, speakers, seeds, classes, classes).

    Args:
        speakers: with the same numbers of seeds and classes.
    """
    rng = np.random.default_rng(seed)
    seeds, classes = len(speakers[0].guesses), speakers[0].classes
    drawn = rng.integers(len(speakers), size=(resamples, len(speakers)))
    counts = np.empty((resamples, len(speakers), seeds, classes, classes), dtype=np.int64)
    for number, own in enumerate(speakers):
        places = drawn == number
        n = len(own.labels)
        counts[places] = _counts(own, rng.integers(n, size=(int(places.sum()), n)))
    if seeds > 1:
        seed_drawn = rng.integers(seeds, size=(resamples, seeds))
        counts = np.take_along_axis(counts, seed_drawn[:, None, :, None, None], axis=2)
    return counts


def percentile_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of bootstrap values."""
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _ua(counts: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur; a resample may lack one."""
    sizes = counts.sum(axis=-1)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    recall = right / np.maximum(sizes, 1)
    return recall.sum(axis=-1) / (sizes > 0).sum(axis=-1)


def _counts(own: SpeakerPredictions, utterances: np.ndarray) -> np.ndarray:
    """Confusion counts (draws, seeds, classes, classes) of drawn utterances, int (draws, n)."""
    draws, classes = len(utterances), own.classes
    counts = []
    for guesses in own.guesses:
        cell = (own.labels * classes + guesses)[utterances]
        cell += np.arange(draws)[:, None] * classes**2
        counts.append(np.bincount(cell.ravel(), minlength=draws * classes**2))
    return np.stack(counts).reshape(-1, draws, classes, classes).swapaxes(0, 1)
