import numpy as np

from menan.analysis.leakage.summary import RESAMPLES, accuracy_interval, resampled_weights


def weights_of(speaker):
    return resampled_weights(np.array(speaker), np.random.default_rng(0))


def test_a_drawn_speaker_brings_as_many_utterances_as_it_has():
    weights = weights_of(["a"] * 3 + ["b"] * 5)
    of_a, of_b = weights[:, :3].sum(axis=1), weights[:, 3:].sum(axis=1)
    assert weights.shape == (RESAMPLES, 8)
    assert set(of_a.tolist()) == {0, 3, 6}
    np.testing.assert_array_equal(of_a / 3 + of_b / 5, 2)


def test_the_interval_is_that_of_speakers_not_of_utterances():
    """Speakers who are always or never right: a thousand utterances know no more than ten."""
    for each in (10, 100):
        speaker = np.repeat(np.arange(20), each)
        right = (speaker % 2 == 0)[:, None]
        low, high = accuracy_interval(weights_of(speaker), right, np.ones_like(right))
        assert 0.2 < low < 0.4
        assert 0.6 < high < 0.8


def test_utterances_vary_within_a_speaker_too():
    right = (np.arange(100) % 2 == 0)[:, None]
    speaker = np.repeat([0, 1], 50)
    low, high = accuracy_interval(weights_of(speaker), right, np.ones_like(right))
    assert 0.35 < low < 0.45
    assert 0.55 < high < 0.65


def test_networks_have_equal_weights_whatever_their_numbers_of_speakers():
    """One network is asked of nine speakers and always right, one of one and always wrong."""
    speaker = np.repeat(np.arange(10), 5)
    asked = np.stack([speaker < 9, speaker == 9], axis=1)
    right = asked & np.array([True, False])
    low, high = accuracy_interval(weights_of(speaker), right, asked)
    # Where the tenth speaker is not drawn, the first network is left alone.
    assert (low, high) == (0.5, 1.0)
