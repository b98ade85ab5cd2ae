"""The delivery of an utterance, before any sound."""

import numpy as np
import pytest

from menan.corpora.synthetic.prosody import PROSODY, deliver
from menan.corpora.synthetic.release import named_rng
from menan.labels import IEMOCAP_EMOTIONS


def test_every_emotion_has_a_prosody():
    assert set(PROSODY) == set(IEMOCAP_EMOTIONS)


@pytest.mark.parametrize("seconds", [0.5, 2.0, 30.0])
@pytest.mark.parametrize("emotion", IEMOCAP_EMOTIONS)
def test_syllables_follow_each_other_and_fill_the_utterance(emotion, seconds):
    for number in range(5):
        d = deliver(4.5, emotion, 1.0, seconds, named_rng(0, emotion, number))
        assert (d.starts < d.ends).all()
        assert (d.ends[:-1] <= d.starts[1:] + 1e-9).all()
        assert d.starts[0] == pytest.approx(0.05)
        assert d.ends[-1] == pytest.approx(seconds - 0.05)


def test_sad_speech_has_fewer_syllables_and_more_pauses_than_angry():
    syllables, pauses = {}, {}
    for emotion in ("ang", "sad"):
        drawn = [deliver(4.5, emotion, 1.0, 10.0, named_rng(0, emotion, n)) for n in range(10)]
        syllables[emotion] = np.mean([len(d.starts) for d in drawn])
        pauses[emotion] = np.mean([np.sum(d.starts[1:] - d.ends[:-1]) for d in drawn])
    assert syllables["sad"] < 0.9 * syllables["ang"]
    assert pauses["sad"] > pauses["ang"]


def test_a_reserved_speaker_departs_less_from_neutral():
    def mean_level(expression):
        return np.mean(
            [deliver(4.5, "ang", expression, 2.0, named_rng(0, n)).level for n in range(20)]
        )

    neutral = np.mean([deliver(4.5, "neu", 1.0, 2.0, named_rng(0, n)).level for n in range(20)])
    assert neutral < mean_level(0.5) < mean_level(1.3)
