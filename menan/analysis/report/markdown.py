"""RESULTS.md: the sections of a report laid out as Markdown."""

from pathlib import Path

from menan.analysis import captions
from menan.analysis.cells import as_text, table_of
from menan.analysis.report.overview_captions import Overview, overview_of
from menan.analysis.report.report_sections import report_sections
from menan.analysis.report.section import ReportTable, Section, TableCell
from menan.analysis.results import Results


def report_markdown(results: Results, out: Path, tsne: Path | None) -> str:
    """The text of RESULTS.md.

    Args:
        out: where it will stand.
        tsne: path without suffix, as given to menan-tsne; None shows no picture.
    """
    sections = report_sections(results)
    if tsne is not None:
        picture = tsne.with_name(f"{tsne.name}.png")
        shown = picture.name if picture.parent == out.parent else str(picture)
        sections.append(Section("planes", captions.PLANES, picture=shown))
    head = [f"# Results: {as_text(results.corpus)}" if results.corpus else "# Results"]
    if "generated" in results.corpus.lower():
        head.append(captions.GENERATED)
    if (overview := overview_of(results, as_text(results.corpus))) is not None:
        sections.insert(0, _overview(overview, out))
    return "\n\n".join([*head, *(_section(one, "##") for one in sections)]) + "\n"


def picture_of(out: Path) -> Path:
    """The image of all systems, which stands beside a report in Markdown."""
    return out.with_suffix(".png")


def _overview(overview: Overview, out: Path) -> Section:
    return Section(
        "overview",
        captions.OVERVIEW,
        note=overview.sentences,
        after=overview.caption,
        picture=picture_of(out).name,
        alt=overview.alt,
    )


def _section(section: Section, level: str) -> str:
    blocks = [f"{level} {section.title}"]
    if section.items:
        blocks.append("\n".join(f"- {sentence}" for sentence in section.items))
    blocks += [section.note, *map(_table, section.tables)]
    if section.picture:
        described = as_text(section.alt or section.title).replace("]", "\\]")
        blocks.append(f"![{described}]({section.picture})")
    blocks += [_section(part, f"{level}#") for part in section.parts]
    return "\n\n".join(filter(None, [*blocks, section.after]))


def _table(table: ReportTable) -> str:
    return table_of(
        [_cell(cell) for cell in table.columns],
        [[*map(_cell, row)] for row in table.rows],
        [cell.style == "text" for cell in table.columns],
    )


def _cell(cell: TableCell) -> str:
    text = f"`{cell.text}`" if cell.system else as_text(cell.text)
    return f"{text} {cell.detail}" if cell.detail else text
