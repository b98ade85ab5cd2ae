"""Measures of speaker identification and verification."""

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_curve

FEWEST_FOR_ONE_PERCENT = 1000  # pairs of different speakers, to state a rate at 1 % false alarms


def weighted_eer(scores: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Equal error rates of weighted trials, one for each row of weights.

    The rate at which misses and false alarms are equally frequent, linear between thresholds; as
    :func:`menan.analysis.leakage.verification.equal_error_rate` where all weights are 1.

    Args:
        scores: (trials,); higher for pairs that seem to be of one speaker.
        target: bool (trials,), True where both are by one speaker.
        weights: (resamples, trials), not negative.

    Returns:
        float64 (resamples,); NaN where no target or no other trial has a weight.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # equal scores together
    weights, is_target = weights[:, order], target[order]
    rates = []
    for chosen in (is_target, ~is_target):
        total = np.cumsum(weights * chosen, axis=1, dtype=np.float64)[:, ends]
        total = np.concatenate([np.zeros((len(total), 1)), total], axis=1)
        with np.errstate(invalid="ignore"):
            rates.append(total / total[:, -1:])
    hits, false_alarms = rates
    gap = false_alarms - (1 - hits)  # from -1 to 1, never decreasing
    eer = np.full(len(weights), np.nan)
    for row in np.flatnonzero(np.isfinite(gap).all(axis=1)):
        eer[row] = np.interp(0.0, gap[row], false_alarms[row])
    return eer


def hits_at_one_percent(scores: np.ndarray, target: np.ndarray) -> float | None:
    """Rate of target trials that are accepted where 1 % of the others are.

    None with fewer than :data:`FEWEST_FOR_ONE_PERCENT` others, or no target trial.
    """
    if (~target).sum() < FEWEST_FOR_ONE_PERCENT or not target.any():
        return None
    false_alarms, hits, _ = roc_curve(target, scores, drop_intermediate=False)
    return float(hits[np.searchsorted(false_alarms, 0.01, side="right") - 1])


def linkability(scores: np.ndarray, target: np.ndarray) -> float:
    """D_sys of Gomez-Barrero et al. (IEEE TIFS 2018), with equal priors: 0 unlinkable, 1 linkable.

    Densities are estimated by histograms with one bin for every ten target trials, at most 100.
    """
    bins = int(np.clip(target.sum() // 10, 2, 100))
    edges = np.histogram_bin_edges(scores, bins)
    same, other = (
        np.histogram(scores[chosen], edges)[0] / max(chosen.sum(), 1)
        for chosen in (target, ~target)
    )
    local = np.divide(same - other, same + other, out=np.zeros(bins), where=same + other > 0)
    return float((np.maximum(local, 0) * same).sum())


def bits(scores: np.ndarray, speaker: np.ndarray, half: np.ndarray) -> float:
    """Information about the speaker, log2 K minus the cross-entropy; at least 0.

    The scores are scaled by one factor, fitted on the other half, because log posteriors that were
    added are overconfident where the utterances are not independent.

    Args:
        scores: log posteriors up to a constant, (sessions, K).
        speaker: int (sessions,).
        half: 0 or 1 (sessions,).
    """

    def nats(log_scale: float, own: np.ndarray) -> float:
        scaled = np.exp(log_scale) * scores[own]
        truth = scaled[np.arange(len(scaled)), speaker[own]]
        return float((np.logaddexp.reduce(scaled, axis=1) - truth).mean())

    total = 0.0
    for part in (0, 1):
        other, own = half != part, half == part
        fitted = minimize_scalar(nats, bounds=(-12, 2), args=(other,), method="bounded")
        total += nats(float(fitted.x), own) * own.mean()
    return max(0.0, float((np.log(scores.shape[1]) - total) / np.log(2)))
