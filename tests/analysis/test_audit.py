"""Score, probe and attack on arrays: the figures of the commands on files."""

import numpy as np
import pytest

import menan
from menan.analysis.attack.attack_system import attack_given
from menan.analysis.leakage.probe_given import write_given_leakage
from menan.errors import InputError
from tests.analysis.attack.hasty import hasten
from tests.analysis.leakage.given_example import GENDERS, UTTS, emotion, speaker, vectors

LABELS = {
    "speaker": list(map(speaker, UTTS)),
    "emotion": list(map(emotion, UTTS)),
    "gender": [GENDERS[speaker(utt)] for utt in UTTS],
}


@pytest.fixture
def file(tmp_path):
    """The arrays in a file, in another order."""
    order = np.random.default_rng(1).permutation(len(UTTS))
    arrays = {name: np.array(values)[order] for name, values in LABELS.items()}
    np.savez(tmp_path / "v.npz", ids=np.array(UTTS)[order], x=vectors()[order], **arrays)
    return tmp_path / "v.npz"


@pytest.mark.usefixtures("quick_probes")
def test_arrays_are_probed_like_a_file_and_nothing_is_written(file, monkeypatch):
    of_file = write_given_leakage(file, None, None, file.with_suffix(".json"))
    monkeypatch.chdir(file.parent)
    before = sorted(file.parent.iterdir())
    speakers, emotions, genders = LABELS.values()
    found = menan.probe(vectors().astype(float), speakers, emotions, genders=genders, ids=UTTS)
    assert found.sets == of_file.sets
    assert sorted(file.parent.iterdir()) == before
    alone = menan.probe(vectors().tolist(), np.array(speakers))
    assert alone.sets["all"].utterances == len(UTTS)
    assert alone.sets["all"].floor_nats is None


def test_arrays_are_attacked_like_a_file(file, monkeypatch):
    hasten(monkeypatch)
    of_file = attack_given(file, file.with_suffix(".json"), None)
    speakers, emotions, genders = LABELS.values()
    found = menan.attack(vectors(), speakers, emotions, genders=genders, ids=UTTS)
    assert (found.closed, found.open_set) == (of_file.closed, of_file.open_set)


def test_arrays_that_do_not_fit_are_refused():
    speakers = LABELS["speaker"]
    with pytest.raises(InputError, match=r"'speaker': expected 24 words, .* shape \(23,\)"):
        menan.probe(vectors(), speakers[:-1])
    with pytest.raises(InputError, match=r"expected numbers \(utterances, dims\)"):
        menan.probe(vectors()[0], speakers)
    with pytest.raises(InputError, match="expected two speakers or more"):
        menan.attack(vectors(), ["ann"] * len(UTTS))
    with pytest.raises(InputError, match="has another gender or group here"):
        menan.probe(vectors(), speakers, genders=["f", *["m"] * (len(UTTS) - 1)])


def test_lists_are_scored_by_speaker():
    report = menan.score(
        ["sad", "ang", "sad", "-", "ang,sad"], ["sad", "ang", "ang", "sad", "sad"], list("aabbb")
    )
    assert (report.whole.ua, report.whole.wa) == (0.75, 0.75)
    assert report.whole.utterances == 4
    assert report.unlabelled == 1
    assert report.speakers["a"].wa == 1
    assert tuple(report.emotions) == ("ang", "hap", "neu", "sad")
    assert tuple(menan.score(["b", "a"], ["a", "a"]).emotions) == ("a", "b")


def test_lists_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"sequences of one length, found \[1, 2\]"):
        menan.score(["a"], ["a", "b"])
    with pytest.raises(InputError, match=r"hypotheses\[1\]: unknown emotion 'c'"):
        menan.score(["a", "b"], ["a", "c"], emotions=["a", "b"])
    with pytest.raises(InputError, match=r"hypotheses\[0\]: expected one emotion, found 'a,b'"):
        menan.score(["a", "b"], ["a,b", "a"])
