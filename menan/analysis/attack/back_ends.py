"""Back-ends that compare recordings: from means of utterances to the scores of pairs."""

from collections.abc import Callable

import numpy as np
from sklearn.covariance import ledoit_wolf

# Scores (..., m, n) of pairs from means of some utterances: (enrolled (..., m, dims), number of
# utterances of each (..., m), tested (..., n, dims), their numbers (..., n)).
BackEnd = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def fit_back_ends(x: np.ndarray, speaker: np.ndarray) -> dict[str, BackEnd]:
    """Cosine, cosine after LDA, and PLDA, from utterances of speakers whom the attacker knows.

    The within-speaker covariance shrinks by Ledoit and Wolf (2004). PLDA has two covariances
    (Brümmer and de Villiers, Odyssey 2010); a mean of n utterances has 1 / n of the second one.

    Args:
        x: (utterances, dims).
        speaker: int (utterances,), 0 to K - 1.
    """
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = (x - mean) / scale
    counts = np.bincount(speaker)
    centres = np.stack([x[speaker == one].mean(axis=0) for one in range(len(counts))])
    within, _ = ledoit_wolf(x - centres[speaker], assume_centered=True)
    within = within + 1e-6 * np.eye(len(within))
    # Centres of few utterances vary by themselves; what remains is between speakers.
    between = np.cov(centres.T, bias=True).reshape(within.shape) - within * (1 / counts).mean()
    # The directions of LDA: within becomes I, between becomes diagonal.
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    strength, rotation = np.linalg.eigh(whiten.T @ between @ whiten)
    kept = strength > 1e-6
    project, strength = whiten @ rotation[:, kept], strength[kept]

    def standardised(y: np.ndarray) -> np.ndarray:
        return (y - mean) / scale

    back_ends: dict[str, BackEnd] = {
        "cosine": lambda a, n_a, b, n_b: _cosine(standardised(a), standardised(b))
    }
    if kept.any():
        back_ends["LDA"] = lambda a, n_a, b, n_b: _cosine(
            standardised(a) @ project, standardised(b) @ project
        )
        back_ends["PLDA"] = lambda a, n_a, b, n_b: _plda(
            standardised(a) @ project, n_a, standardised(b) @ project, n_b, strength
        )
    return back_ends


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    tiny = np.finfo(float).tiny
    a = a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), tiny)
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), tiny)
    return a @ np.swapaxes(b, -1, -2)


def _plda(
    a: np.ndarray, n_a: np.ndarray, b: np.ndarray, n_b: np.ndarray, strength: np.ndarray
) -> np.ndarray:
    """Log likelihood ratio of one speaker against two, where within is I and between diagonal."""
    var_a = (strength + 1 / n_a[..., None])[..., :, None, :]  # (..., m, 1, dims)
    var_b = (strength + 1 / n_b[..., None])[..., None, :, :]
    a, b = a[..., :, None, :], b[..., None, :, :]
    determinant = var_a * var_b - strength**2
    joint = (var_b * a**2 - 2 * strength * a * b + var_a * b**2) / determinant
    apart = a**2 / var_a + b**2 / var_b
    logs = np.log(determinant) - np.log(var_a * var_b)
    return -0.5 * (joint - apart + logs).sum(axis=-1)
