"""Vectors of recordings of several utterances."""

import numpy as np

from menan.analysis.attack.recordings import Recordings


def test_recordings_are_added_up_as_their_utterances_to_the_bit():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 33))
    positions = [rng.permutation(40)[: rng.integers(1, 25)] for _ in range(6)]
    recordings = Recordings.of(positions, (-1, 3))
    assert recordings.count.shape == (2, 3)
    for number, own in enumerate(positions):
        place = divmod(number, 3)
        np.testing.assert_array_equal(recordings.sums(x)[place], x[own].sum(axis=0))
        np.testing.assert_array_equal(recordings.means(x)[place], x[own].mean(axis=0))
    np.testing.assert_array_equal(recordings[1:].means(x), recordings.means(x)[1:])
