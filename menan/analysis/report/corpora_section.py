"""The section on the corpora that stand side by side."""

from menan.analysis.cells import fixed, interval_text
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    headers,
    system_cell,
)
from menan.analysis.results import Table2

TITLE = "Corpora, %"
NOTE = (
    "All test utterances of a corpus and all seeds count alike. In brackets the 95 % interval of a "
    "bootstrap over speakers, then utterances, then seeds."
)


def corpora_section(table: Table2) -> Section:
    """Accuracy of every system on each corpus."""
    rows = tuple(
        (
            system_cell(name),
            TableCell(corpus, style="text"),
            TableCell(str(own.speakers)),
            TableCell(str(own.utterances)),
            TableCell(fixed(own.wa), detail=interval_text(own.wa_interval)),
            TableCell(fixed(own.ua), detail=interval_text(own.ua_interval), style="main"),
        )
        for name, system in table.systems.items()
        for corpus, own in system.corpora.items()
    )
    titles = column_titles("system")
    titles += (TableCell("corpus", style="text"), *headers("speakers", "utterances", "WA", "UA"))
    return Section(
        "corpora", TITLE, "Corpora", NOTE, tables=(ReportTable("Accuracy by corpus", titles, rows),)
    )
