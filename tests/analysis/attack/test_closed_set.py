"""Attacks on embeddings whose speakers are known by construction."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from menan.analysis.attack import learners
from menan.analysis.attack.attack_names import (
    FRESH,
    IGNORANT,
    INFORMED,
    KNOWN,
)
from menan.analysis.attack.closed_set import attack_closed_set, plan_closed_set
from menan.analysis.attack.learners import Lesson, attack
from menan.analysis.attack.releases import Release
from menan.analysis.leakage.splits import probe_set
from tests.analysis.leakage.test_probe_sets import labels_of

SPEAKERS, EACH, DIMS = 5, 24, 6


def noisy(u, sigma, seed=0):
    """A release with Gaussian noise, of which everything but the noise is known."""

    def draw(rows, rng):
        return u[rows] + sigma * rng.normal(size=(len(rows), u.shape[1]))

    released = draw(np.arange(len(u)), np.random.default_rng(seed))
    levels = (IGNORANT, FRESH, INFORMED, KNOWN)
    return Release(released, u, draw, levels=levels)


@pytest.fixture(scope="module")
def chosen():
    labels = labels_of({f"s{n}": 4 * (EACH // 4,) for n in range(SPEAKERS)})
    return probe_set(labels, tuple(labels.utt2spk), labels.speakers, "test", 0)


@pytest.fixture(scope="module")
def u(chosen):
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(SPEAKERS, DIMS))
    return 1.5 * centres[chosen.speaker] + 0.6 * rng.normal(size=(len(chosen.utts), DIMS))


@pytest.fixture(autouse=True)
def short_lessons(monkeypatch):
    monkeypatch.setattr(learners, "MOST_EPOCHS", 20)
    monkeypatch.setattr(learners, "PENALTIES", (0.01, 1.0))


def attack_set(release, level, chosen, extra=None, with_curve=False):
    return attack_closed_set(release, level, plan_closed_set(chosen, extra, 0), 0, with_curve)


def best(found, amount="1"):
    return max(one.right.mean() for one in found.by_amount[amount].values())


def test_more_utterances_say_more(chosen, u):
    found = attack_set(noisy(u, 3.0), INFORMED, chosen)
    rates = [best(found, amount) for amount in ("1", "2", "5", "10", "all")]
    assert 1 / SPEAKERS < rates[0] < 0.6
    assert rates[0] < rates[2] < rates[4]
    assert rates[4] > 0.75


def test_noise_hides_what_the_same_attacker_reads_without_it(chosen, u):
    release = noisy(u, 3.0)
    found = {level: best(attack_set(release, level, chosen)) for level in release.levels}
    assert found[KNOWN] > 0.9
    assert found[FRESH] < 0.6
    assert found[KNOWN] == best(attack_set(Release.of(u), FRESH, chosen))


def test_embeddings_that_know_nothing_leave_every_attacker_at_chance(chosen):
    empty = np.random.default_rng(2).normal(size=(len(chosen.utts), DIMS))
    release = noisy(empty, 1.0)
    for level in release.levels:
        found = attack_set(release, level, chosen)
        # 120 utterances: a standard error of 3.7 points.
        assert all(abs(one.right.mean() - 0.2) < 0.15 for one in found.by_amount["1"].values())
        assert all(one.bits < 0.2 for one in found.by_amount["1"].values())


def test_behind_noise_the_informed_attacker_has_the_exact_likelihood(chosen, u, monkeypatch):
    monkeypatch.setattr(learners, "MORE_WIDTHS", (0.0,))
    monkeypatch.setattr(learners, "DRAWS", 2000)  # from which the covariance is found
    monkeypatch.setattr(learners, "_linear", lambda *args: np.zeros((60, SPEAKERS)))
    release = noisy(u, 2.0)
    learn, test = np.flatnonzero(chosen.half == 0), np.flatnonzero(chosen.half == 1)
    lesson = Lesson(learn, test, chosen.speaker, chosen.quarter)
    found = attack(release, INFORMED, lesson, 0)["mixture"]
    for row, z in enumerate(release.released[test[:5]]):
        wanted = [
            np.log(
                np.mean(
                    [multivariate_normal(u[i], 4.0).pdf(z) for i in learn if chosen.speaker[i] == s]
                )
            )
            for s in range(SPEAKERS)
        ]
        assert found[row] - found[row].mean() == pytest.approx(wanted - np.mean(wanted), abs=0.1)


def test_whoever_is_heard_often_is_not_named_for_it(chosen):
    """The attacker's prior is taken off: sessions are asked of all speakers alike."""
    empty = np.random.default_rng(4).normal(size=(len(chosen.utts), DIMS))
    rare = (chosen.speaker > 0) & (np.arange(len(chosen.utts)) % 3 > 0)
    learn = np.flatnonzero((chosen.half == 0) & ~rare)
    test = np.flatnonzero(chosen.half == 1)
    counts = np.bincount(chosen.speaker[learn])
    assert counts[0] >= 2 * counts[1:].max()
    found = attack(Release.of(empty), FRESH, Lesson(learn, test, chosen.speaker, chosen.quarter), 0)
    often = found["linear"][:, 0] - found["linear"][:, 1:].mean(axis=1)
    assert abs(often.mean()) < 0.3


def test_what_is_learned_from_other_utterances_helps(chosen, u):
    """Other utterances of the same speakers, ten times as many."""
    rng = np.random.default_rng(3)
    other = np.repeat(np.arange(len(u)), 10)
    more = u[other] + 0.5 * rng.normal(size=(len(other), DIMS))
    labels = labels_of({f"s{n}": 4 * (10 * EACH // 4,) for n in range(SPEAKERS)})
    extra = probe_set(labels, tuple(labels.utt2spk), labels.speakers, "test", 0)
    order = np.argsort(chosen.speaker[other], kind="stable")
    both = np.concatenate([u, more[order]])
    shifted = type(extra)(**{**vars(extra), "rows": extra.rows + len(u)})
    alone = best(attack_set(noisy(both, 3.0), FRESH, chosen))
    helped = best(attack_set(noisy(both, 3.0), FRESH, chosen, shifted))
    assert helped > alone + 0.03


def test_erasure_is_fitted_on_what_the_attacker_learns_from(chosen, u):
    sizes = []

    def fit(x, classes):
        sizes.append((len(x), len(np.unique(classes))))
        return lambda new: new

    attack_set(Release.of(u, fit), FRESH, chosen)
    assert sizes == 2 * [(len(u) // 2, SPEAKERS)]


def test_an_amount_that_a_speaker_does_not_have_is_left_out():
    labels = labels_of({f"s{n}": (2, 2, 2, 2) for n in range(SPEAKERS)})
    few = probe_set(labels, tuple(labels.utt2spk), labels.speakers, "test", 0)
    x = np.random.default_rng(0).normal(size=(len(few.utts), DIMS))
    assert list(attack_set(Release.of(x), FRESH, few).by_amount) == [
        "1",
        "2",
        "all",
    ]


def test_half_as_much_to_learn_from(chosen, u):
    release = noisy(u, 3.0)
    assert attack_set(release, FRESH, chosen).with_less == {}
    found = attack_set(release, FRESH, chosen, with_curve=True)
    assert found.with_less.keys() == found.by_amount["1"].keys()
    learn = np.flatnonzero(chosen.half == 0)
    lesson = Lesson(learn, chosen.rows, chosen.speaker, chosen.quarter)
    less = lesson.less()
    assert set(less.learn) == set(learn[chosen.quarter[learn] == 0])
    assert {*less.quarter[less.learn]} == {0, 1}
