import numpy as np
import pytest

from menan.analysis.leakage.verification import cosine_trials, equal_error_rate

RNG = np.random.default_rng


def test_perfect_scores_have_no_errors():
    assert equal_error_rate(np.array([0.9, 0.8, 0.1, 0.2]), np.array([1, 1, 0, 0], bool)) == 0.0


def test_scores_the_wrong_way_round_are_always_wrong():
    assert equal_error_rate(np.array([0.1, 0.2, 0.9]), np.array([1, 1, 0], bool)) == 1.0


def test_scores_that_tell_nothing_are_wrong_half_the_time():
    rng = RNG(0)
    scores, target = rng.normal(size=20_000), rng.random(20_000) < 0.1
    assert equal_error_rate(scores, target) == pytest.approx(0.5, abs=0.02)
    assert equal_error_rate(np.ones(20_000), target) == pytest.approx(0.5)


def test_equal_error_rate_lies_between_thresholds():
    # At 0.5 one of 4 targets is missed and one of 2 others accepted; above it, at 0.6, still one
    # target is missed but no other accepted: the line between crosses at 1/4.
    scores = np.array([0.9, 0.8, 0.7, 0.1, 0.5, 0.0])
    target = np.array([1, 1, 1, 1, 0, 0], bool)
    assert equal_error_rate(scores, target) == pytest.approx(0.25)


@pytest.mark.parametrize("target", [[True, True], [False, False]])
def test_pairs_of_one_kind_have_no_error_rate(target):
    assert equal_error_rate(np.array([0.1, 0.2]), np.array(target)) is None


def test_all_pairs_are_tried_once_if_they_are_few():
    x = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, -1.0]])
    scores, target = cosine_trials(x, np.array([0, 0, 1, 1]), 6, RNG(0))
    np.testing.assert_allclose(scores, [1, 0, 0, 0, 0, -1])
    assert target.tolist() == [True, False, False, False, False, True]


def test_of_many_pairs_some_are_drawn_never_an_utterance_with_itself():
    x = np.eye(50)
    scores, target = cosine_trials(x, np.arange(50), 1000, RNG(0))
    assert len(scores) == 1000
    assert scores.max() == 0.0
    assert not target.any()
    again, _ = cosine_trials(x, np.arange(50), 1000, RNG(0))
    np.testing.assert_array_equal(scores, again)


def test_an_embedding_of_nothing_has_the_cosine_zero():
    scores, _ = cosine_trials(np.zeros((3, 4)), np.arange(3), 10, RNG(0))
    assert scores.tolist() == [0.0, 0.0, 0.0]
