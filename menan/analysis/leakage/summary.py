"""What probes found in a system's networks, as the JSON values of its leakage."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from menan.analysis.leakage.intervals import accuracy_interval, resampled_weights
from menan.analysis.leakage.probes import PROBES, Answers
from menan.analysis.leakage.splits import ProbeSet

REPRESENTATIONS = ("v", "raw", "leace")


@dataclass(frozen=True)
class Found:
    """What was found in one representation of one set.

    gender: accuracy on speakers the probe has not heard; None with too few of a gender.
    """

    answers: dict[str, Answers]
    eer: float | None
    gender: float | None


@dataclass(frozen=True)
class Probed:
    """One set, probed in each representation."""

    of: ProbeSet
    found: dict[str, Found]


def summaries(networks: list[dict[str, Probed]], seed: int) -> dict[str, Any]:
    """The sets of some networks by name, each as means over the networks.

    The intervals are of these means, and resample the speakers of all networks together: a
    speaker whom eleven networks trained on is drawn or left out once for all of them. Where a
    set has two speakers, as a held-out pair, the interval of one network says little.

    Args:
        networks: what was found, by set; the same sets for each network.
        seed: of resampling.
    """
    return {name: _summary([sets[name] for sets in networks], seed) for name in networks[0]}


def _summary(probed: list[Probed], seed: int) -> dict[str, Any]:
    facts = [one.of.facts() for one in probed]
    utts, index = np.unique([utt for one in probed for utt in one.of.utts], return_inverse=True)
    network = np.repeat(np.arange(len(probed)), [len(one.of.utts) for one in probed])
    names = np.concatenate([np.array(one.of.speakers)[one.of.speaker] for one in probed])
    asked = np.zeros((len(utts), len(probed)), dtype=bool)
    asked[index, network] = True
    speaker = np.empty(len(utts), dtype=names.dtype)
    speaker[index] = names
    weights = resampled_weights(speaker, np.random.default_rng(seed))

    def interval(answers: list[Answers]) -> list[float]:
        right = np.zeros_like(asked)
        right[index, network] = np.concatenate([one.right for one in answers])
        return [round(end, 6) for end in accuracy_interval(weights, right, asked)]

    summary: dict[str, Any] = {key: _mean([fact[key] for fact in facts]) for key in facts[0]}
    summary["embeddings"] = {}
    for name in REPRESENTATIONS:
        found = [one.found[name] for one in probed]
        embedding: dict[str, Any] = {}
        for probe in PROBES:
            answers = [one.answers[probe] for one in found]
            embedding[probe] = _probe(answers, interval(answers))
        embedding["eer"] = _mean([one.eer for one in found])
        embedding["gender"] = _gender([one.of for one in probed], found)
        summary["embeddings"][name] = embedding
    return summary


def _probe(answers: list[Answers], interval: list[float]) -> dict[str, Any]:
    accuracy = np.mean([one.right.mean() for one in answers])
    control = np.mean([one.control for one in answers])
    return {
        "accuracy": _mean([accuracy]),
        "interval": interval,
        "control": _mean([control]),
        "selectivity": _mean([accuracy - control]),
        "cross_entropy": _mean([one.cross_entropy for one in answers]),
    }


def _gender(sets: list[ProbeSet], found: list[Found]) -> dict[str, float | None] | None:
    male = [of.gender.mean() for of in sets if of.gender is not None]
    if not male:
        return None
    return {
        "accuracy": _mean([one.gender for one in found]),
        "majority": _mean([max(part, 1 - part) for part in male]),
    }


def _mean(values: list[float | None]) -> float | None:
    """Of those there are; six decimals are more than any of it is worth."""
    there = [value for value in values if value is not None]
    return round(float(np.mean(there)), 6) if there else None
