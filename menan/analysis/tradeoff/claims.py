"""What the rows of the front say of hiding the speaker, in sentences made from them."""

from typing import Any

from menan.analysis.leakage.names import system_label
from menan.analysis.tables.cells import fixed
from menan.analysis.tradeoff.study import BASELINE

MOST = 2  # times chance


def front_findings(rows: list[dict[str, Any]]) -> list[str]:
    """Which systems hide the speaker from probes of one draw at no loss that shows, and from many.

    Only those with the most seeds are asked. A loss shows where the interval of the UA's difference
    to the baseline lies below 0.
    """
    most = most_seeds(rows)
    asked = [row for row in rows if len(row["seeds"]) == most]
    low = [row for row in asked if row["one"]["times_chance"] <= MOST]
    kept = [row for row in low if row["difference"]["interval"][1] >= 0]
    if kept:
        return [
            " ".join([f"{_one_draw(row)}, {_cost(row)}.", _many_draws(row), *_unheard(row)])
            for row in kept
        ]
    sentence = (
        f"None of the systems with {_seeds(most)} brings the strongest fresh probe of one draw to "
        f"{MOST} times chance or less at a UA whose difference to `{BASELINE}` without a "
        "bottleneck has an interval that includes or exceeds 0."
    )
    least = min(asked, key=lambda row: row["one"]["times_chance"])
    return [f"{sentence} The least is found of {_one_draw(least)}, {_cost(least)}."]


def scan_finding(rows: list[dict[str, Any]], seeds: list[int]) -> str | None:
    """Whom the scan puts on its front, and which of them lack seeds; None if all have as many.

    Args:
        seeds: those that all systems have.
    """
    most = most_seeds(rows)
    if all(len(row["seeds"]) == most for row in rows):
        return None
    if not seeds:
        return f"No seed is common to all systems: those with fewer than {most} are not compared."
    scanned = [row for row in rows if row["scan"]]
    lacking = [row_label(row) for row in scanned if len(row["seeds"]) < most]
    sentence = (
        f"Scan: with seed {', '.join(map(str, seeds))} alone, which all systems have, the front is "
        f"{'; '.join(map(row_label, scanned))}."
    )
    if lacking:
        return f"{sentence} Of these fewer than {_seeds(most)} have {'; '.join(lacking)}."
    return f"{sentence} All of these have {_seeds(most)}."


def most_seeds(rows: list[dict[str, Any]]) -> int:
    """How many seeds the rows have that are compared."""
    return max(len(row["seeds"]) for row in rows)


def row_label(row: dict[str, Any]) -> str:
    """A row's system with bottleneck and lambda."""
    return f"`{system_label(row['system'], row['bottleneck'])}`, λ {row['lambda']:g}"


def _seeds(number: int) -> str:
    return f"{number} seed{'s' if number != 1 else ''}"


def _one_draw(row: dict[str, Any]) -> str:
    return (
        f"{row_label(row)}: the strongest fresh probe of one draw names {_named(row['one'])} the "
        f"training speakers' utterances rightly, {row['one']['times_chance']:.1f} times chance"
    )


def _cost(row: dict[str, Any]) -> str:
    difference = row["difference"]
    low, high = (fixed(end, 1) for end in difference["interval"])
    return (
        f"at a UA difference to `{BASELINE}` without a bottleneck of {fixed(difference['mean'])} "
        f"points [{low}, {high}]"
    )


def _many_draws(row: dict[str, Any]) -> str:
    if row["many"] is None:
        return "Its embedding is not random, so there are no draws to average."
    return (
        f"Of the mean of {row['draws']} draws it names {_named(row['many'])} them, "
        f"{row['many']['times_chance']:.1f} times chance."
    )


def _unheard(row: dict[str, Any]) -> list[str]:
    if row["unheard"] is None:
        return []
    one, many = row["unheard"]["one"], row["unheard"]["many"]
    of_one = f"{_named(one)} one draw, {one['times_chance']:.1f} times chance"
    of_mean = many and f", and {_named(many)} the mean, {many['times_chance']:.1f} times"
    return [f"In utterances of theirs that no training heard: {of_one}{of_mean or ''}."]


def _named(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return f"{found['accuracy']:.1f} % [{low:.1f}, {high:.1f}] of"
