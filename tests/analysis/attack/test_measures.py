import numpy as np
import pytest

from menan.analysis.attack.measures import (
    bits,
    hits_at_one_percent,
    linkability,
    weighted_eer,
)
from menan.analysis.leakage.verification import equal_error_rate


def trials(targets=60, others=200, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    target = np.repeat([True, False], [targets, others])
    return np.round(rng.normal(size=len(target)) + shift * target, 1), target  # with ties


@pytest.mark.parametrize("shift", [-1.0, 0.0, 0.5, 3.0, 20.0])
def test_the_eer_with_equal_weights_is_that_of_menan_probe(shift):
    scores, target = trials(shift=shift)
    each = np.arange(len(scores))
    found = weighted_eer(scores, target, each, np.full((2, len(scores)), 3.0))
    assert found == pytest.approx(2 * [equal_error_rate(scores, target)])


def test_a_weight_counts_a_trial_as_often():
    scores, target = trials()
    weights = np.random.default_rng(1).integers(0, 4, size=(5, len(scores)))
    repeated = [equal_error_rate(np.repeat(scores, w), np.repeat(target, w)) for w in weights]
    found = weighted_eer(scores, target, np.arange(len(scores)), weights)
    assert found == pytest.approx(repeated)


@pytest.mark.parametrize("shift", [-1.0, 0.5, 3.0])
def test_the_eer_is_read_from_all_thresholds_to_the_bit(shift):
    """From the rates at every threshold, of which most are not computed."""
    scores, target = trials(400, 1500, shift)
    rng = np.random.default_rng(2)
    group = rng.integers(0, 7, size=len(scores)) + 7 * target
    weights = rng.integers(0, 3, size=(200, 14)).astype(float)
    weights[0, 7:] = 0
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = weighted_eer(scores, target, group, weights)
    assert np.isnan(found[0])
    for one, own in zip(found[1:], weights[1:, group[order]], strict=True):
        hits, false_alarms = (
            np.append(0, np.cumsum(own * chosen)[ends]) / (own * chosen).sum()
            for chosen in (target[order], ~target[order])
        )
        assert one == np.interp(0.0, false_alarms - (1 - hits), false_alarms)


def test_a_resample_without_target_trials_has_no_eer():
    scores, target = trials()
    assert np.isnan(weighted_eer(scores, target, np.arange(len(scores)), 1.0 * ~target[None]))


def test_hits_are_counted_where_one_percent_of_the_others_are_accepted():
    target = np.repeat([True, False], [4, 1000])
    scores = np.concatenate([[2000, 991, 990.5, 989], np.arange(1000.0)])
    # 10 of 1000 others score 990 or more, so the first three targets are accepted with them.
    assert hits_at_one_percent(scores, target) == 0.75
    assert hits_at_one_percent(scores[:-1], target[:-1]) is None


def test_linkability_is_0_for_equal_scores_and_1_for_separate_ones():
    scores, target = trials(4000, 4000, shift=0.0)
    assert linkability(scores, target) < 0.05
    scores, target = trials(4000, 4000, shift=1.5)
    assert 0.3 < linkability(scores, target) < 0.7
    scores, target = trials(4000, 4000, shift=50.0)
    assert linkability(scores, target) == pytest.approx(1)


def test_bits_of_scores_that_tell_all_or_nothing():
    speaker = np.tile(np.arange(8), 20)
    half = np.repeat([0, 1], 80)
    assert bits(50 * np.eye(8)[speaker], speaker, half) == pytest.approx(3, abs=0.01)
    noise = np.random.default_rng(0).normal(size=(160, 8))
    assert bits(noise, speaker, half) < 0.05
    # Posteriors that know the truth up to two speakers, and overstate it a hundredfold.
    two = np.where(np.arange(8) // 2 == speaker[:, None] // 2, 0.0, -900.0)
    assert bits(two, speaker, half) == pytest.approx(2, abs=0.01)
