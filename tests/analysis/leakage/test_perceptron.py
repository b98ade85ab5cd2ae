"""Perceptrons side by side, held against scikit-learn's."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from menan.analysis.leakage.perceptron import fit_on_samples, fit_perceptrons


def lesson(utterances, dims, classes, spread, models=3):
    rng = np.random.default_rng(0)
    y = np.stack([rng.permutation(np.arange(utterances) % classes) for _ in range(models)])
    x = rng.normal(size=(models, utterances, dims)) + spread * rng.normal(size=(classes, dims))[y]
    return x, y, [rng.normal(size=(20 + model, dims)) for model in range(models)]


def scikit_learn(utterances, batch, seed, **settings):
    return MLPClassifier(
        (64,),
        alpha=1.0,
        batch_size=min(batch, utterances),
        learning_rate_init=3e-3,
        random_state=seed,
        **settings,
    )


@pytest.mark.parametrize(
    ("utterances", "dims", "classes", "spread"),
    [(150, 96, 22, 1.0), (70, 7, 2, 3.0), (64, 12, 5, 0.0), (41, 30, 3, 9.0), (200, 20, 3, 2.0)],
)
def test_perceptrons_are_those_of_scikit_learn_to_the_bit(utterances, dims, classes, spread):
    x, y, tests = lesson(utterances, dims, classes, spread)
    found = fit_perceptrons(x, y, tests, classes, 300, seed=5)
    epochs = set()
    for own, labels, test, p in zip(x, y, tests, found, strict=True):
        probe = scikit_learn(utterances, 64, 5, max_iter=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            probe.fit(own, labels)
        np.testing.assert_array_equal(p, probe.predict_proba(test))
        epochs.add(probe.n_iter_)
    if utterances == 200:
        # They end early, each at its time.
        assert max(epochs) < 300
        assert len(epochs) > 1


@pytest.mark.parametrize("classes", [2, 6])
def test_fresh_samples_are_learned_from_as_by_partial_fit_to_the_bit(classes):
    x, y, tests = lesson(90, 10, classes, 1.0, models=1)
    probe, rng = scikit_learn(90, 128, 7), np.random.default_rng(1)
    for _ in range(12):
        probe.partial_fit(x[0] + rng.normal(size=x[0].shape), y[0], classes=np.arange(classes))
    again = np.random.default_rng(1)

    def sample():
        return x[0] + again.normal(size=x[0].shape)

    found = fit_on_samples(sample, y[0], tests[0], classes, 12, 128, 7)
    np.testing.assert_array_equal(found, probe.predict_proba(tests[0]))
