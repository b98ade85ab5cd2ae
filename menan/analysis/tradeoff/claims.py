"""Sentences on hiding the speaker, made from the points of the front by fixed rules."""

from collections.abc import Sequence

from menan.analysis.cells import fixed, interval_text
from menan.analysis.tradeoff.points import StrongestProbe, StudyPoint

MOST = 2  # times chance


def front_findings(rows: Sequence[StudyPoint], reference: str) -> tuple[str, ...]:
    """Which systems hide the speaker from probes of one draw without a visible loss of UA.

    Only systems with the most seeds are considered. A loss is visible if the interval of the UA's
    difference to the reference lies below 0.
    """
    most = most_seeds(rows)
    considered = [row for row in rows if len(row.seeds) == most]
    low = [row for row in considered if row.one.times_chance <= MOST]
    kept = [row for row in low if row.difference.interval[1] >= 0]
    if kept:
        return tuple(
            " ".join(
                [f"{_one_draw(row)}, {_cost(row, reference)}.", _many_draws(row), *_unheard(row)]
            )
            for row in kept
        )
    least = min(considered, key=lambda row: row.one.times_chance)
    return (
        f"None of the systems with {_seeds(most)} brings the strongest fresh probe of one draw to "
        f"{MOST} times chance or less at a UA whose difference to `{reference}` without a "
        "bottleneck has an interval that includes or exceeds 0. The lowest leakage: "
        f"{_one_draw(least)}, {_cost(least, reference)}.",
    )


def scan_finding(rows: Sequence[StudyPoint], seeds: Sequence[int]) -> str | None:
    """The front of the scan, and which of its systems lack seeds; None if all have as many.

    Args:
        seeds: those that all systems have.
    """
    most = most_seeds(rows)
    if all(len(row.seeds) == most for row in rows):
        return None
    if not seeds:
        return f"No seed is common to all systems: those with fewer than {most} are not compared."
    scanned = [row for row in rows if row.scan]
    lacking = [row.label for row in scanned if len(row.seeds) < most]
    sentence = (
        f"Scan: with seed {', '.join(map(str, seeds))} alone, which all systems have, the front is "
        f"{'; '.join(row.label for row in scanned)}."
    )
    if lacking:
        return f"{sentence} With fewer than {_seeds(most)}: {'; '.join(lacking)}."
    return f"{sentence} All of these have {_seeds(most)}."


def most_seeds(rows: Sequence[StudyPoint]) -> int:
    """The number of seeds of the systems that are compared."""
    return max(len(row.seeds) for row in rows)


def _seeds(number: int) -> str:
    return f"{number} seed{'s' if number != 1 else ''}"


def _one_draw(row: StudyPoint) -> str:
    return (
        f"{row.label}: the strongest fresh probe of one draw identifies the speaker of "
        f"{_accuracy(row.one)} of the training utterances, {row.one.times_chance:.1f} times chance"
    )


def _cost(row: StudyPoint, reference: str) -> str:
    return (
        f"at a UA difference to `{reference}` without a bottleneck of "
        f"{fixed(row.difference.mean)} points {interval_text(row.difference.interval)}"
    )


def _many_draws(row: StudyPoint) -> str:
    if row.many is None:
        return "Its embedding is not random, so there are no draws to average."
    return (
        f"From the mean of {row.draws} draws it identifies {_accuracy(row.many)}, "
        f"{row.many.times_chance:.1f} times chance."
    )


def _unheard(row: StudyPoint) -> list[str]:
    if row.unheard is None:
        return []
    one, many = row.unheard.one, row.unheard.many
    mean = ""
    if many is not None:
        mean = f", and {_accuracy(many)} from the mean, {many.times_chance:.1f} times"
    return [
        f"In the same speakers' utterances that no training heard: {_accuracy(one)} from one draw, "
        f"{one.times_chance:.1f} times chance{mean}."
    ]


def _accuracy(found: StrongestProbe) -> str:
    return f"{found.accuracy:.1f} % {interval_text(found.interval)}"
