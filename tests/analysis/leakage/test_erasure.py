import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from menan.analysis.leakage.erasure import fit_leace

SPEAKERS = 6


@pytest.fixture(params=["more utterances than dims", "fewer", "a constant and a repeated dim"])
def embeddings(request):
    """Embeddings whose mean depends on the speaker, and the speakers."""
    rng = np.random.default_rng(1)
    speaker = np.repeat(np.arange(SPEAKERS), 20)
    dims = 150 if request.param == "fewer" else 24
    x = rng.normal(size=(SPEAKERS, dims))[speaker] + rng.normal(size=(len(speaker), dims))
    if request.param.startswith("a constant"):
        x[:, 3], x[:, 7] = 5.0, x[:, 8]
    return x, speaker


def test_no_linear_covariance_with_the_speaker_is_left(embeddings):
    x, speaker = embeddings
    erased = fit_leace(x, speaker)(x)
    one_hot = speaker[:, None] == np.arange(SPEAKERS)
    before, after = (
        np.abs((y - y.mean(0)).T @ (one_hot - one_hot.mean(0)) / len(y)).max() for y in (x, erased)
    )
    assert before > 0.1
    assert after < 1e-8


def test_a_linear_probe_falls_to_chance_on_what_the_erasure_was_fitted_on(embeddings):
    x, speaker = embeddings
    erased = fit_leace(x, speaker)(x)
    assert LogisticRegression(C=1.0).fit(x, speaker).score(x, speaker) > 0.95
    probe = LogisticRegression(C=1.0).fit(erased, speaker)
    assert np.abs(probe.predict_proba(erased) - 1 / SPEAKERS).max() < 1e-3


def test_the_mean_and_what_does_not_covary_stay():
    rng = np.random.default_rng(0)
    speaker = np.repeat([0, 1], 50)
    noise = rng.normal(size=(100, 3))
    noise -= (speaker[:, None] - 0.5) * (noise[speaker == 1].mean(0) - noise[speaker == 0].mean(0))
    noise -= noise.mean(0)
    told = speaker - 0.5
    told = told[:, None] + 1e-3 * np.zeros((100, 1))
    x = np.concatenate([told, noise], axis=1) + 4.0
    erased = fit_leace(x, speaker)(x)
    np.testing.assert_allclose(erased.mean(0), x.mean(0), atol=1e-12)
    np.testing.assert_allclose(erased[:, 1:], x[:, 1:], atol=1e-12)
    np.testing.assert_allclose(erased[:, 0], 4.0, atol=1e-12)


def test_it_is_the_formula_with_the_inverse_root_of_the_covariance():
    rng = np.random.default_rng(2)
    speaker = np.repeat(np.arange(SPEAKERS), 50)
    x = rng.normal(size=(SPEAKERS, 8))[speaker] + rng.normal(size=(300, 8)) @ rng.normal(
        size=(8, 8)
    )
    z = (speaker[:, None] == np.arange(SPEAKERS)).astype(float)
    centred = x - x.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
    whiten = vectors / np.sqrt(values) @ vectors.T
    between = whiten @ (centred.T @ (z - z.mean(0)) / len(x))
    projection = between @ np.linalg.pinv(between, rcond=1e-9)
    expected = x - centred @ (np.linalg.inv(whiten) @ projection @ whiten).T
    np.testing.assert_allclose(fit_leace(x, speaker)(x), expected, atol=1e-8)
