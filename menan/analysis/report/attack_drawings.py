"""Curves of attacks over the amount of speech."""

from collections.abc import Sequence
from typing import TypeVar

from markupsafe import Markup

from menan.analysis.attack.attack_names import ANY, FRESH, INFORMED
from menan.analysis.attack.attack_result import AttackResult, ClosedSet, OpenSet
from menan.analysis.looks import Look, class_looks
from menan.analysis.report.attack_front import percent
from menan.analysis.report.charts import AmountLine, amounts_chart
from menan.analysis.report.drawing import Drawing

DRAWN = (INFORMED, FRESH)  # levels of the curves: the first that a release has

Row = TypeVar("Row", ClosedSet, OpenSet)


def attack_drawings(attacks: Sequence[AttackResult]) -> dict[str, Drawing]:
    """By the names of the parts of :func:`menan.analysis.report.attack_section.attack_section`."""
    releases = dict.fromkeys(row.release for one in attacks for row in one.closed)
    looks = class_looks(list(releases))
    names = [f"attacks-{number}" for number in range(len(attacks))]
    return {name: _drawing(name, one, looks) for name, one in zip(names, attacks, strict=True)}


def _drawing(name: str, one: AttackResult, looks: dict[str, Look]) -> Drawing:
    figures: list[tuple[Markup, str]] = []
    for utterances in dict.fromkeys(row.utterances for row in one.closed):
        rows = [row for row in one.closed if row.utterances == utterances]
        lines = {
            row.release: AmountLine(
                tuple(own.amount for own in row.amounts),
                tuple(100 * own.accuracy.value for own in row.amounts),
                tuple(percent(own.accuracy.interval) for own in row.amounts),
            )
            for row in _strongest(rows)
        }
        chance = {"chance": 100 / one.speakers}
        unit = "speaker accuracy, %"
        figures.append(
            (amounts_chart(f"{name}-{utterances}", lines, looks, unit, chance), utterances)
        )
    lines = {}
    for row in _strongest(one.open_set):
        same = [own for own in row.amounts if own.trials == ANY and own.enrolment == own.test]
        if same:
            lines[row.release] = AmountLine(
                tuple(own.test for own in same),
                tuple(100 * own.eer.value for own in same),
                tuple(percent(own.eer.interval) for own in same),
            )
    if lines:
        chart = amounts_chart(f"{name}-open", lines, looks, "EER, %", {"unlinkable": 50.0})
        figures.append((chart, "unseen speakers, N against N"))
    shown = {row.release: looks[row.release] for row in one.closed}
    return Drawing((("Release", shown),), tuple(figures))


def _strongest(rows: Sequence[Row]) -> list[Row]:
    """One row of each release: of the attacker who knows the most without the key."""
    found: dict[str, Row] = {}
    for level in DRAWN:
        for row in rows:
            if row.level == level:
                found.setdefault(row.release, row)
    return list(found.values())
