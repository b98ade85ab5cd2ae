"""Significance tests between two systems, with the speaker as the unit."""

from collections.abc import Sequence

import numpy as np


def sign_flip_p(differences: Sequence[float]) -> float:
    """Exact two-sided sign-flip permutation test of paired differences, one per speaker.

    Under the null hypothesis both signs of a difference are equally likely. All 2^n assignments of
    signs are counted: the sums over each half of the speakers are listed, and one list is sorted so
    that all pairs can be counted at once. With 10 speakers the smallest p is 2/1024.

    >>> sign_flip_p([1.0, 2.0, 3.0])
    0.25

    Args:
        differences: at most 40.
    """
    values = np.asarray(differences, dtype=np.float64)
    assert 0 < len(values) <= 40, len(values)
    halves = np.array_split(values, 2)
    first, second = (_signed_sums(half) for half in halves)
    second = np.sort(second)
    # Sums that differ by rounding only are ties.
    observed = abs(values.sum()) - 1e-9 * max(1.0, float(np.abs(values).sum()))
    above = len(second) - np.searchsorted(second, observed - first, side="left")
    below = np.searchsorted(second, -observed - first, side="right")
    return min(1.0, float((above + below).sum() / 2.0 ** len(values)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment for several comparisons, in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def mcnemar_p(right_a: np.ndarray, right_b: np.ndarray) -> float:
    """Exact McNemar test of the correct predictions of two systems, bool (utterances,) each.

    It assumes independent utterances, which those of one speaker are not: a secondary figure.
    """
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    if only_a + only_b == 0:
        return 1.0
    from scipy.stats import binomtest  # takes half a second to import

    return float(binomtest(only_a, only_a + only_b).pvalue)


def _signed_sums(values: np.ndarray) -> np.ndarray:
    """The sums of all 2^n assignments of signs."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums
