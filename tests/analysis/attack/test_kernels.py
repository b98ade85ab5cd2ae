"""Gaussian kernels on data whose best width is known."""

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import multivariate_normal

from menan.analysis.attack.kernels import speaker_densities

SPEAKERS, EACH, DIMS = 4, 200, 2


def ring(spread, seed):
    """Utterances around eight points of each speaker, shifted from speaker to speaker."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(SPEAKERS), EACH)
    angle = 2 * np.pi * (rng.integers(8, size=len(speaker)) + speaker / SPEAKERS) / 8
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + spread * rng.normal(size=points.shape), speaker


def densities(x, speaker, tested, widths, noise=None):
    noise = np.zeros((DIMS, DIMS)) if noise is None else noise
    quarter = np.arange(len(x)) % 2
    return speaker_densities(x, x, speaker, quarter, tested, noise, widths)


@pytest.mark.parametrize(("spread", "best"), [(0.01, 0.001), (0.4, 1.0)])
def test_the_width_is_the_one_that_names_the_other_quarter_best(spread, best):
    x, speaker = ring(spread, 0)
    tested, truth = ring(spread, 1)
    chosen = densities(x, speaker, tested, (0.001, 1.0))
    assert np.array_equal(chosen, densities(x, speaker, tested, (best,)))
    if spread < 0.1:
        assert (chosen.argmax(axis=1) == truth).mean() > 0.95
        assert (densities(x, speaker, tested, (1.0,)).argmax(axis=1) == truth).mean() < 0.5


def test_of_a_width_of_0_only_the_noise_is_left():
    x, speaker = ring(0.1, 0)
    noise = np.diag([0.5, 2.0])
    tested = ring(0.1, 1)[0][::40]
    found = densities(x, speaker, tested, (0.0,), noise)
    normal = multivariate_normal(np.zeros(2), noise)
    wanted = [
        [np.log(normal.pdf(one - x[speaker == s]).mean()) for s in range(SPEAKERS)]
        for one in tested
    ]
    assert log_softmax(found, axis=1) == pytest.approx(log_softmax(wanted, axis=1))


def test_directions_without_variance_do_no_harm():
    x, speaker = ring(0.01, 0)
    flat = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    quarter, none = np.arange(len(x)) % 2, np.zeros((3, 3))
    found = speaker_densities(flat, flat, speaker, quarter, flat, none, (0.01,))
    assert (found.argmax(axis=1) == speaker).mean() > 0.95
    constant = speaker_densities(0 * flat, 0 * flat, speaker, quarter, flat, none, (0.01,))
    assert np.isfinite(constant).all()
    assert np.ptp(constant, axis=1).max() == pytest.approx(0)


def test_many_utterances_are_compared_in_blocks(monkeypatch):
    x, speaker = ring(0.1, 0)
    whole = densities(x, speaker, x, (0.1,))
    monkeypatch.setattr("menan.analysis.attack.kernels.MOST_DISTANCES", 1000)
    assert densities(x, speaker, x, (0.1,)) == pytest.approx(whole)
