"""The section on leakage: one table per probed set."""

from collections.abc import Mapping, Sequence

from menan.analysis import captions
from menan.analysis.cells import fixed, interval_text
from menan.analysis.leakage.result import (
    EmbeddingLeakage,
    LeakageMean,
    ReportedLeakage,
    leakage_means,
)
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    headers,
    system_cell,
)
from menan.analysis.results import Table2


def leakage_section(leakages: Sequence[ReportedLeakage], table: Table2 | None) -> Section:
    """Means over seeds, with each system's own speaker classifier beside the probes."""
    means = leakage_means(leakages)
    adversaries = {}
    if table is not None:
        adversaries = {name: own.adversary.accuracy for name, own in table.systems.items()}
    parts = [
        _part(name, title, [mean for mean in means if name in mean.sets], adversaries)
        for name, title in captions.SET_TITLES.items()
        if any(name in mean.sets for mean in means)
    ]
    return Section(
        "leakage",
        captions.LEAKAGE,
        "Leakage",
        captions.leakage_note(means),
        captions.LEAKAGE_AFTER,
        parts=tuple(parts),
    )


def _part(
    name: str, title: str, means: Sequence[LeakageMean], adversaries: Mapping[str, float]
) -> Section:
    rows = []
    with_rule = len({mean.rule for mean in means}) > 1
    raw = [mean.sets[name].embeddings.raw for mean in means]
    # The input is the same for all networks that were trained on the same speakers.
    shared = len(means) > 1 and all(one == raw[0] for one in raw)
    for mean in means:
        label = f"{mean.label}, {mean.rule}" if with_rule else mean.label
        for kind, found in mean.sets[name].embeddings.by_name.items():
            if kind == "raw" and shared:
                continue
            own = adversaries.get(mean.system) if (name, kind) == ("train", "v") else None
            ua = fixed(mean.ua) if kind == "v" else ""
            first = system_cell(mean.system, label)
            rows.append(_row(first, kind, ua, "" if own is None else fixed(own, 1), found))
    if shared and raw[0] is not None:
        rows.append(_row(TableCell("any"), "raw", "", "", raw[0]))
    columns = column_titles(
        *("system", "probed", "UA", "own SC", *captions.PROBE_TITLES.values()),
        *("control", "selectivity", "nats", "EER", "gender"),
    )
    table = ReportTable(f"Leakage of {title}", columns, tuple(rows))
    note = captions.set_note([mean.sets[name] for mean in means])
    if without := [mean.label for mean, one in zip(means, raw, strict=True) if one is None]:
        note += f" The input of {', '.join(without)} was not probed: there is no ceiling."
    return Section(f"leakage-{name}", title.capitalize(), note=note, tables=(table,))


def _row(
    first: TableCell, kind: str, ua: str, own_sc: str, found: EmbeddingLeakage
) -> tuple[TableCell, ...]:
    kind_cell = TableCell(captions.INPUT_TITLES[kind], style="text")
    return (first, kind_cell, *headers(ua, own_sc), *_probe_cells(found))


def _probe_cells(found: EmbeddingLeakage) -> list[TableCell]:
    cells = []
    for name, probe in found.probes.items():
        low, high = probe.interval
        cells.append(
            TableCell(
                fixed(probe.accuracy, 1, 100),
                detail=interval_text((100 * low, 100 * high)),
                style="main" if name == found.strongest else "",
            )
        )
    cells += headers(
        fixed(found.best.control, 1, 100),
        fixed(found.best.selectivity, 1, 100),
        fixed(found.least_nats, 3),
        fixed(found.eer, 1, 100),
    )
    if found.gender is None:
        return [*cells, TableCell("–")]
    majority = f"({fixed(found.gender.majority, 1, 100)})"
    return [*cells, TableCell(fixed(found.gender.accuracy, 1, 100), detail=majority)]
