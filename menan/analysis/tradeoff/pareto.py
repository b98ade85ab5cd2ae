"""Which systems are on the front: no other is as good in UA and leakage, and better in one."""

from typing import Any

from menan.analysis.leakage.means import LeakageMean
from menan.analysis.tradeoff.study import System


def marked(systems: list[System]) -> list[dict[str, Any]]:
    """Of each system where it stands.

    ``front`` compares the systems with the most seeds: by one draw (``one``), and by the worse of
    one draw and the mean of many (``many``). ``scan`` compares all systems on the seeds that all
    have; who is on either of its fronts deserves as many as the others. None without a scan.
    """
    # The mean of fewer seeds strays further: the luckiest of many such would make the front.
    most = max(len(system.seeds) for system in systems)
    front = _fronts([system for system in systems if len(system.seeds) == most])
    seeds = scan_seeds(systems)
    scan = _fronts([system.of_seeds(seeds) for system in systems]) if seeds else {}
    nowhere = {"one": False, "many": False}
    return [
        {
            "front": front.get(system.label, nowhere),
            "scan": any(scan[system.label].values()) if scan else None,
        }
        for system in systems
    ]


def scan_seeds(systems: list[System]) -> list[int]:
    """The seeds that all systems have, where some have more."""
    if len({len(system.seeds) for system in systems}) == 1:
        return []
    return sorted(set.intersection(*(set(system.seeds) for system in systems)))


def on_front(utility: list[float], leakage: list[float]) -> list[bool]:
    """Whether no other point is as good in both and better in one.

    >>> on_front([60, 55, 50, 60], [9, 5, 7, 9])
    [True, True, False, True]
    """
    points = list(zip(utility, leakage, strict=True))
    return [
        not any(u >= ua and x <= leak and (u, x) != (ua, leak) for u, x in points)
        for ua, leak in points
    ]


def _fronts(systems: list[System]) -> dict[str, dict[str, bool]]:
    """By label, and by the two leakages of :func:`marked`."""
    heard = [system.heard for system in systems]
    ua = [means.one.ua for means in heard]
    one = [_leakage(means.one) for means in heard]
    many = [max(_leakage(means.one), _leakage(means.many or means.one)) for means in heard]
    marks = zip(on_front(ua, one), on_front(ua, many), strict=True)
    return {
        system.label: {"one": by_one, "many": by_many}
        for system, (by_one, by_many) in zip(systems, marks, strict=True)
    }


def _leakage(mean: LeakageMean) -> float:
    return mean.accuracy("train", "v")
