"""The result of menan-attack as a short table to read in a terminal."""

from collections.abc import Sequence

from menan.analysis.attack.attack_names import CLOSED
from menan.analysis.attack.attack_result import AttackResult, Difference
from menan.analysis.attack.closed_set import AMOUNTS
from menan.analysis.cells import fixed, interval_text

OPEN_COLUMNS = ("1 x 1", "2 x 2", "5 x 5", "10 x 10", "all x 1", "all x all")


def attack_text(result: AttackResult) -> str:
    """Identification, verification, differences and use, one line per release and level."""
    chance = 1 / result.speakers if result.speakers else 0.0
    lines = [
        f"{result.label}: {result.networks} network(s); closed set of {result.speakers:g} "
        f"speakers, chance {fixed(chance, 1, 100)} %; open set of {result.unseen:g} unseen speakers"
        + (f", trials within a {result.within}" if result.within else "")
    ]
    for utterances in dict.fromkeys(row.utterances for row in result.closed):
        lines += ["", _line(f"speaker accuracy %, {utterances}", "level", AMOUNTS)]
        for row in result.closed:
            if row.utterances == utterances:
                cells = {own.amount: fixed(own.accuracy.value, 1, 100) for own in row.amounts}
                lines.append(_line(row.release, row.level, [cells.get(a, "") for a in AMOUNTS]))
    kinds = [own.trials for row in result.open_set for own in row.amounts]
    for kind in dict.fromkeys(kinds):
        lines += ["", _line(f"EER %, trials: {kind}", "level", OPEN_COLUMNS)]
        for verified in result.open_set:
            cells = {
                f"{own.enrolment} x {own.test}": fixed(own.eer.value, 1, 100)
                for own in verified.amounts
                if own.trials == kind
            }
            found = [cells.get(column, "") for column in OPEN_COLUMNS]
            lines.append(_line(verified.release, verified.level, found))
    if result.comparisons:
        lines += ["", "differences of z, points [95 %]"]
        lines += [f"  {_compared(one)}" for one in result.comparisons if "all" in one.amount]
    for label in dict.fromkeys(one.label for one in result.use):
        own = [one for one in result.use if one.label == label]
        lines += ["", f"UA % on unseen speakers, {label} ({own[0].classes} classes)"]
        for one in own:
            low, high = (100 * end for end in one.ua.interval)
            value = f"{fixed(one.ua.value, 1, 100)} {interval_text((low, high))}"
            lines.append(f"  {one.release:<28} {value}")
    return "\n".join(lines)


def _compared(one: Difference) -> str:
    low, high = (100 * end for end in one.difference.interval)
    what = "accuracy" if one.kind == CLOSED else "EER"
    return (
        f"{what}, {one.measure}, {one.amount}: {one.release} minus {one.against} "
        f"{fixed(one.difference.value, 1, 100)} {interval_text((low, high))}"
    )


def _line(first: str, second: str, cells: Sequence[str]) -> str:
    return f"{first:<30}{second:<13}" + "".join(f"{cell:>11}" for cell in cells)
