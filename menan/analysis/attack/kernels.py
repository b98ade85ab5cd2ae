"""Speakers as sums of Gaussian kernels around what is known of their utterances."""

from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax, logsumexp

RIDGE = 0.02  # of the mean within-speaker variance, added to that of each direction
LEAST_VARIANCE = 1e-9
MOST_DISTANCES = 1_000_000  # computed at once


def speaker_densities(
    centres: np.ndarray,
    released: np.ndarray,
    speaker: np.ndarray,
    quarter: np.ndarray,
    x: np.ndarray,
    noise: np.ndarray,
    widths: Sequence[float],
) -> np.ndarray:
    """Log densities of x for each speaker, up to a constant of the row: float64 (n, K).

    Each known utterance is the centre of a Gaussian with covariance N + h W: N is that of the
    noise, W that of utterances within speakers. The width h says how far from the known utterances
    a speaker's others lie; the least cross-entropy between two quarters chooses it.

    Args:
        centres: float64 (utterances, dims), the known utterances without noise.
        released: the same with noise, if there is any.
        speaker: int (utterances,), 0 to K - 1.
        quarter: 0 or 1 (utterances,).
        x: float64 (n, dims), what is attacked.
        noise: covariance of the noise (dims, dims).
        widths: values of h to choose from.
    """
    losses = np.zeros(len(widths))
    for number in (0, 1):
        learn, test = np.flatnonzero(quarter == number), np.flatnonzero(quarter != number)
        for place, width in enumerate(widths):
            found = _densities(centres[learn], speaker[learn], released[test], noise, width)
            losses[place] -= log_softmax(found, axis=1)[np.arange(len(test)), speaker[test]].sum()
    return _densities(centres, speaker, x, noise, widths[int(np.argmin(losses))])


def _densities(
    centres: np.ndarray, speaker: np.ndarray, x: np.ndarray, noise: np.ndarray, width: float
) -> np.ndarray:
    scale = _whitening(noise + width * _within(centres, speaker))
    centres, x = centres @ scale, x @ scale
    known = (centres**2).sum(axis=1)
    blocks = np.array_split(x, -(-len(x) * len(centres) // MOST_DISTANCES))
    return np.concatenate([_added(block @ centres.T - known / 2, speaker) for block in blocks])


def _added(log_kernels: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    """Log means over each speaker's kernels: (n, utterances) to (n, K)."""
    each = [log_kernels[:, speaker == one] for one in range(int(speaker.max()) + 1)]
    return np.stack([logsumexp(own, axis=1) - np.log(own.shape[1]) for own in each], axis=1)


def _within(x: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    """Covariance within speakers, with a ridge that keeps it invertible."""
    means = np.stack([x[speaker == one].mean(axis=0) for one in range(int(speaker.max()) + 1)])
    rest = x - means[speaker]
    covariance = rest.T @ rest / len(x)
    return covariance + RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))


def _whitening(covariance: np.ndarray) -> np.ndarray:
    """A matrix that makes this the covariance of standard normal rows, from the right."""
    variances, directions = np.linalg.eigh(covariance)
    return directions / np.sqrt(np.maximum(variances, LEAST_VARIANCE))
