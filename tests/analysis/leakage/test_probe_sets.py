from collections import Counter

import numpy as np
import pytest

from menan.analysis.leakage.splits import MOST_SPEAKERS, control_labels, halves, probe_set
from menan.datadir.metadata import Metadata
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS


def labels_of(counts: dict[str, tuple[int, ...]], genders: str = "fm") -> Metadata:
    """Speakers with so many utterances of each emotion, their genders in turn."""
    utts = {
        f"{speaker}-{emotion}{n}": (speaker, (emotion,))
        for speaker, of_speaker in counts.items()
        for emotion, count in zip(IEMOCAP_EMOTIONS, of_speaker, strict=True)
        for n in range(count)
    }
    return Metadata(
        utt2spk={utt: speaker for utt, (speaker, _) in utts.items()},
        utt2emo={utt: emotions for utt, (_, emotions) in utts.items()},
        spk2group={},
        spk2gender={name: genders[i % len(genders)] for i, name in enumerate(counts)},
        utt2uniq={utt: utt for utt in utts},
        corpus="made up",
        emotions=IEMOCAP_EMOTIONS,
    )


def set_of(counts, genders="fm", seed=0):
    labels = labels_of(counts, genders)
    return probe_set(labels, list(labels.utt2spk), list(counts), "here", seed)


FOUR = {"a": (5, 4, 7, 2), "b": (6, 6, 6, 6), "c": (1, 1, 1, 1), "d": (9, 0, 0, 9)}


def test_halves_share_speakers_and_emotions_evenly():
    of = set_of(FOUR)
    by_speaker = Counter(zip(of.speaker.tolist(), of.half.tolist(), strict=True))
    by_emotion = Counter(zip(of.speaker.tolist(), of.emotions, of.half.tolist(), strict=True))
    for speaker in range(4):
        assert abs(by_speaker[speaker, 0] - by_speaker[speaker, 1]) <= 1
        for emotion in IEMOCAP_EMOTIONS:
            assert abs(by_emotion[speaker, emotion, 0] - by_emotion[speaker, emotion, 1]) <= 1


def test_every_speaker_is_in_all_quarters():
    of = set_of(FOUR)
    quarters = set(zip(of.speaker.tolist(), of.half.tolist(), of.quarter.tolist(), strict=True))
    assert len(quarters) == 4 * 4


def test_halves_depend_on_ids_and_seed_not_on_the_order():
    ids = [f"u{i}" for i in range(40)]
    same = ["x"] * 40
    half = dict(zip(ids, halves(ids, same, same, 0).tolist(), strict=True))
    backwards = dict(zip(ids[::-1], halves(ids[::-1], same, same, 0).tolist(), strict=True))
    assert half == backwards
    assert list(half.values()) != halves(ids, same, same, 1).tolist()


def test_control_labels_do_not_depend_on_the_speaker():
    utts = [f"{speaker}-{n}" for speaker in "abcdefgh" for n in range(200)]
    speaker = np.repeat(np.arange(8), 200)
    half = np.tile([0, 1], 800)
    control = control_labels(utts, half, 8, 0)
    counts = np.zeros((8, 8))
    np.add.at(counts, (speaker, control), 1)
    # Chi-squared of 49 degrees of freedom: 85 is the 99.9th percentile.
    assert ((counts - 25) ** 2 / 25).sum() < 85
    assert np.bincount(control[half == 0]).tolist() == [100] * 8
    np.testing.assert_array_equal(control, control_labels(utts, half, 8, 0))
    assert (control != control_labels(utts, half, 8, 1)).any()


def test_the_floor_is_the_entropy_of_the_speaker_given_the_emotion():
    facts = set_of({"a": (8, 0, 0, 0), "b": (8, 0, 0, 0), "c": (0, 0, 16, 0)}).facts()
    assert facts.floor_nats == pytest.approx(0.5 * np.log(2))
    assert facts.uniform_nats == pytest.approx(np.log(3))
    assert facts.chance == pytest.approx(1 / 3)
    assert facts.majority == pytest.approx(0.5)


def test_no_speaker_is_on_both_sides_of_the_gender_probe():
    of = set_of(dict.fromkeys("abcdefg", (4, 4, 4, 4)))
    sides = set(zip(of.speaker.tolist(), of.gender_half.tolist(), strict=True))
    assert len(sides) == 7
    for side in (0, 1):
        assert set(of.gender[of.gender_half == side].tolist()) == {0, 1}


@pytest.mark.parametrize(("speakers", "genders"), [("ab", "fm"), ("abcde", "fmmmm"), ("abcd", "f")])
def test_gender_needs_two_speakers_of_either(speakers, genders):
    assert set_of(dict.fromkeys(speakers, (2, 2, 2, 2)), genders).gender is None


def test_speakers_of_few_utterances_are_left_out_and_counted():
    of = set_of(FOUR | {"e": (1, 1, 1, 0)})
    assert of.speakers == tuple("abcd")
    assert of.facts().left_out == 3


def test_a_hundred_of_very_many_speakers_are_drawn():
    counts = {f"s{i:03d}": (1, 1, 1, 1) for i in range(MOST_SPEAKERS + 20)}
    of = set_of(counts)
    assert len(of.speakers) == MOST_SPEAKERS
    assert of.left_out == 20 * 4
    assert set(of.speakers) != set(set_of(counts, seed=1).speakers)


def test_one_speaker_alone_is_refused():
    with pytest.raises(InputError, match=r"^here: 1 speaker\(s\) with 4 utterances or more"):
        set_of({"a": (4, 4, 4, 4), "b": (1, 0, 0, 0)})
