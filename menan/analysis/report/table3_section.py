"""The section on the fold models on another corpus."""

from menan.analysis.cells import fixed
from menan.analysis.report.section import (
    ReportTable,
    Section,
    TableCell,
    column_titles,
    headers,
    system_cell,
)
from menan.analysis.tables.table3 import Table3

TITLE = "Table 3: the fold models on another corpus, %"
COLUMNS = ("system", "mean", "min", "max", "UA, one label", "LRAP", "paper: mean, min, max")


def table3_section(table: Table3) -> Section:
    """Table 3, with the baselines in its last rows."""
    rows = [
        (
            system_cell(name),
            TableCell(fixed(own.mean), style="main"),
            *headers(*map(fixed, (own.min, own.max, own.ua_single, own.lrap))),
            TableCell(" ".join(map(fixed, own.paper)) if own.paper else "–", style="quiet"),
        )
        for name, own in table.systems.items()
    ]
    empty = headers(*[""] * (len(COLUMNS) - 2))
    rows += [
        (TableCell(name, style="quiet"), TableCell(fixed(accuracy), style="quiet"), *empty)
        for name, accuracy in table.baselines.items()
    ]
    columns = column_titles(*COLUMNS)
    return Section(
        "table3",
        TITLE,
        "Table 3",
        _note(table),
        tables=(ReportTable("Table 3", columns, tuple(rows)),),
    )


def _note(table: Table3) -> str:
    """On the fold models' accuracy on another corpus."""
    return (
        f"Models trained on one corpus, tested on {table.utterances} utterances of another. A "
        "prediction is right if its emotion was rated positive, neutral if none was; under such a "
        "rule predictions that ignore the speech do well, so they stand in the same table. Mean, "
        "minimum and maximum are over the fold models. UA is the mean recall over the "
        f"{table.single} utterances with one label, LRAP the label-ranking average precision of "
        "the posteriors. The paper's figures are of CMU-MOSEI."
    )
