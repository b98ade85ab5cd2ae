import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from menan.scoring.significance import holm, mcnemar_p, sign_flip_p


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=9))
def test_sign_flip_agrees_with_scipys_exact_permutation(differences):
    expected = permutation_test(
        (np.array(differences, dtype=float),),
        np.sum,
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    ).pvalue
    # scipy doubles the smaller tail; the distribution is symmetric, so ties at 0 alone differ.
    assert sign_flip_p(differences) == pytest.approx(min(1.0, expected))


def test_smallest_p_of_ten_speakers_is_two_in_1024():
    assert sign_flip_p([1.0] * 10) == 2 / 1024
    assert sign_flip_p([-0.3] * 10) == 2 / 1024


def test_no_difference_is_no_evidence():
    assert sign_flip_p([0.0, 0.0, 0.0]) == 1.0
    assert sign_flip_p([1.0, -1.0]) == 1.0


def test_many_speakers_are_still_exact():
    differences = np.random.default_rng(0).normal(0.5, 1.0, size=24)
    p = sign_flip_p(differences)
    signs = np.random.default_rng(1).choice([-1, 1], size=(200_000, 24))
    sampled = (np.abs(signs @ differences) >= abs(differences.sum())).mean()
    assert p == pytest.approx(sampled, abs=0.002)
    assert (p * 2**24) % 1 == 0


def test_holm_is_the_textbooks_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_plain_p_and_bonferronis(p_values):
    for plain, adjusted in zip(p_values, holm(p_values), strict=True):
        assert plain <= adjusted <= min(1.0, plain * len(p_values)) + 1e-12


def test_mcnemar_counts_the_discordant_answers_only():
    a = np.array([True] * 8 + [False] * 2 + [True] * 90)
    b = np.array([False] * 8 + [True] * 2 + [True] * 90)
    assert mcnemar_p(a, b) == pytest.approx(0.109375)  # binomial, 2 of 10
    assert mcnemar_p(a, a) == 1.0
