"""The picture at the top of a report: two panels on a page, one image in Markdown."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from menan.analysis.cells import fixed
from menan.analysis.looks import Look
from menan.analysis.report.charts import INK, LOOK, MUTED, PANEL, PAPER, RULE, svg_chart
from menan.analysis.report.overview import Mark, OverviewRow
from menan.analysis.report.overview_captions import Overview, OverviewPanel

# Inches: a line of a name; what is around it in a row; the axis below all rows.
LINE, AROUND, AXIS = 0.14, 0.05, 0.35
APART = 0.075  # inches: the two marks of a row, from its middle
NAME, LINES = 17, 3  # characters of a name in a line, and lines
WIDE, TITLE, LEGEND = 7.6, 46, 46  # inches of the image; characters of its titles and legends
# What the image has in place of the page's colours.
PAINT = {INK: "#1b1f23", MUTED: "#59616a", RULE: "#dcdfe2", PAPER: "#ffffff"}
IMAGE = {key: PAINT.get(str(value), value) for key, value in LOOK.items()}


def overview_charts(overview: Overview, styles: Mapping[str, Look]) -> list[Markup]:
    """Each panel as inline SVG, with the names of all systems, and without title and legend."""
    rows = overview.rows
    size = (PANEL[0], AXIS + sum(map(_height, rows)))
    return [
        svg_chart(
            f"overview-{panel.kinds[0]}",
            panel.alt,
            size,
            partial(_paint, rows=rows, panel=panel, styles=styles),
        )
        for panel in overview.panels
    ]


def overview_image(overview: Overview, styles: Mapping[str, Look], kind: str = "png") -> bytes:
    """The panels side by side, as a file of matplotlib's format ``kind``."""
    rows, panels = overview.rows, overview.panels
    titles = [textwrap.wrap(panel.title, TITLE) for panel in panels]
    legends = [textwrap.wrap(panel.legend, LEGEND) for panel in panels]
    lines = max(map(len, titles)) + max(map(len, legends)) + 1
    size = (WIDE * max(len(panels), 1.3) / 2, AXIS + LINE * lines + sum(map(_height, rows)))
    with mpl.rc_context(IMAGE):
        figure = Figure(figsize=size, layout="constrained")
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for number, axes in enumerate(all_axes):
            _paint(axes, rows, panels[number], styles)
            title = "\n".join(titles[number])
            axes.set_title(title, loc="left", fontsize="medium", fontweight="bold")
            axes.set_xlabel("\n".join(legends[number]))
            axes.tick_params(axis="y", labelleft=number == 0)
        image = io.BytesIO()
        figure.savefig(image, format=kind, dpi=150)
    return image.getvalue()


def _height(row: OverviewRow) -> float:
    marks = 2 if row.probe and row.attack else 1
    return LINE * max(len(_name(row.label)), marks) + AROUND


def _name(label: str) -> list[str]:
    """The label in lines; one that is too long ends in an ellipsis."""
    lines = textwrap.wrap(label, NAME)
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], lines[LINES - 1][:-1] + "…"]


def _paint(
    axes: Axes, rows: Sequence[OverviewRow], panel: OverviewPanel, styles: Mapping[str, Look]
) -> None:
    middles, top = [], 0.0
    for row in rows:
        height = _height(row)
        middles.append(top + height / 2)
        if "ua" in panel.kinds:
            stroke = {"color": styles[row.system].colour, "alpha": 0.5}
            axes.plot(row.speakers, [middles[-1]] * len(row.speakers), "|", **stroke)
        if "probe" in panel.kinds and row.ceiling is not None:
            _level(axes, row.ceiling, top, height, ":")
        shown = [kind for kind in panel.kinds if row.marks((kind,))]
        for number, kind in enumerate(shown):
            (mark,) = row.marks((kind,))
            _level(axes, mark.chance, top + number * height / len(shown), height / len(shown), "--")
            y = middles[-1] + (2 * number - len(shown) + 1) * APART
            _mark(axes, mark, y, styles[row.system], is_hollow=kind == "attack")
        if not shown:
            _value(axes, "–", middles[-1])
        top += height
    axes.set_yticks(middles, ["\n".join(_name(row.label)) for row in rows])
    axes.set_ylim(top, 0)
    axes.tick_params(axis="y", length=0, labelcolor=mpl.rcParams["text.color"])
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.04)


def _level(axes: Axes, value: float, top: float, height: float, style: str) -> None:
    """A stretch of a vertical line; stretches of equal value make one line."""
    line = {"color": mpl.rcParams["xtick.color"], "lw": 0.9}
    axes.plot([value] * 2, [top, top + height], style, **line)


def _mark(axes: Axes, mark: Mark, y: float, look: Look, is_hollow: bool) -> None:
    if mark.interval is not None:
        axes.plot(mark.interval, [y, y], color=look.colour, lw=2)
    face = mpl.rcParams["axes.facecolor"] if is_hollow else look.colour
    axes.plot(mark.value, y, look.marker, color=look.colour, markersize=6, markerfacecolor=face)
    _value(axes, fixed(mark.value, 1), y)


def _value(axes: Axes, text: str, y: float) -> None:
    """A figure at the right of a mark's row."""
    right = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
    axes.annotate(text, (1.0, y), (4, 0), va="center", **right)
