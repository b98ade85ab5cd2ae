"""What the picture at the top of a report shows: how good each system is, how much speaker is left.

All figures are in per cent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from menan.analysis.attack.attack_names import EMOTION, KNOWN, POSTERIORS, RIVAL, Z
from menan.analysis.attack.attack_result import AttackResult
from menan.analysis.leakage.result import LeakageMean, ReportedLeakage, leakage_means
from menan.analysis.report.attack_front import attack_titles, percent
from menan.analysis.results import Results, Table2

# The kinds of mark, as sentences call them.
NAMES = {"ua": "UA", "probe": "strongest probe", "attack": "strongest attack"}
PROBED = "train"  # the probed set of the picture: other utterances of the training speakers


@dataclass(frozen=True)
class Mark:
    """A figure with its 95 % interval, None if it has none, and the figure of guessing."""

    value: float
    interval: tuple[float, float] | None
    chance: float


@dataclass(frozen=True)
class OverviewRow:
    """One system.

    label: its name in the picture.
    system: names its colour and marker.
    ua: on what was held out; None if it is not known.
    probe, attack: accuracy of the strongest probe and of the strongest attack without the key, at
        naming the speaker; None without any.
    ceiling: accuracy of the strongest probe of the network's input; None if it was not probed.
    speakers: UA of each test speaker.
    """

    label: str
    system: str
    ua: Mark | None
    probe: Mark | None = None
    attack: Mark | None = None
    ceiling: float | None = None
    speakers: tuple[float, ...] = ()

    def marks(self, kinds: Sequence[str]) -> list[Mark]:
        """The marks that it has among ``ua``, ``probe`` and ``attack``."""
        found = (getattr(self, kind) for kind in kinds)
        return [mark for mark in found if mark is not None]


def overview_rows(results: Results) -> tuple[OverviewRow, ...]:
    """One row per trained system, then systems of other reports and attacked ones.

    An attack joins the row of its system if both have the same label. Empty for results that have
    neither Table 2 nor attacks.
    """
    attacks = dict(zip(attack_titles(results.attacks), results.attacks, strict=True))
    rows = []
    if results.table2 is not None:
        for row in _trained(results.table2, probed_means(results.leakage, results.table2.rule)):
            joined = attacks.pop(row.label, None)
            rows.append(row if joined is None else replace(row, attack=_attack(joined, Z)))
        rows += _other_reports(results.beside, results.table2)
    for title, one in attacks.items():
        rows += _attacked(title, one)
    return tuple(rows)


def reported_systems(results: Results) -> list[str]:
    """The systems with figures in a report, and those that its picture shows beside them."""
    names = [row.system for row in overview_rows(results)]
    names += [mean.system for mean in (*results.leakage, *results.beside)]
    for table in (results.table2, results.table3):
        names += list(table.systems) if table is not None else []
    return names


def kinds_of(rows: Sequence[OverviewRow], kinds: Sequence[str]) -> tuple[str, ...]:
    """Those of some kinds of mark, of :data:`NAMES`, that any row has."""
    return tuple(kind for kind in kinds if any(row.marks((kind,)) for row in rows))


def probed_means(leakages: Sequence[ReportedLeakage], rule: str) -> list[LeakageMean]:
    """What is shown of some probes: means over seeds by one selection rule.

    Args:
        rule: shown if it was probed, else the first rule that was.
    """
    means = leakage_means([one for one in leakages if PROBED in one.sets])
    if means and rule not in {mean.rule for mean in means}:
        rule = means[0].rule
    return [mean for mean in means if mean.rule == rule]


def _trained(table: Table2, means: Sequence[LeakageMean]) -> Iterator[OverviewRow]:
    """With the strongest probe of each system: of one draw, or of the mean of many."""
    chance = 100 / len(table.emotions)
    for name, system in table.systems.items():
        row = OverviewRow(
            label=name,
            system=name,
            ua=Mark(system.ua.test, system.ua.interval, chance),
            speakers=tuple(one.ua for one in system.speakers.values()),
        )
        own = [mean for mean in means if mean.system == name]
        if own:
            strongest = max(own, key=lambda mean: _probe(mean).value)
            row = replace(
                row,
                label=replace(strongest, draws=1).label,
                probe=_probe(strongest),
                ceiling=_ceiling(strongest),
            )
        yield row


def _other_reports(leakages: Sequence[ReportedLeakage], table: Table2) -> Iterator[OverviewRow]:
    """Other reports tell no interval of the UA of their systems."""
    for mean in probed_means(leakages, table.rule):
        ua = Mark(mean.ua, None, 100 / len(table.emotions))
        label = f"{mean.label} (other report)"
        yield OverviewRow(label, mean.system, ua, _probe(mean), ceiling=_ceiling(mean))


def _attacked(title: str, one: AttackResult) -> Iterator[OverviewRow]:
    """The attacked system, and the posteriors of its unprotected rival if there is one."""
    yield OverviewRow(
        title, one.system or title, _attacked_ua(one, POSTERIORS), attack=_attack(one, Z)
    )
    if one.rival:
        title = f"{one.rival}'s posteriors ({one.name})"
        ua = _attacked_ua(one, RIVAL)
        yield OverviewRow(title, one.rival, ua, attack=_attack(one, RIVAL))


def _probe(mean: LeakageMean) -> Mark:
    found = mean.sets[PROBED]
    best = found.embeddings.v.best
    return Mark(100 * best.accuracy, percent(best.interval), 100 * found.chance)


def _ceiling(mean: LeakageMean) -> float | None:
    raw = mean.sets[PROBED].embeddings.raw
    return None if raw is None else 100 * raw.best.accuracy


def _attack(one: AttackResult, release: str) -> Mark | None:
    """The highest accuracy by any attacker without the key, from any number of utterances."""
    found = [
        amount.accuracy
        for row in one.closed
        if row.release == release and row.level != KNOWN
        for amount in row.amounts
    ]
    if not found:
        return None
    best = max(found, key=lambda accuracy: accuracy.value)
    return Mark(100 * best.value, percent(best.interval), 100 / one.speakers)


def _attacked_ua(one: AttackResult, release: str) -> Mark | None:
    for use in one.use:
        if use.label == EMOTION and use.release == release:
            return Mark(100 * use.ua.value, percent(use.ua.interval), 100 / use.classes)
    return None
