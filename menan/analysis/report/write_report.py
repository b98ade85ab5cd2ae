"""The files of a report: RESULTS.md, its JSON and its page."""

import json
from pathlib import Path

from menan.analysis.report.markdown import report_markdown
from menan.analysis.tables.collect import ReportSources, collect
from menan.errors import InputError
from menan.files.atomic import write_together
from menan.files.mapping import to_mapping


def write_report(
    sources: ReportSources, out: Path, json_file: Path | None = None, html: Path | None = None
) -> str:
    """Write a report, all files of it or none, and return its Markdown.

    Args:
        out: Markdown file to write.
        json_file, html: written too unless None; the page needs ``sources.exp``.

    Raises:
        InputError: a source that is missing or incomplete.
    """
    if html is not None and sources.exp is None and sources.attacks is None:
        raise InputError("--html shows the trainings of --exp or --attacks; give one of them")
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
    write_together(files)
    return text
