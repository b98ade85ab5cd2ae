"""The Pareto front of UA and speaker leakage."""

from collections.abc import Sequence
from dataclasses import dataclass

from menan.analysis.leakage.result import LeakageMean
from menan.analysis.tradeoff.study import StudySystem


@dataclass(frozen=True)
class FrontMarks:
    """Whether a system is on the front.

    one: by the leakage from one draw.
    many: by the higher leakage of one draw and the mean of many.
    """

    one: bool = False
    many: bool = False


@dataclass(frozen=True)
class ParetoPlace:
    """A system's place.

    front: among the systems with the most seeds.
    scan: whether the system is on either front of all systems with the seeds that all have; such
        a system deserves as many seeds as the others. None without a scan.
    """

    front: FrontMarks
    scan: bool | None


def pareto_places(systems: Sequence[StudySystem]) -> list[ParetoPlace]:
    """The place of each system."""
    # The mean of fewer seeds strays further: the luckiest of many such would make the front.
    most = max(len(system.seeds) for system in systems)
    front = _fronts([system for system in systems if len(system.seeds) == most])
    seeds = scan_seeds(systems)
    scan = _fronts([system.of_seeds(seeds) for system in systems]) if seeds else {}
    places = []
    for system in systems:
        scanned = scan.get(system.label)
        is_scanned = None if scanned is None else scanned.one or scanned.many
        places.append(ParetoPlace(front.get(system.label, FrontMarks()), is_scanned))
    return places


def scan_seeds(systems: Sequence[StudySystem]) -> list[int]:
    """The seeds that all systems have; empty if all have the same number of seeds."""
    if len({len(system.seeds) for system in systems}) == 1:
        return []
    return sorted(set.intersection(*(set(system.seeds) for system in systems)))


def on_front(utility: Sequence[float], leakage: Sequence[float]) -> list[bool]:
    """Whether no other point is as good in both and better in one.

    >>> on_front([60, 55, 50, 60], [9, 5, 7, 9])
    [True, True, False, True]
    """
    points = list(zip(utility, leakage, strict=True))
    return [
        not any(u >= ua and x <= leak and (u, x) != (ua, leak) for u, x in points)
        for ua, leak in points
    ]


def _fronts(systems: Sequence[StudySystem]) -> dict[str, FrontMarks]:
    """By label."""
    heard = [system.heard for system in systems]
    ua = [means.one.ua for means in heard]
    one = [_leakage(means.one) for means in heard]
    many = [max(_leakage(means.one), _leakage(means.many or means.one)) for means in heard]
    marks = map(FrontMarks, on_front(ua, one), on_front(ua, many))
    return {system.label: mark for system, mark in zip(systems, marks, strict=True)}


def _leakage(mean: LeakageMean) -> float:
    return mean.sets["train"].embeddings.v.best.accuracy
