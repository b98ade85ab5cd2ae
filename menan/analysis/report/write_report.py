"""The files of a report: RESULTS.md, its JSON and its page."""

import json
from pathlib import Path

from menan.analysis.looks import system_looks
from menan.analysis.report.markdown import picture_of, report_markdown
from menan.analysis.report.overview import reported_systems
from menan.analysis.report.overview_captions import overview_of
from menan.analysis.tables.collect import ReportSources, collect
from menan.errors import InputError
from menan.files.atomic import atomic_path, write_together
from menan.files.mapping import to_mapping


def write_report(
    sources: ReportSources, out: Path, json_file: Path | None = None, html: Path | None = None
) -> str:
    """Write a report, all files of it or none, and return its Markdown.

    Args:
        out: Markdown file to write; its picture is written beside it, with the suffix ``.png``.
        json_file, html: written too unless None; the page needs ``sources.exp``.

    Raises:
        InputError: a source that is missing or incomplete, or ``out`` with the picture's name.
    """
    if html is not None and sources.exp is None and sources.attacks is None:
        raise InputError("--html shows the trainings of --exp or --attacks; give one of them")
    if out == picture_of(out):
        raise InputError(f"{out}: --out is for text; give a name that ends in .md")
    results, runs = collect(sources)
    text = report_markdown(results, out, sources.tsne)
    files = {out: text}
    if json_file is not None:
        files[json_file] = json.dumps(to_mapping(results), indent=1) + "\n"
    if html is not None:
        from menan.analysis.report.page import report_page  # with matplotlib

        tsne = sources.tsne
        coordinates = tsne.with_name(f"{tsne.name}.tsv") if tsne is not None else None
        files[html] = report_page(results, runs, coordinates)
    overview = overview_of(results, results.corpus)
    if overview is None:
        write_together(files)
        return text
    from menan.analysis.report.overview_chart import draw_overview  # with matplotlib

    with atomic_path(picture_of(out)) as beside:
        draw_overview(overview, system_looks(reported_systems(results)), beside)
        write_together(files)
    return text
