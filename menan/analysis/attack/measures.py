"""Measures of speaker identification and verification."""

import math

import numpy as np
from scipy.optimize import minimize_scalar

FEWEST_FOR_ONE_PERCENT = 1000  # pairs of different speakers, to state a rate at 1 % false alarms


def weighted_eer(
    scores: np.ndarray, target: np.ndarray, group: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Equal error rates of weighted trials, one for each row of weights.

    The rate at which misses and false alarms are equally frequent, linear between thresholds; as
    :func:`menan.analysis.leakage.verification.equal_error_rate` where all weights are 1.

    Args:
        scores: (trials,); higher for pairs that seem to be of one speaker.
        target: bool (trials,), True where both are by one speaker.
        group: int (trials,), 0 to G - 1; trials of a group, such as those of the same two speakers,
            have one weight.
        weights: (resamples, G), whole numbers, not negative.

    Returns:
        float64 (resamples,); NaN where no target or no other trial has a weight.
    """
    order = np.argsort(-scores, kind="stable")
    group, target = group[order], target[order]
    # How many trials each threshold accepts; trials with equal scores are accepted together.
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) + 1
    # Rates at about the square root of all thresholds tell between which two of these the EER lies.
    every = math.isqrt(len(ends))
    coarse = np.unique(np.append(ends[every - 1 :: every], ends[-1]))
    block = np.searchsorted(coarse, np.arange(len(order)), side="right")
    cells = (block * weights.shape[1] + group) * 2 + target
    size = (len(coarse), weights.shape[1], 2)
    counts = np.bincount(cells, minlength=math.prod(size)).reshape(size).cumsum(axis=0)
    accepted = [weights @ counts[:, :, kind].T for kind in (1, 0)]  # targets and others
    known = (accepted[0][:, -1] > 0) & (accepted[1][:, -1] > 0)
    eer = np.full(len(weights), np.nan)
    crossing = np.zeros(len(weights), dtype=int)
    crossing[known] = (_gap(*(one[known] / one[known, -1:] for one in accepted)) <= 0).sum(axis=1)
    for place in np.unique(crossing[known]):
        rows = np.flatnonzero(known & (crossing == place))
        first = int(coarse[place - 1]) if place else 0
        inner = slice(first, int(coarse[place]))
        thresholds = ends[(ends > first) & (ends <= coarse[place])] - first
        own = weights[np.ix_(rows, group[inner])]
        rates = []
        for one, chosen in zip(accepted, (target[inner], ~target[inner]), strict=True):
            before = one[rows, place - 1, None] if place else np.zeros((len(rows), 1))
            added = np.cumsum(own * chosen, axis=1)[:, thresholds - 1]
            rates.append(np.hstack([before, before + added]) / one[rows, -1:])
        eer[rows] = _crossed(*rates)
    return eer


def _gap(hits: np.ndarray, false_alarms: np.ndarray) -> np.ndarray:
    """From -1 to 1; it never decreases from threshold to threshold."""
    return false_alarms - (1 - hits)


def _crossed(hits: np.ndarray, false_alarms: np.ndarray) -> np.ndarray:
    """False alarms where the gap is 0, from rates (resamples, thresholds) on either side of it."""
    gap = _gap(hits, false_alarms)
    rows, low = np.arange(len(gap)), (gap <= 0).sum(axis=1) - 1
    (gap_low, gap_high), (low_rate, high_rate) = (
        (one[rows, low], one[rows, low + 1]) for one in (gap, false_alarms)
    )
    return (high_rate - low_rate) / (gap_high - gap_low) * -gap_low + low_rate


def hits_at_one_percent(scores: np.ndarray, target: np.ndarray) -> float | None:
    """Rate of target trials that are accepted where 1 % of the others are.

    None with fewer than :data:`FEWEST_FOR_ONE_PERCENT` others, or no target trial.
    """
    if (~target).sum() < FEWEST_FOR_ONE_PERCENT or not target.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits, false_alarms = (
        np.append(0, np.cumsum(chosen[order])[ends] / chosen.sum()) for chosen in (target, ~target)
    )
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
