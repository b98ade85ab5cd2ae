"""The report as one web page that needs nothing but itself."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from menan.analysis import captions
from menan.analysis.looks import Look, system_looks
from menan.analysis.report.drawing import Drawing
from menan.analysis.report.drawings import report_drawings
from menan.analysis.report.overview import reported_systems
from menan.analysis.report.overview_captions import overview_of
from menan.analysis.report.overview_chart import overview_charts
from menan.analysis.report.report_sections import report_sections
from menan.analysis.report.section import Section
from menan.analysis.results import Results
from menan.analysis.runs import TrainedRun


def report_page(results: Results, runs: Sequence[TrainedRun], tsne: Path | None) -> str:
    """The report of an experiment as one HTML file: no script, nothing to load.

    The picture of all systems comes first. A section without figures is left out. The same input
    gives the same bytes.

    Args:
        runs: the experiment's trainings, for the curves; empty for none.
        tsne: coordinates as menan-tsne writes them (.tsv); None draws none.

    Raises:
        InputError: coordinates that menan-tsne did not write.
    """
    names = [*reported_systems(results), *(run.system for run in runs)]
    styles = system_looks(names)
    drawings, drawn = report_drawings(results, runs, tsne, styles)
    sections = _in_order([*report_sections(results), *drawn])
    overview = overview_of(results, results.corpus)
    page = _environment().get_template("report.html.j2")
    return page.render(
        corpus=results.corpus,
        generated=captions.GENERATED if "generated" in results.corpus.lower() else "",
        title=captions.OVERVIEW,
        overview=overview,
        charts=overview_charts(overview, styles) if overview is not None else [],
        sections=sections,
        drawings=drawings,
        no_drawing=Drawing(),
        styles=_with_planes(styles, sections),
    )


def _with_planes(styles: dict[str, Look], sections: Sequence[Section]) -> dict[str, Look]:
    """Looks of the systems, those of t-SNE included."""
    tables = [table for one in sections for part in one.parts for table in part.tables]
    return system_looks([*styles, *(table.system for table in tables if table.system)])


def _in_order(sections: Sequence[Section]) -> list[Section]:
    """Drawn sections between the tables of accuracy and those of leakage."""
    last = ("curves", "leakage", "attacks", "planes", "table3")
    place = {name: number for number, name in enumerate(last)}
    return sorted(sections, key=lambda section: place.get(section.name, -1))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,  # a missing figure must not become an empty cell
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = _marked
    return environment


def _marked(text: str) -> Markup:
    """Text with the parts between backticks as code."""
    pieces = [escape(piece) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )
