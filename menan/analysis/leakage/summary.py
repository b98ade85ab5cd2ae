"""From the predictions of probes to the leakage of a system: means, intervals, and a text."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from menan.analysis.cells import fixed
from menan.analysis.leakage.given_leakage import GivenLeakage
from menan.analysis.leakage.probes import ProbePredictions
from menan.analysis.leakage.result import (
    PROBES,
    EmbeddingLeakage,
    GenderAccuracy,
    Leakage,
    ProbeFigures,
    Representations,
    SetFacts,
    SetLeakage,
    SystemLeakage,
)
from menan.analysis.leakage.splits import FEWEST_UTTERANCES, MOST_SPEAKERS, ProbeSet
from menan.scoring.bootstrap import percentile_interval

RESAMPLES = 1000


@dataclass(frozen=True)
class ProbedEmbedding:
    """What the probes predicted from one representation of a set.

    predictions: by the names of :data:`menan.analysis.leakage.result.PROBES`.
    eer: equal error rate of verification, if it can be measured.
    gender: accuracy on speakers that the probe has not heard; None with too few of a gender.
    """

    predictions: dict[str, ProbePredictions]
    eer: float | None
    gender: float | None


@dataclass(frozen=True)
class ProbedSet:
    """A set of one network, probed in each representation: ``v``, ``leace`` and perhaps ``raw``."""

    probe_set: ProbeSet
    embeddings: dict[str, ProbedEmbedding]


def summaries(networks: Sequence[dict[str, ProbedSet]], seed: int) -> dict[str, SetLeakage]:
    """The sets of some networks by name, each as means over the networks.

    The intervals are of these means, and resample the speakers of all networks together: a
    speaker whom eleven networks trained on is drawn or left out once for all of them. In a set of
    two speakers, such as a held-out pair, the interval of one network says little.

    Args:
        networks: the probed sets of each network by name; the same sets for all.
        seed: seed of the bootstrap.
    """
    return {name: _summary([sets[name] for sets in networks], seed) for name in networks[0]}


def resampled_weights(speaker: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How often each utterance is drawn, float32 (resamples, utterances).

    A bootstrap over speakers, then their utterances: as many speakers as there are, with
    replacement, and for each drawn speaker as many utterances as it has, with replacement.

    Args:
        speaker: (utterances,), of any type.
    """
    speaker = np.unique(speaker, return_inverse=True)[1]
    counts = np.bincount(speaker)
    speakers = len(counts)
    times = rng.multinomial(speakers, np.full(speakers, 1 / speakers), size=RESAMPLES)
    weights = np.empty((RESAMPLES, len(speaker)), dtype=np.float32)
    for number, n in enumerate(counts):
        weights[:, speaker == number] = rng.multinomial(times[:, number] * n, np.full(n, 1 / n))
    return weights


def accuracy_interval(
    weights: np.ndarray, right: np.ndarray, asked: np.ndarray
) -> tuple[float, float]:
    """95 % interval of the mean over networks of their accuracies.

    Args:
        weights: result of :func:`resampled_weights` for the utterances of all networks together.
        right: bool (utterances, networks), whether the probe of a network was right.
        asked: bool (utterances, networks), whether it was tested on the utterance; ``right`` is
            False elsewhere.
    """
    total = weights @ asked.astype(np.float32)
    # A resample may lack every speaker of a network: its mean is over the others.
    accuracy = np.divide(
        weights @ right.astype(np.float32), total, out=np.full_like(total, np.nan), where=total > 0
    )
    return percentile_interval(np.nanmean(accuracy, axis=1))


def leakage_text(leakage: Leakage) -> str:
    """A short table to read: per set chance and floor, then one line per representation."""
    lines = [f"embeddings without a model card: {len(leakage.groups)} network(s)"]
    if isinstance(leakage, SystemLeakage):
        system = f"{leakage.label}, seed {leakage.seed}, {leakage.rule}"
        lines = [f"{system}: {len(leakage.groups)} network(s)"]
    if isinstance(leakage, GivenLeakage):
        lines = [f"{leakage.embeddings}: {leakage.dims} values per utterance"]
    for name, found in leakage.sets.items():
        lines += [
            "",
            f"{name}: {found.speakers:g} speakers, {found.utterances:g} utterances; chance "
            f"{fixed(found.chance, 2, 100)} %, uniform {found.uniform_nats:.3f} nats, "
            + (
                "emotions not known"
                if found.floor_nats is None
                else f"knowing the emotion {found.floor_nats:.3f} nats"
            ),
            f"{'speaker accuracy %':<20}"
            + "".join(f"{probe:>8} {'[95 %]':<14}" for probe in PROBES)
            + f"{'linear nats':>11} {'EER %':>6} {'gender %':>9}",
        ]
        lines += [_line(kind, embedding) for kind, embedding in found.embeddings.by_name.items()]
        if found.embeddings.raw is None:
            lines.append("  raw: not probed, because --feats was not given; there is no ceiling")
        if found.left_out:
            lines.append(
                f"  left out: {found.left_out:g} utterances, of speakers with fewer than "
                f"{FEWEST_UTTERANCES} or beyond the first {MOST_SPEAKERS} speakers"
            )
    return "\n".join(lines)


def _line(kind: str, embedding: EmbeddingLeakage) -> str:
    cells = [f"  {kind:<18}"]
    for probe in embedding.probes.values():
        low, high = probe.interval
        cells.append(
            f"{fixed(probe.accuracy, 2, 100):>8} {f'[{100 * low:.1f}, {100 * high:.1f}]':<14}"
        )
    gender = embedding.gender.accuracy if embedding.gender is not None else None
    cells.append(
        f"{fixed(embedding.linear.cross_entropy, 3):>11} {fixed(embedding.eer, 2, 100):>6}"
    )
    cells.append(f" {fixed(gender, 2, 100):>9}")
    return "".join(cells)


def _summary(probed: Sequence[ProbedSet], seed: int) -> SetLeakage:
    sets = [one.probe_set for one in probed]
    facts = [one.facts() for one in sets]
    utts, index = np.unique([utt for one in sets for utt in one.utts], return_inverse=True)
    network = np.repeat(np.arange(len(sets)), [len(one.utts) for one in sets])
    names = np.concatenate([np.array(one.speakers)[one.speaker] for one in sets])
    asked = np.zeros((len(utts), len(sets)), dtype=bool)
    asked[index, network] = True
    speaker = np.empty(len(utts), dtype=names.dtype)
    speaker[index] = names
    weights = resampled_weights(speaker, np.random.default_rng(seed))

    def figures(predictions: Sequence[ProbePredictions]) -> ProbeFigures:
        right = np.zeros_like(asked)
        right[index, network] = np.concatenate([one.right for one in predictions])
        low, high = accuracy_interval(weights, right, asked)
        accuracy = float(np.mean([one.right.mean() for one in predictions]))
        control = float(np.mean([one.control for one in predictions]))
        return ProbeFigures(
            accuracy=round(accuracy, 6),
            interval=(round(low, 6), round(high, 6)),
            control=round(control, 6),
            selectivity=round(accuracy - control, 6),
            cross_entropy=_mean([one.cross_entropy for one in predictions]),
        )

    def leakage(kind: str) -> EmbeddingLeakage:
        found = [one.embeddings[kind] for one in probed]
        return EmbeddingLeakage(
            **{probe: figures([one.predictions[probe] for one in found]) for probe in PROBES},
            eer=_mean([one.eer for one in found]),
            gender=_gender(sets, [one.gender for one in found]),
        )

    means: dict[str, Any] = {
        part.name: _mean([getattr(fact, part.name) for fact in facts]) for part in fields(SetFacts)
    }
    has_raw = all("raw" in one.embeddings for one in probed)
    found = Representations(
        v=leakage("v"), raw=leakage("raw") if has_raw else None, leace=leakage("leace")
    )
    return SetLeakage(**means, embeddings=found)


def _gender(sets: Sequence[ProbeSet], accuracies: list[float | None]) -> GenderAccuracy | None:
    male = [float(one.gender.mean()) for one in sets if one.gender is not None]
    accuracy = _mean(accuracies)
    if not male or accuracy is None:
        return None
    majority = round(float(np.mean([max(part, 1 - part) for part in male])), 6)
    return GenderAccuracy(accuracy, majority)


def _mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that exist; six decimals are more than any of it is worth."""
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 6) if known else None
