"""What an attacker may hold of some utterances: the forms in which they could be released."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from menan.analysis.attack.attack_names import (
    FRESH,
)
from menan.analysis.leakage.erasure import fit_leace

# Draws another release of the chosen rows: (rows, generator) -> float64 (rows, dims).
Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Transform = Callable[[np.ndarray], np.ndarray]
# Fits a transformation that removes a class: (x (n, dims), classes (n,)) -> transformation.
FitEraser = Callable[[np.ndarray, np.ndarray], Transform]


@dataclass(frozen=True)
class Release:
    """One form of release, for all utterances of an attack.

    released: float64 (utterances, dims), what everybody gets.
    bare: the same without noise; ``released`` itself where nothing is random.
    draw: makes further releases of the same utterances; None where nothing is random.
    nearly_gaussian: to coordinates in which the noise is Gaussian, or nearly so.
    fit_eraser: fits an erasure of the speaker, which is applied before the release; None for none.
    levels: the attackers who differ; without noise there is nothing to be informed about.
    """

    released: np.ndarray
    bare: np.ndarray
    draw: Draw | None = None
    nearly_gaussian: Transform = lambda x: x
    fit_eraser: FitEraser | None = None
    levels: tuple[str, ...] = (FRESH,)

    @classmethod
    def of(cls, x: np.ndarray, fit_eraser: FitEraser | None = None) -> "Release":
        """A release without noise, float64 (utterances, dims)."""
        return cls(x, x, fit_eraser=fit_eraser)


def fit_linear_erasure(x: np.ndarray, classes: np.ndarray) -> Transform:
    """LEACE after standardising (:mod:`menan.analysis.leakage.erasure`)."""
    standardise = standardiser(x)
    eraser = fit_leace(standardise(x), classes)
    return lambda new: eraser(standardise(new))


def standardiser(x: np.ndarray) -> Transform:
    """Subtracts the mean of x and divides by its standard deviation; constants become 0."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return lambda new: (new - mean) / scale
