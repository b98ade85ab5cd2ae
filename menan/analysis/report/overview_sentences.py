"""The sentences beside the picture at the top of a report, made from its figures by fixed rules."""

from collections.abc import Sequence

from menan.analysis.cells import fixed, span
from menan.analysis.protocols import protocol_of
from menan.analysis.report.overview import NAMES, OverviewRow, kinds_of
from menan.analysis.results import Results, Table2
from menan.analysis.tables.findings import HIGH, LEVEL

PERCENT = "\u00a0%"  # not to be parted from its figure
NOT_MEASURED = (
    "How much of the speaker is left was not measured: `menan-probe` measures it, and `--leakage` "
    "adds it to this report."
)


def overview_sentences(rows: Sequence[OverviewRow], results: Results) -> str:
    """How good and how sure; how much of the speaker is left. Text between backticks is code."""
    sentences = []
    # The tests compare the systems of Table 2, which come first.
    compared = rows if results.table2 is None else rows[: len(results.table2.systems)]
    if scored := [row for row in compared if row.ua is not None and row.ua.interval is not None]:
        sentences.append(_accuracy(scored, results))
    if leaking := [row for row in rows if row.marks(("probe", "attack"))]:
        sentences.append(_speaker(leaking))
    else:
        sentences.append(NOT_MEASURED)
    return " ".join(sentences)


def _accuracy(rows: Sequence[OverviewRow], results: Results) -> str:
    tested = protocol_of(results.config).tested
    best = max(rows, key=lambda row: row.marks(("ua",))[0].value)
    (ua,) = best.marks(("ua",))
    assert ua.interval is not None, "rows without an interval are not compared"
    low, high = (fixed(end, 1) for end in ua.interval)
    sure = f"(95{PERCENT} interval {low} to {high}; chance {_percent(ua.chance)})"
    if len(rows) == 1:
        return f"`{best.label}` reaches a UA of {_percent(ua.value)} on {tested} {sure}."
    verdict = "" if results.table2 is None else _verdict(results.table2)
    return f"The highest UA on {tested} is {_percent(ua.value)}, by `{best.label}` {sure}{verdict}."


def _verdict(table: Table2) -> str:
    pairs = [row for row in table.comparisons if row.measure == "ua"]
    certain = sum(row.p_holm < LEVEL for row in pairs)
    if not pairs:
        return ""
    if not certain:
        return "; the paired tests find no difference between systems"
    if len(pairs) == 1:
        return "; the paired test finds a difference"
    return f"; the paired tests find a difference in {certain} of {len(pairs)} pairs of systems"


def _speaker(rows: Sequence[OverviewRow]) -> str:
    kinds = kinds_of(rows, ("probe", "attack"))
    readable = sum(
        any(mark.value > HIGH * mark.chance for mark in row.marks(kinds)) for row in rows
    )
    if len(rows) == 1:
        where = "can still be read" if readable else "can hardly be read"
    elif not readable:
        where = "can hardly be read in any system"
    elif readable == len(rows):
        where = "can still be read in every system"
    else:
        where = f"can still be read in {readable} of {len(rows)} systems"
    found = "; ".join(f"the {NAMES[kind]} is right in {_range(rows, kind)}" for kind in kinds)
    return f"The speaker {where}: {found}."


def _range(rows: Sequence[OverviewRow], kind: str) -> str:
    own = [(mark, row.label) for row in rows for mark in row.marks((kind,))]
    (least, lowest), (most, highest) = (
        choose(own, key=lambda pair: pair[0].value) for choose in (min, max)
    )
    chance = f"(chance {span([mark.chance for mark, _ in own], 1)}{PERCENT})"
    if len(own) == 1:
        return f"{_percent(least.value)} of its guesses {chance}"
    ends = (f"{_percent(least.value)} (`{lowest}`)", f"{_percent(most.value)} (`{highest}`)")
    return f"{' to '.join(ends)} of its guesses {chance}"


def _percent(value: float) -> str:
    return f"{fixed(value, 1)}{PERCENT}"
