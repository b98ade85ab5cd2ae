"""A section of a report, before it becomes Markdown or HTML."""

from dataclasses import dataclass

# Columns of words, set left.
WORDS = {
    *("figures", "tests", "validates", "measure", "worst speaker", "probed", "value"),
    *("attacker", "strongest", "against", "release"),
}


@dataclass(frozen=True)
class TableCell:
    """One cell.

    system: the system whose name this is; its mark stands before it on the page.
    detail: shown smaller after the text, such as an interval.
    style: ``main`` (bold), ``quiet`` (grey), ``text`` (set left) or empty.
    share: shades the cell, between 0 and 1.
    """

    text: str
    system: str = ""
    detail: str = ""
    style: str = ""
    share: float | None = None


@dataclass(frozen=True)
class ReportTable:
    """A table; the first cell of each row is its header.

    title: a description for screen readers, or the heading above the table if it has a system.
    """

    title: str
    columns: tuple[TableCell, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    system: str = ""
    after: str = ""


@dataclass(frozen=True)
class Section:
    """A section of a report.

    name: its id on the page, unique in a report.
    short: its name in the page's menu.
    note, after: explanations before and after the tables; text between backticks is code.
    items: sentences, shown as a list.
    tables: shown everywhere.
    page_tables: shown on the page only, side by side; fold_tables: on the page, folded away.
    picture: path of an image, shown in Markdown; alt: its description, the title if empty.
    parts: subsections.
    """

    name: str
    title: str
    short: str = ""
    note: str = ""
    after: str = ""
    items: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    page_tables: tuple[ReportTable, ...] = ()
    fold_title: str = ""
    fold_tables: tuple[ReportTable, ...] = ()
    picture: str = ""
    alt: str = ""
    parts: tuple["Section", ...] = ()


def headers(*names: str) -> tuple[TableCell, ...]:
    """Cells of these texts."""
    return tuple(map(TableCell, names))


def column_titles(*names: str) -> tuple[TableCell, ...]:
    """Titles of columns; columns of words are set left."""
    return tuple(TableCell(name, style="text" if name in WORDS else "") for name in names)


def system_cell(name: str, label: str = "") -> TableCell:
    """The name of a system, or its longer label."""
    return TableCell(label or name, system=name)
