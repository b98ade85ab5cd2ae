import numpy as np
import pytest
from scipy.stats import multivariate_normal

from menan.analysis.attack import open_set
from menan.analysis.attack.attack_names import (
    FRESH,
)
from menan.analysis.attack.measures import weighted_eer
from menan.analysis.attack.open_set import Unseen, attack_open_set, fit_back_ends
from menan.analysis.attack.releases import Release

DIMS = 4


def speech(speakers, each, spread=1.0, seed=0):
    """Embeddings (speakers * each, dims), and who speaks; both covariances are the identity."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(speakers), each)
    centres = spread * rng.normal(size=(speakers, DIMS))
    return centres[who] + rng.normal(size=(len(who), DIMS)), who


def unseen_of(who, rows, block=None, condition=None, text=None):
    count = who.max() + 1
    return Unseen(
        rows=rows,
        speaker=who,
        block=np.zeros(count, dtype=int) if block is None else block,
        condition=np.zeros(len(who), dtype=int) if condition is None else condition,
        text=text,
    )


@pytest.fixture(scope="module")
def attacked():
    """20 known speakers, then 6 unseen ones with 12 utterances each."""
    x, who = speech(200, 12)
    known = np.arange(180 * 12)
    rows = np.arange(180 * 12, 186 * 12)
    return Release.of(x), known, who, rows


def eer(trials):
    ones = np.ones((1, len(trials.target)))
    return {name: weighted_eer(s, trials.target, ones)[0] for name, s in trials.scores.items()}


def test_more_speech_of_both_sides_makes_fewer_errors(attacked):
    release, known, who, rows = attacked
    unseen = unseen_of(who[rows] - 180, rows)
    found = attack_open_set(release, FRESH, known, who[known], unseen, 0)
    rates = [eer(found["any", n, n])["PLDA"] for n in ("1", "2", "5", "all")]
    assert rates == sorted(rates, reverse=True)
    assert 0.2 < rates[0] < 0.4
    assert ("any", "10", "10") not in found  # six for enrolment, six for test
    assert ("any", "all", "1") in found


def test_plda_is_the_ratio_of_the_likelihoods():
    x, who = speech(2000, 10)
    score = fit_back_ends(x, who)["PLDA"]
    a, b = np.array([[1.5, 0.5, -1, 0]]), np.array([[1.0, 1.0, -0.5, 0.5]])
    n_a, n_b = np.array([10]), np.array([2])
    ratio = 0.0
    for p, q in zip(a[0], b[0], strict=True):
        same = [[1 + 1 / 10, 1], [1, 1 + 1 / 2]]
        ratio += multivariate_normal([0, 0], same).logpdf([p, q])
        ratio -= multivariate_normal([0, 0], np.diag([1 + 1 / 10, 1 + 1 / 2])).logpdf([p, q])
    assert score(a, n_a, b, n_b)[0, 0] == pytest.approx(ratio, rel=0.1)


def test_a_back_end_knows_which_directions_tell_speakers():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(60), 10)
    x = rng.normal(size=(600, 10)) * 5
    x[:, 0] = rng.normal(size=60)[who] + 0.3 * rng.normal(size=600)
    rows = np.arange(480, 600)
    unseen = unseen_of(who[rows] - 48, rows)
    found = attack_open_set(Release.of(x), FRESH, np.arange(480), who[:480], unseen, 0)
    rates = eer(found["any", "1", "1"])
    assert rates["cosine"] > 0.4
    assert rates["PLDA"] < 0.3


def test_trials_are_formed_within_a_block(attacked):
    release, known, who, rows = attacked
    block = np.array([0, 1, 0, 1, 0, 1])
    unseen = unseen_of(who[rows] - 180, rows, block=block)
    trials = attack_open_set(release, FRESH, known, who[known], unseen, 0)["any", "1", "1"]
    assert (block[trials.enrolled] == block[trials.tested]).all()
    assert len(trials.target) == open_set.SPLITS * 2 * 9
    assert trials.target.sum() == open_set.SPLITS * 6


@pytest.fixture
def splits():
    """Six speakers with three emotions and four texts."""
    who = np.repeat(np.arange(6), 12)
    emotion, text = np.tile(np.arange(12) % 3, 6), np.tile(np.arange(12) % 4, 6)
    return unseen_of(who, np.arange(72), condition=emotion, text=text)


@pytest.mark.parametrize("kind", open_set.SPLITTERS)
def test_enrolment_and_test_share_no_utterance(splits, kind):
    for seed in range(20):
        split = open_set.SPLITTERS[kind](splits, np.random.default_rng(seed))
        emotions = set()
        for speaker, (enrol, test) in enumerate(zip(split.enrol, split.test, strict=True)):
            assert len(enrol)
            assert len(test)
            assert not set(enrol) & set(test)
            assert {*splits.speaker[enrol], *splits.speaker[test]} == {speaker}
            emotions |= {*splits.condition[enrol], *splits.condition[test]}
            if kind == "other text":
                assert not set(splits.text[enrol]) & set(splits.text[test])
        assert len(emotions) == (1 if kind == "same emotion" else 3)


def test_texts_that_are_not_known_make_no_trials(attacked):
    release, known, who, rows = attacked
    found = attack_open_set(release, FRESH, known, who[known], unseen_of(who[rows] - 180, rows), 0)
    assert {kind for kind, _, _ in found} == {"any", "same emotion"}
