"""Calibration of posteriors: NLL and ECE, before and after temperature scaling."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

BINS = 15  # Guo et al. 2017


def negative_log_likelihood(labels: np.ndarray, log_posteriors: np.ndarray) -> float:
    """Mean NLL in nats; labels int (n,), log_posteriors (n, classes)."""
    return float(-log_posteriors[np.arange(len(labels)), labels].mean(dtype=np.float64))


def expected_calibration_error(labels: np.ndarray, log_posteriors: np.ndarray) -> float:
    """ECE (Guo et al. 2017, eq. 5): mean distance of confidence and accuracy over 15 bins."""
    confidence = np.exp(log_posteriors.max(axis=-1))
    right = log_posteriors.argmax(axis=-1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def fit_temperature(labels: np.ndarray, log_posteriors: np.ndarray) -> float:
    """The temperature, between 0.05 and 20, with the lowest NLL; above 1 it softens posteriors."""
    fitted = minimize_scalar(
        lambda log_t: negative_log_likelihood(labels, scaled(log_posteriors, np.exp(log_t))),
        bounds=(np.log(0.05), np.log(20.0)),
        method="bounded",
    )
    return float(np.exp(fitted.x))


def scaled(log_posteriors: np.ndarray, temperature: float) -> np.ndarray:
    """Log posteriors at a temperature, (n, classes)."""
    return log_softmax(log_posteriors.astype(np.float64) / temperature, axis=-1)
