"""Leakage figures of several seeds, averaged for a report."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from menan.analysis.leakage.names import system_label
from menan.analysis.leakage.probes import PROBES

_OF_A_SYSTEM = ("objective", "rule", "lambda", "bottleneck", "draws")


@dataclass(frozen=True)
class LeakageMean:
    """One system at one lambda with one bottleneck under one selection rule.

    draws: of the bottleneck's noise, of which the mean was probed.
    ua: test UA of the probed models, per cent.
    sets: as in one leakage figure of menan-probe, every number a mean over ``seeds``; the
        fractions stay between 0 and 1.
    """

    objective: str
    rule: str
    lambda_: float
    bottleneck: str
    draws: int
    seeds: tuple[int, ...]
    ua: float
    sets: dict[str, Any]

    @property
    def label(self) -> str:
        """Of all but rule and lambda."""
        return system_label(self.objective, self.bottleneck, self.draws)

    def strongest(self, part: str, embedding: str) -> str:
        """The probe of :data:`PROBES` that reads the speaker best from an embedding of a set."""
        probes = self.sets[part]["embeddings"][embedding]
        return max(PROBES, key=lambda probe: probes[probe]["accuracy"])

    def accuracy(self, part: str, embedding: str) -> float:
        """Of the strongest probe, between 0 and 1."""
        probes = self.sets[part]["embeddings"][embedding]
        return probes[self.strongest(part, embedding)]["accuracy"]


def leakage_means(leakages: list[dict[str, Any]]) -> list[LeakageMean]:
    """Means over seeds, in the order in which systems first come.

    Another rule, lambda, bottleneck or number of draws is another system.
    """
    by_system: dict[tuple, list[dict[str, Any]]] = {}
    for leakage in leakages:
        key = tuple(leakage[name] for name in _OF_A_SYSTEM)
        by_system.setdefault(key, []).append(leakage)
    return [
        LeakageMean(
            *key,
            seeds=tuple(sorted(leakage["seed"] for leakage in own)),
            ua=_mean([leakage["ua"] for leakage in own]),
            sets=_mean([leakage["sets"] for leakage in own]),
        )
        for key, own in by_system.items()
    ]


def _mean(values: list[Any]) -> Any:
    """Mean of numbers, of lists item by item, of mappings key by key; None if one is None."""
    if any(value is None for value in values):
        return None
    if isinstance(values[0], dict):
        # A set or an embedding that one seed lacks would make a mean of the others only.
        keys = [key for key in values[0] if all(key in value for value in values)]
        return {key: _mean([value[key] for value in values]) for key in keys}
    if isinstance(values[0], list):
        return [_mean(list(items)) for items in zip(*values, strict=True)]
    return float(np.mean(values))
