"""Published systems and those of the experiment in one table."""

from menan.analysis.cells import fixed
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    system_cell,
)
from menan.analysis.tables.published import PublishedTable


def published_section(table: PublishedTable) -> Section:
    """The best system stands first, whoever trained it."""
    rows: list[tuple[float, tuple[TableCell, ...]]] = []
    for name, figure in table.systems.items():
        published = (TableCell("published", style="text"), TableCell(fixed(figure)), TableCell(""))
        rows.append((figure, (TableCell(name), *published)))
    for name, own in table.here.items():
        here = TableCell(f"here, {own.seeds} seeds", style="text")
        figures = (TableCell(fixed(own.one_seed), style="main"), TableCell(fixed(own.all_seeds)))
        rows.append((own.one_seed, (system_cell(name), here, *figures)))
    rows.sort(key=lambda row: row[0], reverse=True)
    measure = table.measure.upper()
    columns = column_titles("system", "figures", measure, f"{measure}, seeds averaged")
    return Section(
        "published",
        "Beside published results, %",
        "Published results",
        _note(table, measure),
        tables=(ReportTable("Published results", columns, tuple(row for _, row in rows)),),
    )


def _note(table: PublishedTable, measure: str) -> str:
    return (
        f"{table.protocol} Figures are {measure} of each held-out group's test utterances, then "
        "means over groups; those of this experiment are also means over seeds. In the last column "
        "the posteriors of all seeds are averaged before the decision, which is one system of "
        f"several networks. Published figures: {table.citation}"
    )
