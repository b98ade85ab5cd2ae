"""Speaker verification by cosine: the equal error rate of pairs of utterances."""

import numpy as np
from sklearn.metrics import roc_curve


def cosine_trials(
    x: np.ndarray, speaker: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different utterances: all of them, or ``most`` random ones if there are more.

    Args:
        x: (utterances, dims), two utterances at least.
        speaker: int (utterances,).

    Returns:
        float (pairs,), the cosines; bool (pairs,), whether both are by one speaker.
    """
    n = len(x)
    if n * (n - 1) // 2 <= most:
        first, second = np.triu_indices(n, 1)
    else:
        first = rng.integers(n, size=most)
        second = (first + rng.integers(1, n, size=most)) % n
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    unit = x / np.maximum(norm, np.finfo(x.dtype).tiny)
    return np.einsum("ij,ij->i", unit[first], unit[second]), speaker[first] == speaker[second]


def equal_error_rate(scores: np.ndarray, target: np.ndarray) -> float | None:
    """The rate at which false alarms and misses are equally frequent, linear between thresholds.

    0 if every target pair scores higher than any other, 0.5 if the scores are uninformative.

    Args:
        scores: float (pairs,).
        target: bool (pairs,), True where both are by one speaker.

    Returns:
        None if there are no target pairs, or no others.
    """
    if target.all() or not target.any():
        return None
    false_alarms, hits, _ = roc_curve(target, scores, drop_intermediate=False)
    misses = 1 - hits
    return float(np.interp(0.0, false_alarms - misses, false_alarms))
