"""Probes on embeddings whose content is known."""

import numpy as np
import pytest

from menan.analysis.leakage.probes import linear_accuracy, predictions, views
from menan.analysis.leakage.result import PROBES
from menan.analysis.leakage.splits import control_labels, halves
from menan.analysis.leakage.summary import accuracy_interval, resampled_weights

SPEAKERS, EACH = 5, 48
SPEAKER = np.repeat(np.arange(SPEAKERS), EACH)
EMOTION = np.tile(np.arange(4), SPEAKERS * EACH // 4)
UTTS = [f"{speaker}-{n}" for n, speaker in enumerate(SPEAKER)]


def asked(x, speaker=SPEAKER, emotion=EMOTION, erase=False):
    """The predictions from embeddings of UTTS, by probe."""
    utts = UTTS[: len(speaker)]
    names, strata = speaker.astype(str), emotion.astype(str)
    half = halves(utts, names, strata, 0)
    quarter = halves(utts, [f"{n} {h}" for n, h in zip(names, half, strict=True)], strata, 0)
    control = control_labels(utts, half, int(speaker.max()) + 1, 0)
    both = views(x, half, speaker if erase else None)
    return predictions(both, speaker, control, quarter, 0)


def noise(dims, seed=0, n=SPEAKERS * EACH):
    return np.random.default_rng(seed).normal(size=(n, dims))


def test_probes_identify_a_speaker_that_the_embedding_holds():
    x = np.concatenate([np.eye(SPEAKERS)[SPEAKER], noise(3)], axis=1)
    for name, answers in asked(x).items():
        assert answers.right.mean() > 0.98, name
        assert answers.control < 0.35, name
    assert asked(x)["linear"].cross_entropy < 0.1


def test_noise_gives_chance_accuracy():
    weights = resampled_weights(SPEAKER, np.random.default_rng(0))
    for name, answers in asked(noise(16)).items():
        right = answers.right[:, None]
        low, high = accuracy_interval(weights, right, np.ones_like(right))
        assert low < 1 / SPEAKERS < high, name
        assert abs(right.mean() - answers.control) < 0.12, name


def test_a_linear_probe_is_not_overconfident_on_noise():
    assert asked(noise(64))["linear"].cross_entropy == pytest.approx(np.log(SPEAKERS), abs=0.05)


def test_an_embedding_of_the_emotion_alone_reaches_the_floor_and_no_less():
    """Speakers with emotions of their own: who knows the emotion knows something of the speaker."""
    rng = np.random.default_rng(3)
    speaker = np.repeat(np.arange(4), 60)
    part = np.array([[45, 5, 5, 5], [5, 45, 5, 5], [15, 15, 15, 15], [5, 5, 25, 25]])
    emotion = np.concatenate([np.repeat(np.arange(4), row) for row in part])
    x = np.eye(4)[emotion] + 1e-3 * rng.normal(size=(240, 4))
    share = part / part.sum(axis=0)
    floor = -(part * np.log(share)).sum() / part.sum()
    answers = asked(x, speaker, emotion)
    assert answers["linear"].cross_entropy == pytest.approx(floor, abs=0.04)
    assert answers["mlp"].cross_entropy == pytest.approx(floor, abs=0.15)
    assert answers["linear"].right.mean() == pytest.approx(part.max(axis=0).sum() / 240, abs=0.03)


def test_other_probes_find_what_is_not_linear():
    """The speaker is in the distance from the origin, whose direction is noise."""
    direction = noise(2)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    answers = asked((1.0 + SPEAKER)[:, None] * direction)
    assert answers["linear"].right.mean() < 0.4
    assert answers["mlp"].right.mean() > 0.6
    assert answers["knn"].right.mean() > 0.6


def test_after_erasure_the_linear_probe_finds_nothing_and_the_others_the_rest():
    square = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    speaker = np.repeat([0, 1], 96)
    corner = square[2 * speaker + np.tile([0, 1], 96)] + 0.3 * noise(2, n=192)
    x = np.concatenate([np.eye(2)[speaker], corner], axis=1)
    answers = asked(x, speaker, np.zeros(192), erase=True)
    assert answers["linear"].right.mean() < 0.6
    assert answers["linear"].cross_entropy == pytest.approx(np.log(2), abs=0.01)
    assert answers["mlp"].right.mean() > 0.9
    assert answers["knn"].right.mean() > 0.9


def test_no_probe_is_tested_on_an_utterance_it_learned_from():
    """Every utterance is its own nearest neighbour: heard before, noise would be told."""
    half = halves(UTTS, SPEAKER.astype(str), EMOTION.astype(str), 0)
    for view in views(noise(8), half):
        assert not (view.learn & view.test).any()
        assert (view.learn | view.test).all()
    assert asked(noise(8))["knn"].right.mean() < 0.4


def test_views_are_standardised_by_the_half_that_is_learned_on():
    x = noise(3) * [1.0, 100.0, 0.01] + [5.0, 0.0, -3.0]
    half = np.arange(len(x)) % 2
    for view in views(x, half):
        np.testing.assert_allclose(view.x_learn.mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(view.x_learn.std(axis=0), 1)
        expected = (x[view.test] - x[view.learn].mean(0)) / x[view.learn].std(0)
        np.testing.assert_allclose(view.x_test, expected)


def test_the_same_seed_gives_the_same_predictions():
    first, second = asked(noise(6)), asked(noise(6))
    for name in PROBES:
        np.testing.assert_array_equal(first[name].right, second[name].right)
        assert first[name].cross_entropy == second[name].cross_entropy


def test_gender_is_read_from_unheard_speakers():
    gender = SPEAKER % 2
    side = np.array([0, 0, 1, 1, 1])[SPEAKER]
    x = np.concatenate([gender[:, None] + 0.1 * noise(1), np.eye(SPEAKERS)[SPEAKER]], axis=1)
    assert linear_accuracy(views(x, side), gender, EMOTION % 2) > 0.95
    assert linear_accuracy(views(noise(3), side), gender, EMOTION % 2) < 0.7
