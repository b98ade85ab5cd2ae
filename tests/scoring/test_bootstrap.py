import numpy as np
import pytest

from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    confusion_counts,
    mean_ua,
    mean_wa,
    percentile_interval,
    pooled_ua,
    pooled_wa,
    resampled_counts,
)


def corpus(rng, speakers=6, utterances=20, seeds=1, spread=0.1):
    """Speakers whose chance of a right answer varies by ``spread`` around 0.6."""
    predictions = []
    for number in range(speakers):
        labels = rng.integers(4, size=utterances)
        right = rng.random((seeds, utterances)) < np.clip(rng.normal(0.6, spread), 0, 1)
        guesses = np.where(right, labels, (labels + rng.integers(1, 4, right.shape)) % 4)
        predictions.append(SpeakerPredictions(f"s{number}", labels, guesses, 4))
    return predictions


def test_statistics_are_those_of_the_labels_themselves():
    predictions = corpus(np.random.default_rng(0), seeds=2)
    counts = confusion_counts(predictions)
    pairs = [(a.labels, g) for a in predictions for g in a.guesses]
    assert mean_wa(counts) == pytest.approx(np.mean([weighted_accuracy(*p) for p in pairs]))
    assert mean_ua(counts) == pytest.approx(np.mean([unweighted_accuracy(*p) for p in pairs]))
    labels, guesses = (np.concatenate(column) for column in zip(*pairs, strict=True))
    assert pooled_wa(counts) == pytest.approx(weighted_accuracy(labels, guesses))
    assert pooled_ua(counts) == pytest.approx(unweighted_accuracy(labels, guesses))


def test_replicates_have_as_many_utterances_of_the_drawn_speakers():
    predictions = corpus(np.random.default_rng(0), speakers=3, utterances=20)
    counts = resampled_counts(predictions, resamples=50)
    assert counts.shape == (50, 3, 1, 4, 4)
    assert (counts.sum(axis=(-2, -1)) == 20).all()


def test_the_same_seed_gives_the_same_replicates():
    predictions = corpus(np.random.default_rng(0))
    first, again, other = (resampled_counts(predictions, 20, seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_bootstrap_variance_is_that_of_the_two_stage_scheme():
    """Of WA with equal n: (1/S)[var of speakers' means + their mean p(1-p)/n], by arithmetic."""
    predictions = corpus(np.random.default_rng(3), speakers=5, utterances=30, spread=0.3)
    means = np.array([weighted_accuracy(a.labels, a.guesses[0]) for a in predictions])
    expected = (means.var() + (means * (1 - means) / 30).mean()) / 5
    values = mean_wa(resampled_counts(predictions, resamples=20_000))
    assert values.var() == pytest.approx(expected, rel=0.05)


def test_seeds_are_resampled_too():
    labels = np.zeros(50, dtype=int)
    guesses = np.stack([np.zeros(50, dtype=int), np.ones(50, dtype=int)])  # all right, all wrong
    predictions = [SpeakerPredictions(f"s{i}", labels, guesses, 2) for i in range(4)]
    values = mean_wa(resampled_counts(predictions, 400))
    assert set(np.unique(values)) == {0.0, 0.5, 1.0}


def coverage(speakers: int, utterances: int, spread: float, trials: int = 300) -> float:
    """How often the 95 % interval of WA holds the truth, 0.6, over simulated corpora."""
    rng = np.random.default_rng(speakers)
    hits = 0
    for trial in range(trials):
        predictions = corpus(rng, speakers, utterances, spread=spread)
        low, high = percentile_interval(mean_wa(resampled_counts(predictions, 300, trial)))
        hits += low <= 0.6 <= high
    return hits / trials


def test_coverage_of_the_intervals_is_near_the_nominal_or_its_shortfall_known():
    """Printed with -s. Few speakers who differ: short of 95 %. Speakers alike: above it."""
    found = {}
    for kind, utterances, spread in (("differ", 100, 0.15), ("alike", 20, 0.05)):
        for speakers in (5, 10, 24):
            found[kind, speakers] = part = coverage(speakers, utterances, spread)
            print(f"{speakers} speakers who {kind}: {100 * part:.1f} % (nominal 95 %)")
    assert 0.80 < found["differ", 5] < 0.95
    assert 0.87 < found["differ", 10] < 0.97
    assert 0.90 < found["differ", 24] < 0.98
    assert all(found["alike", speakers] > 0.93 for speakers in (5, 10, 24))


def test_resampling_utterances_alone_would_be_too_narrow():
    """The reason for speakers as units: pooled resampling covers far less where they differ."""
    rng = np.random.default_rng(1)
    hits = {"speakers": 0, "utterances": 0}
    for trial in range(200):
        predictions = corpus(rng, speakers=10, utterances=60, spread=0.15)
        whole = SpeakerPredictions(
            "all",
            np.concatenate([a.labels for a in predictions]),
            np.concatenate([a.guesses for a in predictions], axis=1),
            classes=4,
        )
        for name, units in (("speakers", predictions), ("utterances", [whole])):
            low, high = percentile_interval(mean_wa(resampled_counts(units, 200, trial)))
            hits[name] += low <= 0.6 <= high
    assert hits["speakers"] / 200 > 0.88
    assert hits["utterances"] / 200 < 0.75
