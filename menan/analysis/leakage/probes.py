"""Probes: fresh classifiers that read the speaker from a frozen embedding.

Elazar and Goldberg, EMNLP 2018: an adversary at chance shows nothing, a classifier that learns
on the finished embedding may still find what the adversary lost. A probe learns on one half of
the utterances and is tested on the other, and the other way round, so that every utterance is
classified once, by a probe that has not heard it.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from menan.analysis.leakage.erasure import fit_leace
from menan.analysis.leakage.perceptron import fit_perceptrons
from menan.analysis.leakage.result import PROBES
from menan.randomness import derived_seed

# Inverse strengths of the L2 penalty; the probe takes the best one between two quarters.
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
NEIGHBOURS = 5
EPOCHS = 100  # of the MLP
LEAST_PROBABILITY = 1e-6  # a prediction costs 13.8 nats at most


Probe: TypeAlias = LogisticRegression | KNeighborsClassifier


@dataclass(frozen=True)
class View:
    """Embeddings for a probe that learns on one half and is tested on the other.

    learn, test: bool (utterances,).
    x_learn, x_test: float64 (utterances of the half, dims), standardised by the learning half.
    """

    learn: np.ndarray
    test: np.ndarray
    x_learn: np.ndarray
    x_test: np.ndarray


@dataclass(frozen=True)
class ProbePredictions:
    """The predictions of the probes of one kind.

    right: bool (utterances,).
    cross_entropy: mean, in nats. The entropy of the speaker given the embedding is at most this;
        an overconfident probe exceeds even ln K. None where a probe gives no
        probabilities.
    control: accuracy in the control task.
    """

    right: np.ndarray
    cross_entropy: float | None
    control: float


def views(x: np.ndarray, half: np.ndarray, erased: np.ndarray | None = None) -> list[View]:
    """The views of both halves.

    Args:
        x: (utterances, dims).
        half: 0 or 1 (utterances,).
        erased: int (utterances,), a class to erase by LEACE, fitted on the learning half.
            Erasure comes after standardising: the other way round would blow up rounding errors
            where nothing is left.
    """
    both = []
    for part in (0, 1):
        learn, test = half == part, half != part
        scaler = StandardScaler().fit(x[learn])
        x_learn, x_test = scaler.transform(x[learn]), scaler.transform(x[test])
        if erased is not None:
            eraser = fit_leace(x_learn, erased[learn])
            x_learn, x_test = eraser(x_learn), eraser(x_test)
        both.append(View(learn, test, x_learn, x_test))
    return both


def predictions(
    views: list[View], labels: np.ndarray, control: np.ndarray, quarter: np.ndarray, seed: int
) -> dict[str, ProbePredictions]:
    """The predictions of all probes, by the names of :data:`PROBES`.

    The probe of the control task is the same, chosen penalty included. No utterance is in both
    halves, so that control labels can only be guessed: the control is the accuracy that such a
    probe reaches when there is nothing to find, and selectivity is the rest.

    Args:
        views: result of :func:`views`.
        labels: int (utterances,), 0 to K - 1.
        control: int (utterances,), labels of the control task, of K classes too.
        quarter: 0 or 1 (utterances,), a split of each half, by which the penalty is chosen.
    """
    classes = int(labels.max()) + 1
    truth = {name: np.empty(len(labels)) for name in PROBES}
    guesses = {name: np.empty(len(labels), dtype=np.int64) for name in PROBES}
    controls = {name: np.empty(len(labels), dtype=bool) for name in PROBES}
    of_mlp = mlp_posteriors(views, (labels, control), seed)
    for view, mlp in zip(views, of_mlp, strict=True):
        makers: dict[str, Callable[[], Probe]] = {
            "linear": linear_probe(view, labels, quarter),
            "knn": partial(knn_probe, len(view.x_learn)),
        }
        found = {"mlp": mlp} | {
            name: [_posteriors(make(), view, y, classes) for y in (labels, control)]
            for name, make in makers.items()
        }
        for name, (posteriors, random) in found.items():
            truth[name][view.test] = posteriors[np.arange(len(posteriors)), labels[view.test]]
            guesses[name][view.test] = posteriors.argmax(axis=1)
            controls[name][view.test] = random.argmax(axis=1) == control[view.test]
    return {
        name: ProbePredictions(
            right=guesses[name] == labels,
            cross_entropy=None if name == "knn" else _cross_entropy(truth[name]),
            control=float(controls[name].mean()),
        )
        for name in PROBES
    }


def linear_accuracy(views: list[View], labels: np.ndarray, quarter: np.ndarray) -> float:
    """Accuracy of the linear probe alone, without a control task."""
    right = np.empty(len(labels), dtype=bool)
    for view in views:
        probe = linear_probe(view, labels, quarter)()
        guesses = _posteriors(probe, view, labels, int(labels.max()) + 1).argmax(axis=1)
        right[view.test] = guesses == labels[view.test]
    return float(right.mean())


def linear_probe(
    view: View, labels: np.ndarray, quarter: np.ndarray
) -> Callable[[], LogisticRegression]:
    """Logistic regression; its L2 penalty has the least cross-entropy between the quarters."""
    labels, quarter = labels[view.learn], quarter[view.learn]
    inner = [
        View(quarter == q, quarter != q, view.x_learn[quarter == q], view.x_learn[quarter != q])
        for q in (0, 1)
    ]

    def loss(penalty: float) -> float:
        truth = [
            _posteriors(_logistic(penalty), part, labels, int(labels.max()) + 1)[
                np.arange(int(part.test.sum())), labels[part.test]
            ]
            for part in inner
        ]
        return _cross_entropy(np.concatenate(truth))

    best = min(PENALTIES, key=loss)
    return partial(_logistic, best)


def mlp_posteriors(
    views: Sequence[View], labellings: Sequence[np.ndarray], seed: int
) -> list[list[np.ndarray]]:
    """Posteriors for the tested half of each view, by an MLP for each labelling.

    Two layers: 64 rectified units, then the classes; at most :data:`EPOCHS` epochs of Adam. The
    MLPs that learn on equally many utterances are trained side by side.

    Args:
        labellings: int (utterances,), each with the same K classes.
        seed: seed of the initial weights and of the order of the utterances.
    """
    classes, seed = int(labellings[0].max()) + 1, derived_seed(seed, "mlp") % 2**32
    found: list[list[np.ndarray]] = [[] for _ in views]
    for size in {len(view.x_learn) for view in views}:
        places = [place for place, view in enumerate(views) if len(view.x_learn) == size]
        jobs = [(place, views[place], y) for place in places for y in labellings]
        posteriors = fit_perceptrons(
            np.stack([view.x_learn for _, view, _ in jobs]),
            np.stack([y[view.learn] for _, view, y in jobs]),
            [view.x_test for _, view, _ in jobs],
            classes,
            EPOCHS,
            seed,
        )
        for (place, _, _), own in zip(jobs, posteriors, strict=True):
            found[place].append(own)
    return found


def knn_probe(utterances: int) -> KNeighborsClassifier:
    """The five nearest by Euclidean distance, weighted by closeness."""
    return KNeighborsClassifier(min(NEIGHBOURS, utterances), weights="distance")


def _logistic(penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, max_iter=1000)


def _posteriors(probe: Probe, view: View, labels: np.ndarray, classes: int) -> np.ndarray:
    """Posteriors of a probe that learned on one half, for the other: float64 (n, classes)."""
    with warnings.catch_warnings():
        # Many speakers with few utterances each are classes nevertheless.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        probe.fit(view.x_learn, labels[view.learn])
    posteriors = np.zeros((len(view.x_test), classes))
    posteriors[:, probe.classes_] = probe.predict_proba(view.x_test)
    return posteriors


def _cross_entropy(truth: np.ndarray) -> float:
    return float(-np.log(np.maximum(truth, LEAST_PROBABILITY)).mean())
