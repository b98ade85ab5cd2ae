"""Confidence intervals of a probe's accuracy: a bootstrap over speakers, then their utterances."""

import numpy as np

from menan.scoring.bootstrap import percentile_interval

RESAMPLES = 1000


def resampled_weights(speaker: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How often each utterance is drawn, float32 (resamples, utterances).

    As many speakers as there are, with replacement, and as many utterances of each drawn one as
    are theirs, with replacement.

    Args:
        speaker: (utterances,), of any type.
    """
    speaker = np.unique(speaker, return_inverse=True)[1]
    of_speaker = np.bincount(speaker)
    speakers = len(of_speaker)
    times = rng.multinomial(speakers, np.full(speakers, 1 / speakers), size=RESAMPLES)
    weights = np.empty((RESAMPLES, len(speaker)), dtype=np.float32)
    for number, n in enumerate(of_speaker):
        weights[:, speaker == number] = rng.multinomial(times[:, number] * n, np.full(n, 1 / n))
    return weights


def accuracy_interval(
    weights: np.ndarray, right: np.ndarray, asked: np.ndarray
) -> tuple[float, float]:
    """95 % of the mean over networks of their accuracies.

    Args:
        weights: of :func:`resampled_weights`, for the utterances of all networks together.
        right: bool (utterances, networks), whether the probe of a network was right.
        asked: bool (utterances, networks), whether it was asked; else ``right`` is False.
    """
    total = weights @ asked.astype(np.float32)
    # A resample may lack every speaker of a network: its mean is over the others.
    accuracy = np.divide(
        weights @ right.astype(np.float32), total, out=np.full_like(total, np.nan), where=total > 0
    )
    return percentile_interval(np.nanmean(accuracy, axis=1))
