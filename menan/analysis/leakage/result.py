"""Leakage as menan-probe writes it: typed, and averaged over seeds.

Accuracies and other fractions lie between 0 and 1, entropies are in nats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from menan.analysis.system_names import system_label
from menan.errors import InputError
from menan.training.selection import RULES

PROBES = ("linear", "mlp", "knn")


@dataclass(frozen=True)
class ProbeFigures:
    """Accuracy of one kind of probe.

    interval: 95 % interval of the accuracy.
    control: accuracy in the control task; selectivity is the difference.
    cross_entropy: None for nearest neighbours, which give no probabilities.
    """

    accuracy: float
    interval: tuple[float, float]
    control: float
    selectivity: float
    cross_entropy: float | None


@dataclass(frozen=True)
class GenderAccuracy:
    """Accuracy of reading the gender from speakers that the probe has not heard.

    majority: accuracy of always naming the more frequent gender.
    """

    accuracy: float
    majority: float


@dataclass(frozen=True)
class EmbeddingLeakage:
    """What the probes find in one representation of a set of utterances.

    eer: equal error rate of speaker verification by cosine; None without pairs of either kind.
    gender: None with too few speakers of a gender.
    """

    linear: ProbeFigures
    mlp: ProbeFigures
    knn: ProbeFigures
    eer: float | None
    gender: GenderAccuracy | None

    def __post_init__(self) -> None:
        if self.linear.cross_entropy is None or self.mlp.cross_entropy is None:
            raise InputError("cross_entropy of the linear probe or the MLP is missing")

    @property
    def probes(self) -> dict[str, ProbeFigures]:
        """By the names of :data:`PROBES`."""
        return {name: getattr(self, name) for name in PROBES}

    @property
    def strongest(self) -> str:
        """The probe with the highest accuracy."""
        return max(PROBES, key=lambda name: self.probes[name].accuracy)

    @property
    def best(self) -> ProbeFigures:
        """The figures of the strongest probe."""
        return self.probes[self.strongest]

    @property
    def least_nats(self) -> float:
        """The lowest cross-entropy of the probes that give probabilities."""
        nats = [probe.cross_entropy for probe in self.probes.values()]
        return min(value for value in nats if value is not None)


@dataclass(frozen=True)
class Representations:
    """The three representations that are probed.

    v: the embedding.
    raw: statistics of the network's input: about as much as there is to find. None if the input is
        not known: then there is no ceiling to compare with.
    leace: v after linear erasure of the speaker.
    """

    v: EmbeddingLeakage
    raw: EmbeddingLeakage | None
    leace: EmbeddingLeakage

    @property
    def by_name(self) -> dict[str, EmbeddingLeakage]:
        """In the order of the class, without ``raw`` if it is not known."""
        found = {name: getattr(self, name) for name in ("v", "raw", "leace")}
        return {name: one for name, one in found.items() if one is not None}


@dataclass(frozen=True, kw_only=True)
class SetFacts:
    """A set of utterances, without any embedding. Sizes may be means over networks or seeds.

    left_out: utterances of speakers with too few of them.
    chance, majority: accuracies of guessing uniformly and of naming the most frequent speaker.
    uniform_nats: the cross-entropy of guessing uniformly.
    floor_nats: the entropy of the speaker given the emotion, by the counts of the set: the
        cross-entropy of the best predictor that hears nothing but the emotion. None if no emotion
        is known.
    """

    utterances: float
    left_out: float = 0.0
    speakers: float
    chance: float
    majority: float
    uniform_nats: float
    floor_nats: float | None


@dataclass(frozen=True, kw_only=True)
class SetLeakage(SetFacts):
    """What the probes find in a set of utterances."""

    embeddings: Representations


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """What menan-probe writes about some embeddings.

    made_from: digest of all that the result depends on.
    groups: the networks, named after their held-out groups.
    sets: by name, such as ``train`` and ``heldout``: means over the networks.
    by_group: the same for each network alone.
    """

    probe_seed: int = 0
    made_from: str = ""
    groups: tuple[str, ...] = ()
    sets: dict[str, SetLeakage]
    by_group: dict[str, dict[str, SetLeakage]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SystemLeakage(Leakage):
    """Leakage of networks of menan.

    system: the objective with its settings (:mod:`menan.analysis.system_names`).
    rule: the selection rule by which the networks' epochs were chosen.
    bottleneck: its label; empty without one.
    draws: number of noise draws whose mean was probed; 1 without noise.
    """

    system: str
    seed: int
    rule: str
    bottleneck: str
    draws: int

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"unknown rule {self.rule[:80]!r}")
        if self.draws < 1:
            raise InputError(f"draws is {self.draws}, must be at least 1")

    @property
    def label(self) -> str:
        """Names all but the rule and the seed."""
        return system_label(self.system, self.bottleneck, self.draws)


@dataclass(frozen=True, kw_only=True)
class ReportedLeakage(SystemLeakage):
    """Leakage beside the accuracy of the same networks.

    ua: their test UA, per cent.
    """

    ua: float


@dataclass(frozen=True)
class LeakageMean:
    """Means over the seeds of one system with one bottleneck under one selection rule.

    ua: test UA of the probed networks, per cent.
    """

    system: str
    rule: str
    bottleneck: str
    draws: int
    seeds: tuple[int, ...]
    ua: float
    sets: dict[str, SetLeakage]

    @property
    def label(self) -> str:
        """Names all but the rule and the seeds."""
        return system_label(self.system, self.bottleneck, self.draws)


def leakage_means(leakages: Sequence[ReportedLeakage]) -> list[LeakageMean]:
    """Means over seeds, in the order in which systems first come.

    Another rule, bottleneck or number of draws makes another system. Sets that one seed lacks are
    left out: a mean of the others would be of other seeds.
    """
    by_system: dict[tuple[str, str, str, int], list[ReportedLeakage]] = {}
    for one in leakages:
        key = (one.system, one.rule, one.bottleneck, one.draws)
        by_system.setdefault(key, []).append(one)
    return [
        LeakageMean(
            *key,
            seeds=tuple(sorted(one.seed for one in own)),
            ua=mean_of([one.ua for one in own]),
            sets={
                name: mean_of([one.sets[name] for one in own])
                for name in own[0].sets
                if all(name in one.sets for one in own)
            },
        )
        for key, own in by_system.items()
    ]


def mean_of(values: Sequence[Any]) -> Any:
    """Mean of numbers; of tuples and dataclasses part by part; None if one value is None."""
    first = values[0]
    if any(value is None for value in values):
        return None
    if is_dataclass(first) and not isinstance(first, type):
        names = [part.name for part in fields(first)]
        return type(first)(**{n: mean_of([getattr(value, n) for value in values]) for n in names})
    if isinstance(first, tuple):
        return type(first)(map(mean_of, zip(*values, strict=True)))
    return type(first)(np.mean(np.asarray(values, dtype=np.float64)))
