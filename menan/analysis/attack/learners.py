"""Classifiers of an attacker: from releases of known speakers to log posteriors of the others."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

from menan.analysis.attack.attack_names import (
    IGNORANT,
    INFORMED,
    KNOWN,
)
from menan.analysis.attack.kernels import speaker_densities
from menan.analysis.attack.releases import Release
from menan.analysis.leakage.perceptron import fit_on_samples
from menan.randomness import derived_seed

# Inverse strengths of the L2 penalty; the least cross-entropy between two quarters decides.
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
DRAWS = 5  # of each utterance, for a learner that takes all of them at once
BATCH = 128  # of the MLP
# Epochs of the MLP by the number of utterances: EXAMPLES / utterances, within these bounds.
EXAMPLES, FEWEST_EPOCHS, MOST_EPOCHS = 30_000, 20, 100
NOISE_FACTOR = 2  # times as many epochs where each has noise of its own
MOST_DIMS = 16  # for densities of what is released without noise of a known law
# Widths of kernels, in variances within speakers; behind noise the noise alone may be enough.
WIDTHS, MORE_WIDTHS = (0.05, 0.15, 0.4, 1.0), (0.0, 0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Lesson:
    """What an attacker learns from, and what it is tested on.

    learn, test: int, rows of the release.
    speaker: int (utterances,), 0 to K - 1, for all rows of the release that are used.
    quarter: 0 or 1 (utterances,), by which the attacker chooses its penalty.
    """

    learn: np.ndarray
    test: np.ndarray
    speaker: np.ndarray
    quarter: np.ndarray

    @property
    def prior(self) -> np.ndarray:
        """Share of each speaker among the utterances learned from."""
        counts = np.bincount(self.speaker[self.learn])
        return counts / counts.sum()

    def less(self) -> "Lesson | None":
        """One quarter to learn from; None if a speaker would have fewer than two utterances."""
        learn = self.learn[self.quarter[self.learn] == 0]
        quarter = np.zeros_like(self.quarter)
        for speaker in np.unique(self.speaker[self.learn]):
            own = learn[self.speaker[learn] == speaker]
            if len(own) < 2:
                return None
            quarter[own[1::2]] = 1
        return Lesson(learn, self.test, self.speaker, quarter)


# A sample of what an attacker learns from: generator -> float64 (rows, dims).
Sample = Callable[[np.random.Generator], np.ndarray]


def attack(release: Release, level: str, lesson: Lesson, seed: int) -> dict[str, np.ndarray]:
    """Log posteriors, up to a constant, minus the log prior, by learner: float64 (tested, K)."""
    x = release.bare if level == KNOWN else release.released
    learned_from = release.bare if level in (IGNORANT, KNOWN) else release.released
    x_learn, x_test = learned_from[lesson.learn], x[lesson.test]
    speaker = lesson.speaker[lesson.learn]
    if release.fit_eraser is not None:
        erase = release.fit_eraser(x_learn, speaker)
        x_learn, x_test = erase(x_learn), erase(x_test)
    informed = level == INFORMED and release.draw is not None

    def sample(rng: np.random.Generator) -> np.ndarray:
        if informed and release.draw is not None:
            return release.draw(lesson.learn, rng)
        return x_learn

    rng = np.random.default_rng(derived_seed(seed, "attack", level))
    draws = np.concatenate([sample(rng) for _ in range(DRAWS if informed else 1)])
    scaler = StandardScaler().fit(draws)
    quarter = lesson.quarter[lesson.learn]
    known = scaler.transform(x_learn)
    found = {
        "linear": _linear(scaler.transform(draws), speaker, quarter, scaler.transform(x_test)),
        "MLP": _mlp(
            lambda: scaler.transform(sample(rng)) if informed else known,
            speaker,
            scaler.transform(x_test),
            NOISE_FACTOR if informed else 1,
            seed,
        ),
    }
    found = {name: log_p - np.log(lesson.prior) for name, log_p in found.items()}
    if informed:
        found["mixture"] = _mixture(release, lesson, rng)
    elif x_learn.shape[1] <= MOST_DIMS:
        none = np.zeros((known.shape[1], known.shape[1]))
        found["density"] = speaker_densities(
            known, known, speaker, quarter, scaler.transform(x_test), none, WIDTHS
        )
    return found


def _linear(
    x: np.ndarray, speaker: np.ndarray, quarter: np.ndarray, x_test: np.ndarray
) -> np.ndarray:
    """Logistic regression on all draws, each utterance's in one quarter."""
    draws = len(x) // len(speaker)
    speaker, quarter = np.tile(speaker, draws), np.tile(quarter, draws)
    halves = [(np.flatnonzero(quarter == q), np.flatnonzero(quarter != q)) for q in (0, 1)]
    probe = LogisticRegressionCV(Cs=PENALTIES, cv=halves, scoring="neg_log_loss", tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)  # of defaults that later versions change
        return probe.fit(x, speaker).predict_log_proba(x_test)


def _mlp(
    sample: Callable[[], np.ndarray],
    speaker: np.ndarray,
    x_test: np.ndarray,
    factor: int,
    seed: int,
) -> np.ndarray:
    """64 rectified units, trained by Adam; each epoch sees another sample."""
    epochs = factor * int(np.clip(EXAMPLES // len(speaker), FEWEST_EPOCHS, MOST_EPOCHS))
    classes, own_seed = int(speaker.max()) + 1, derived_seed(seed, "mlp") % 2**32
    p = fit_on_samples(sample, speaker, x_test, classes, epochs, BATCH, own_seed)
    return np.log(np.maximum(p, np.finfo(float).tiny))


def _mixture(release: Release, lesson: Lesson, rng: np.random.Generator) -> np.ndarray:
    """Kernels around the releases without noise, with the covariance of the noise.

    For Gaussian noise and a width of 0 this is the exact likelihood of a speaker who repeats one of
    the known utterances.
    """
    assert release.draw is not None
    rows, nearly_gaussian = lesson.learn, release.nearly_gaussian
    centres = nearly_gaussian(release.bare[rows])
    draws = [nearly_gaussian(release.draw(rows, rng)) for _ in range(DRAWS)]
    noise = np.concatenate(draws) - np.tile(centres, (DRAWS, 1))
    return speaker_densities(
        centres,
        draws[0],
        lesson.speaker[rows],
        lesson.quarter[rows],
        nearly_gaussian(release.released[lesson.test]),
        noise.T @ noise / len(noise),
        MORE_WIDTHS,
    )


def linear_guesses(
    release: Release,
    learn: np.ndarray,
    test: np.ndarray,
    classes: np.ndarray,
    speakers: np.ndarray,
    seed: int,
) -> np.ndarray:
    """What a linear probe of one draw says about a label, int (tested,).

    Args:
        learn, test: int, rows of the release.
        classes: int (utterances,), 0 to C - 1.
        speakers: (utterances,); each speaker's utterances are in one half of the penalty's choice.
    """
    x_learn, x_test = release.released[learn], release.released[test]
    if release.fit_eraser is not None:
        erase = release.fit_eraser(x_learn, np.unique(speakers[learn], return_inverse=True)[1])
        x_learn, x_test = erase(x_learn), erase(x_test)
    scaler = StandardScaler().fit(x_learn)
    order = np.random.default_rng(seed).permutation(np.unique(speakers[learn]))
    part = np.isin(speakers[learn], order[: len(order) // 2]).astype(int)
    log_p = _linear(scaler.transform(x_learn), classes[learn], part, scaler.transform(x_test))
    return log_p.argmax(axis=1)
