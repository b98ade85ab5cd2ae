import numpy as np
import pytest
from scipy.stats import multivariate_normal

from menan.analysis.attack import open_set, trial_plan
from menan.analysis.attack.attack_names import (
    FRESH,
)
from menan.analysis.attack.back_ends import fit_back_ends
from menan.analysis.attack.measures import weighted_eer
from menan.analysis.attack.open_set import attack_open_set
from menan.analysis.attack.releases import Release
from menan.analysis.attack.trial_plan import Unseen, plan_trials

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
    target, one = trials.target, np.zeros(len(trials.target), dtype=int)
    ones = np.ones((1, 1))
    return {name: weighted_eer(s, target, one, ones)[0] for name, s in trials.scores.items()}


def attack(release, known, who, unseen):
    return attack_open_set(release, FRESH, known, who, plan_trials(unseen, 0), 0)


def test_more_speech_of_both_sides_makes_fewer_errors(attacked):
    release, known, who, rows = attacked
    unseen = unseen_of(who[rows] - 180, rows)
    found = attack(release, known, who[known], unseen)
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
    found = attack(Release.of(x), np.arange(480), who[:480], unseen)
    rates = eer(found["any", "1", "1"])
    assert rates["cosine"] > 0.4
    assert rates["PLDA"] < 0.3


def test_trials_are_formed_within_a_block(attacked):
    release, known, who, rows = attacked
    block = np.array([0, 1, 0, 1, 0, 1])
    unseen = unseen_of(who[rows] - 180, rows, block=block)
    trials = attack(release, known, who[known], unseen)["any", "1", "1"]
    assert (block[trials.enrolled] == block[trials.tested]).all()
    assert len(trials.target) == trial_plan.SPLITS * 2 * 9
    assert trials.target.sum() == trial_plan.SPLITS * 6


@pytest.fixture
def splits():
    """Six speakers with three emotions and four texts."""
    who = np.repeat(np.arange(6), 12)
    emotion, text = np.tile(np.arange(12) % 3, 6), np.tile(np.arange(12) % 4, 6)
    return unseen_of(who, np.arange(72), condition=emotion, text=text)


@pytest.mark.parametrize("kind", trial_plan.SPLITTERS)
def test_enrolment_and_test_share_no_utterance(splits, kind):
    for seed in range(20):
        split = trial_plan.SPLITTERS[kind](splits, np.random.default_rng(seed))
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
    found = attack(release, known, who[known], unseen_of(who[rows] - 180, rows))
    assert {kind for kind, _, _ in found} == {"any", "same emotion"}


def test_all_splits_at_once_score_as_one_after_another(attacked, monkeypatch):
    release, known, who, rows = attacked
    emotion, text = np.arange(len(rows)) % 5, np.arange(len(rows)) % 7
    unseen = unseen_of(who[rows] - 180, rows, np.array([0, 1, 0, 1, 0, 1]), emotion, text)
    plan, x = plan_trials(unseen, 0), release.released[rows]
    speaker = np.unique(who[known], return_inverse=True)[1]
    back_ends = fit_back_ends(release.released[known], speaker)
    at_once = attack(release, known, who[known], unseen)
    monkeypatch.setattr(open_set, "MOST_VALUES", 1)
    apart = attack(release, known, who[known], unseen)
    assert {kind for kind, _, _ in at_once} == {"any", "same emotion", "other text"}
    for key, found in at_once.items():
        enrolled, tested = plan.recordings[key]
        for name, score in back_ends.items():
            wanted = []
            for split in range(len(enrolled.count)):
                a, b = (
                    np.stack([x[own[own >= 0]].mean(axis=0) for own in side.utterances[split]])
                    for side in (enrolled, tested)
                )
                scores = score(a, enrolled.count[split], b, tested.count[split])
                wanted.append(scores[plan.first, plan.second])
            np.testing.assert_array_equal(found.scores[name], np.concatenate(wanted))
            np.testing.assert_array_equal(found.scores[name], apart[key].scores[name])
