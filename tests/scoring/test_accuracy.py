import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    recall_score,
)

from menan.scoring import accuracy

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(pairs)
def test_wa_ua_recall_and_confusion_are_scikit_learns(labels_and_guesses):
    labels, guesses = (np.array(column) for column in zip(*labels_and_guesses, strict=True))
    assert accuracy.weighted_accuracy(labels, guesses) == pytest.approx(
        accuracy_score(labels, guesses)
    )
    present = sorted(set(labels))
    expected = recall_score(labels, guesses, labels=present, average=None, zero_division=0)
    np.testing.assert_allclose(accuracy.recalls(labels, guesses, 4)[present], expected)
    assert accuracy.unweighted_accuracy(labels, guesses) == pytest.approx(expected.mean())
    if set(guesses) <= set(labels) and len(present) > 1:  # else scikit-learn warns
        assert accuracy.unweighted_accuracy(labels, guesses) == pytest.approx(
            balanced_accuracy_score(labels, guesses)
        )
    np.testing.assert_array_equal(
        accuracy.confusion_matrix(labels, guesses, 4),
        confusion_matrix(labels, guesses, labels=range(4)),
    )


@given(pairs)
def test_epochs_are_scored_at_once_as_one_by_one(labels_and_guesses):
    labels, guesses = (np.array(column) for column in zip(*labels_and_guesses, strict=True))
    epochs = np.stack([guesses, labels, np.roll(guesses, 1)])
    for measure in (accuracy.weighted_accuracy, accuracy.unweighted_accuracy):
        np.testing.assert_allclose(measure(labels, epochs), [measure(labels, e) for e in epochs])


def test_ua_weighs_classes_alike_and_wa_utterances():
    labels, guesses = np.array([2] * 9 + [3]), np.array([2] * 10)
    assert accuracy.weighted_accuracy(labels, guesses) == pytest.approx(0.9)
    assert accuracy.unweighted_accuracy(labels, guesses) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_macro_f1_is_scikit_learns_over_the_classes_that_occur(pairs):
    labels, guesses = np.array(pairs).T
    found = accuracy.macro_f1(accuracy.confusion_matrix(labels, guesses, 4))
    wanted = f1_score(labels, guesses, labels=np.unique(labels), average="macro", zero_division=0)
    assert found == pytest.approx(wanted)
