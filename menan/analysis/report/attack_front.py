"""Several attacks side by side: what each system is good for, and what it reveals."""

from collections import Counter
from collections.abc import Sequence

from menan.analysis.attack.attack_names import (
    ANY,
    EMOTION,
    FRESH,
    INFORMED,
    KNOWN,
    POSTERIORS,
    RIVAL,
    Z,
)
from menan.analysis.attack.attack_result import AttackResult, Estimate
from menan.analysis.cells import fixed, interval_text
from menan.analysis.report.section import ReportTable, TableCell, column_titles, headers

TITLE = "The front: use against leakage"
COLUMNS = (
    *("system", "UA", "one z, × chance", "all z", "all EC(z)", "all, rival's posteriors"),
    *("EER of all", "one z, key known"),
)


def attack_titles(attacks: Sequence[AttackResult]) -> list[str]:
    """The systems; with the names of the files where a system was attacked twice."""
    count = Counter(one.label for one in attacks)
    return [f"{one.label} ({one.name})" if count[one.label] > 1 else one.label for one in attacks]


def front_table(titles: Sequence[str], attacks: Sequence[AttackResult]) -> ReportTable:
    """One row for each attack, and one column for each label that nobody trained on.

    The attackers are those who know the most without the key, on the utterances that nobody trained
    on if there are any.
    """
    labels = list(dict.fromkeys(own.label for one in attacks for own in one.use))
    untrained = [label for label in labels if label != EMOTION]
    rows = []
    for title, one in zip(titles, attacks, strict=True):
        first = _accuracy(one, Z, 0)
        rows.append(
            (
                TableCell(title),
                estimated(_use(one, EMOTION, POSTERIORS)),
                *headers("–" if first is None else fixed(first.value * one.speakers, 2)),
                *(estimated(_accuracy(one, name, -1)) for name in (Z, POSTERIORS, RIVAL)),
                estimated(_eer(one)),
                estimated(_accuracy(one, Z, 0, KNOWN)),
                *(estimated(_gain(one, label)) for label in untrained),
            )
        )
    columns = column_titles(*COLUMNS, *(f"{label}: z − EC(z)" for label in untrained))
    return ReportTable(TITLE, columns, tuple(rows))


def _accuracy(
    one: AttackResult, release: str, place: int, level: str | None = None
) -> Estimate | None:
    """From the fewest (place 0) or the most utterances (-1)."""
    levels = (INFORMED, FRESH) if level is None else (level,)
    rows = [row for row in one.closed if row.release == release and row.level in levels]
    if not rows:
        return None
    last = rows[-1].utterances
    own = {row.level: row for row in rows if row.utterances == last}
    chosen = next(own[name] for name in levels if name in own)
    return chosen.amounts[place].accuracy


def _eer(one: AttackResult) -> Estimate | None:
    rows = {row.level: row for row in one.open_set if row.release == Z}
    level = next((name for name in (INFORMED, FRESH) if name in rows), None)
    if level is None:
        return None
    return [own.eer for own in rows[level].amounts if own.trials == ANY][-1]


def _use(one: AttackResult, label: str, release: str) -> Estimate | None:
    return next((own.ua for own in one.use if own.label == label and own.release == release), None)


def _gain(one: AttackResult, label: str) -> Estimate | None:
    of_z = [own for own in one.use if own.label == label and own.release == Z]
    return of_z[0].minus.get(POSTERIORS) if of_z else None


def estimated(one: Estimate | None) -> TableCell:
    """In percent, with its interval; a dash for nothing."""
    if one is None:
        return TableCell("–")
    return TableCell(fixed(one.value, 1, 100), detail=interval_text(percent(one.interval)))


def percent(interval: tuple[float, float]) -> tuple[float, float]:
    return 100 * interval[0], 100 * interval[1]
