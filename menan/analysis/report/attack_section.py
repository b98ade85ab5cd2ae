"""The section on attacks: tables by release and attacker."""

from collections.abc import Sequence

from menan.analysis.attack import attack_captions
from menan.analysis.attack.attack_findings import attack_findings
from menan.analysis.attack.attack_names import CLOSED, OPEN, Z
from menan.analysis.attack.attack_result import (
    AttackResult,
    ClosedSet,
    OpenSet,
)
from menan.analysis.cells import fixed
from menan.analysis.report.attack_front import attack_titles, estimated, front_table
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    headers,
)


def attack_section(attacks: Sequence[AttackResult]) -> Section:
    """One part for each system, named ``attacks-<number>``, after a table of all systems."""
    titles = attack_titles(attacks)
    return Section(
        "attacks",
        attack_captions.ATTACKS,
        "Attacks",
        attack_captions.ATTACKS_NOTE,
        attack_captions.LEVELS_NOTE,
        parts=(
            *_front(titles, attacks),
            *(
                _part(f"attacks-{number}", title, one)
                for number, (title, one) in enumerate(zip(titles, attacks, strict=True))
            ),
        ),
    )


def _front(titles: Sequence[str], attacks: Sequence[AttackResult]) -> list[Section]:
    if len(attacks) < 2:
        return []
    front = front_table(titles, attacks)
    return [Section("attacks-front", front.title, note=attack_captions.FRONT_NOTE, tables=(front,))]


def _part(name: str, title: str, one: AttackResult) -> Section:
    tables = [
        _closed_table(utterances, [row for row in one.closed if row.utterances == utterances])
        for utterances in dict.fromkeys(row.utterances for row in one.closed)
    ]
    kinds = dict.fromkeys(own.trials for row in one.open_set for own in row.amounts)
    tables += [_open_table(kind, one.open_set) for kind in kinds]
    if one.comparisons:
        tables.append(_differences_table(one))
    if one.use:
        tables.append(_uses_table(one))
    return Section(
        name,
        title,
        note=" ".join([attack_captions.attack_facts(one), *attack_captions.learning_notes(one)]),
        items=attack_findings(one),
        parts=tuple(
            Section(f"{name}-table{number}", table.title, tables=(table,))
            for number, table in enumerate(tables)
        ),
    )


def _closed_table(utterances: str, rows: Sequence[ClosedSet]) -> ReportTable:
    amounts = list(dict.fromkeys(own.amount for row in rows for own in row.amounts))
    cells = []
    for row in rows:
        found = {own.amount: own for own in row.amounts}
        values = [
            estimated(found[amount].accuracy) if amount in found else TableCell("–")
            for amount in amounts
        ]
        first, last = row.amounts[0], row.amounts[-1]
        learner = ", ".join(dict.fromkeys((first.learner, last.learner)))
        worst = TableCell(fixed(last.worst, 1, 100), detail=last.worst_speaker)
        bits = TableCell(fixed(first.bits, 2))
        cells.append((TableCell(row.release), *headers(row.level, learner), *values, bits, worst))
    columns = column_titles(
        *("release", "attacker", "strongest", *amounts, "bits of 1", "worst speaker")
    )
    title = f"Speaker accuracy, %, from N {attack_captions.UTTERANCES[utterances]}"
    return ReportTable(title, columns, tuple(cells))


def _open_table(kind: str, rows: Sequence[OpenSet]) -> ReportTable:
    found = {
        (row.release, row.level): {
            f"{own.enrolment} x {own.test}": own for own in row.amounts if own.trials == kind
        }
        for row in rows
    }
    amounts = list(dict.fromkeys(amount for own in found.values() for amount in own))
    cells = []
    for (release, level), own in found.items():
        last = own[amounts[-1]]
        values = [estimated(own[a].eer) if a in own else TableCell("–") for a in amounts]
        cells.append(
            (
                TableCell(release),
                *headers(level, last.back_end),
                *values,
                *headers(fixed(last.hits, 1, 100), fixed(last.linkability, 2)),
                TableCell(fixed(last.worst, 1, 100), detail=last.worst_speaker),
                *headers(f"{last.targets} + {last.others}"),
            )
        )
    columns = column_titles(
        *("release", "attacker", "strongest", *amounts),
        *("hits at 1 %", "D_sys", "worst speaker", "trials"),
    )
    title = f"EER, %, of unseen speakers: {attack_captions.TRIALS[kind]}"
    return ReportTable(title, columns, tuple(cells))


def _differences_table(one: AttackResult) -> ReportTable:
    names = {CLOSED: "accuracy", OPEN: "EER"}
    rows = tuple(
        (
            TableCell(f"{names[own.kind]}, {own.measure}"),
            *headers(own.amount, own.against),
            estimated(own.difference),
        )
        for own in one.comparisons
    )
    columns = column_titles(*attack_captions.DIFFERENCES_COLUMNS)
    return ReportTable("Differences of z, points", columns, rows)


def _uses_table(one: AttackResult) -> ReportTable:
    of_z = {own.label: own for own in one.use if own.release == Z}
    rows = []
    for own in one.use:
        z = of_z.get(own.label)
        minus = z.minus.get(own.release) if z is not None else None
        rows.append(
            (
                TableCell(f"{own.label} ({own.classes} classes)"),
                *headers(own.release),
                estimated(own.ua),
                TableCell("") if minus is None else estimated(minus),
            )
        )
    columns = column_titles(*attack_captions.USES_COLUMNS)
    return ReportTable(attack_captions.USES, columns, tuple(rows))
