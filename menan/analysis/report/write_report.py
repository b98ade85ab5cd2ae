"""The files of a report: RESULTS.md, its JSON and its page."""

import json
from pathlib import Path

from menan.analysis.looks import system_looks
from menan.analysis.report.markdown import picture_of, report_markdown
from menan.analysis.report.overview import reported_systems
from menan.analysis.report.overview_captions import overview_of
from menan.analysis.tables.collect import ReportSources, collect
from menan.errors import InputError
from menan.files.atomic import write_together
from menan.files.mapping import to_mapping


def write_report(
    sources: ReportSources, out: Path, json_file: Path | None = None, html: Path | None = None
) -> str:
    """Write a report, all files of it or none, and return its Markdown.

    Args:
        out: Markdown file to write; its picture is written beside it, with the suffix ``.png``.
        json_file, html: written too unless None; the page needs ``sources.exp``.

    Raises:
        InputError: a source that is missing or incomplete, or ``out`` with a picture's name.
    """
    if html is not None and sources.exp is None and sources.attacks is None:
        raise InputError("--html shows the trainings of --exp or --attacks; give one of them")
    if out == picture_of(out):
        raise InputError(f"{out}: --out is for text; give a name that ends in .md")
    if sources.tsne is not None and sources.tsne == out.with_suffix(""):
        raise InputError(f"{out}: its picture has the name of that of --tsne; give another --out")
    results, runs = collect(sources)
    text = report_markdown(results, out, sources.tsne)
    files: dict[Path, str | bytes] = {out: text}
    if json_file is not None:
        files[json_file] = json.dumps(to_mapping(results), indent=1) + "\n"
    if html is not None:
        from menan.analysis.report.page import report_page  # with matplotlib

        tsne = sources.tsne
        coordinates = tsne.with_name(f"{tsne.name}.tsv") if tsne is not None else None
        files[html] = report_page(results, runs, coordinates)
    if (overview := overview_of(results, results.corpus)) is not None:
        from menan.analysis.report.overview_chart import overview_image  # with matplotlib

        styles = system_looks(reported_systems(results))
        files[picture_of(out)] = overview_image(overview, styles)
    write_together(files)
    return text
