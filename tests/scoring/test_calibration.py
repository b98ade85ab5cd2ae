import numpy as np
import pytest
from scipy.special import log_softmax

from menan.scoring.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    scaled,
)


def drawn(sharpness: float, n: int = 20_000):
    """Labels drawn from posteriors, and these posteriors with logits ``sharpness`` times as big."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, 4))
    p = np.exp(log_softmax(logits, axis=-1))
    labels = (p.cumsum(axis=-1) < rng.random((n, 1))).sum(axis=-1)
    return labels, log_softmax(sharpness * logits, axis=-1)


def test_posteriors_that_labels_were_drawn_from_are_calibrated():
    labels, log_p = drawn(1.0)
    assert expected_calibration_error(labels, log_p) < 0.01
    assert fit_temperature(labels, log_p) == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize("sharpness", [0.5, 3.0])
def test_the_fitted_temperature_undoes_what_made_posteriors_too_sure(sharpness):
    labels, log_p = drawn(sharpness)
    temperature = fit_temperature(labels, log_p)
    assert temperature == pytest.approx(sharpness, rel=0.03)
    repaired = scaled(log_p, temperature)
    assert expected_calibration_error(labels, repaired) < 0.01
    assert expected_calibration_error(labels, log_p) > 0.05
    before, after = (negative_log_likelihood(labels, p) for p in (log_p, repaired))
    assert after < before


def test_ece_of_a_sure_and_wrong_answer_is_one():
    log_p = np.log(np.array([[1 - 3e-9, 1e-9, 1e-9, 1e-9]]))
    assert expected_calibration_error(np.array([1]), log_p) == pytest.approx(1.0, abs=1e-6)
    assert expected_calibration_error(np.array([0]), log_p) == pytest.approx(0.0, abs=1e-6)
