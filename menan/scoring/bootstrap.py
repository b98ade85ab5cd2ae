"""Confidence intervals that respect speakers: a bootstrap over speakers, then their utterances.

Utterances of one speaker are not independent, so resampling utterances alone gives intervals that
are too narrow. Here a replicate draws speakers with replacement, for each of them utterances with
replacement (the same ones for every seed), and, where there are several seeds, seeds.

How often such a 95 % interval holds the truth is simulated in tests/scoring/test_bootstrap.py. Five
speakers who differ are too few (about 90 %), ten nearly enough, 24 enough. Where speakers are alike
the intervals are too wide, as the utterances' variance is drawn twice: with them and with the
speakers whose means carry it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from menan.labels import EMOTIONS

CLASSES = len(EMOTIONS)


@dataclass(frozen=True)
class SpeakerAnswers:
    """What was said of one test speaker's utterances.

    labels: int (utterances,), indices into EMOTIONS.
    guesses: int (seeds, utterances).
    """

    speaker: str
    labels: np.ndarray
    guesses: np.ndarray


# Of confusion counts (..., speakers, seeds, 4, 4), rows reference, columns hypothesis.
Statistic = Callable[[np.ndarray], np.ndarray]


def mean_wa(counts: np.ndarray) -> np.ndarray:
    """WA of each speaker and seed, averaged: the mean over folds."""
    right = np.trace(counts, axis1=-2, axis2=-1)
    return (right / counts.sum(axis=(-2, -1))).mean(axis=(-2, -1))


def mean_ua(counts: np.ndarray) -> np.ndarray:
    """UA of each speaker and seed, averaged: the mean over folds."""
    return _ua(counts).mean(axis=(-2, -1))


def pooled_wa(counts: np.ndarray) -> np.ndarray:
    """WA over all utterances of all speakers and seeds."""
    pooled = counts.sum(axis=(-4, -3))
    return np.trace(pooled, axis1=-2, axis2=-1) / pooled.sum(axis=(-2, -1))


def pooled_ua(counts: np.ndarray) -> np.ndarray:
    """UA over all utterances of all speakers and seeds."""
    return _ua(counts.sum(axis=(-4, -3)))


def confusion_counts(answers: Sequence[SpeakerAnswers]) -> np.ndarray:
    """The counts as observed, int (speakers, seeds, 4, 4)."""
    return np.stack([_counts(a, np.arange(len(a.labels))[None])[0] for a in answers])


def resampled_counts(
    answers: Sequence[SpeakerAnswers], resamples: int = 1000, seed: int = 0
) -> np.ndarray:
    """Confusion counts of bootstrap replicates, int (resamples, speakers, seeds, 4, 4)."""
    rng = np.random.default_rng(seed)
    speakers, seeds = len(answers), len(answers[0].guesses)
    drawn = rng.integers(speakers, size=(resamples, speakers))
    counts = np.empty((resamples, speakers, seeds, CLASSES, CLASSES), dtype=np.int64)
    for number, answer in enumerate(answers):
        places = drawn == number
        n = len(answer.labels)
        counts[places] = _counts(answer, rng.integers(n, size=(int(places.sum()), n)))
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
    of_class = counts.sum(axis=-1)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    recall = right / np.maximum(of_class, 1)
    return recall.sum(axis=-1) / (of_class > 0).sum(axis=-1)


def _counts(answer: SpeakerAnswers, utterances: np.ndarray) -> np.ndarray:
    """Confusion counts (draws, seeds, 4, 4) of drawn utterances, int (draws, n)."""
    draws = len(utterances)
    counts = []
    for guesses in answer.guesses:
        cell = (answer.labels * CLASSES + guesses)[utterances]
        cell += np.arange(draws)[:, None] * CLASSES**2
        counts.append(np.bincount(cell.ravel(), minlength=draws * CLASSES**2))
    return np.stack(counts).reshape(-1, draws, CLASSES, CLASSES).swapaxes(0, 1)
