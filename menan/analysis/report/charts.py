"""Charts for a web page: strings of inline SVG that follow the page's colours and font.

Each chart is one small panel, so that a page can set panels side by side or, on a phone, below
each other without shrinking their text.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from menan.analysis.looks import Look
from menan.analysis.report.curves import Curve

PANEL = (3.5, 2.4)  # inches; some 340 pixels wide, so 8 points stay legible on a phone
SQUARE = (3.5, 3.3)

# matplotlib wants real colours; these stand for variables of the page's style sheet.
INK, MUTED, RULE, PAPER = "#010101", "#020202", "#030303", "#040404"
PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
}

LOOK = {
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,  # a speaker may be called $a$
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.facecolor": PAPER,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.5,
}


def curves_chart(
    name: str,
    curves: dict[str, Curve],
    styles: dict[str, Look],
    unit: str,
    levels: dict[str, float],
) -> Markup:
    """One quantity over the epochs: a mean line and a band per system; dashed lines at levels."""

    def paint(axes: Axes) -> None:
        for system, curve in curves.items():
            look, epochs = styles[system], np.arange(1, len(curve.mean) + 1)
            axes.fill_between(epochs, *curve.band, color=look.colour, alpha=0.15, linewidth=0)
            axes.plot(epochs, curve.mean, color=look.colour)
            axes.plot(epochs[-1], curve.mean[-1], look.marker, color=look.colour, markersize=4)
        _levels(axes, levels)
        _epochs(axes, unit)

    ends = ", ".join(f"{system} {curve.mean[-1]:.3f}" for system, curve in curves.items())
    return svg_chart(name, f"{unit} over epochs; means at the end: {ends}", PANEL, paint)


def heldout_chart(name: str, system: str, heard: Curve, look: Look, chance: float) -> Markup:
    """UA of one system, per cent: a thin line per held-out speaker, a thick one for their mean."""
    epochs = np.arange(1, len(heard.mean) + 1)

    def paint(axes: Axes) -> None:
        axes.plot(epochs, 100 * heard.values.T, color=look.colour, lw=0.7, alpha=0.55)
        axes.plot(epochs, 100 * heard.mean, color=look.colour, lw=2.2)
        axes.set_ylim(0, 100)
        _levels(axes, {"chance": 100 * chance})
        _epochs(axes, "held-out UA, %")

    label = (
        f"Held-out UA of {system} over epochs, {len(heard.values)} speakers; mean at the end "
        f"{100 * heard.mean[-1]:.1f} %"
    )
    return svg_chart(name, label, PANEL, paint)


@dataclass(frozen=True)
class AmountLine:
    """One figure over the amount of speech, per cent, with its intervals."""

    amounts: tuple[str, ...]
    values: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]


def amounts_chart(
    name: str,
    lines: dict[str, AmountLine],
    styles: dict[str, Look],
    unit: str,
    levels: dict[str, float],
) -> Markup:
    """Figures over the number of utterances, with a band for each interval."""
    amounts = list(dict.fromkeys(amount for line in lines.values() for amount in line.amounts))

    def paint(axes: Axes) -> None:
        for label, line in lines.items():
            look, x = styles[label], [amounts.index(amount) for amount in line.amounts]
            low, high = zip(*line.intervals, strict=True)
            axes.fill_between(x, low, high, color=look.colour, alpha=0.12, linewidth=0)
            axes.plot(x, line.values, look.marker, ls="-", color=look.colour, markersize=4)
        axes.set_xticks(range(len(amounts)), amounts)
        axes.set_xlabel("utterances")
        axes.set_ylabel(unit)
        _levels(axes, levels)

    ends = ", ".join(f"{label} {line.values[-1]:.1f}" for label, line in lines.items())
    return svg_chart(name, f"{unit} over utterances; with the most: {ends}", PANEL, paint)


def plane_chart(
    name: str, label: str, xy: np.ndarray, values: Sequence[str], styles: dict[str, Look]
) -> Markup:
    """Points on a plane, xy float (n, 2), coloured by class."""

    def paint(axes: Axes) -> None:
        for value, look in styles.items():
            rows = np.array([other == value for other in values])
            points = {"s": 12, "marker": look.marker, "linewidths": 0, "alpha": 0.8}
            axes.scatter(*xy[rows].T, color=look.colour, **points)
        axes.set(xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(True)
        axes.set_aspect("equal", adjustable="datalim")

    return svg_chart(name, label, SQUARE, paint)


def _levels(axes: Axes, levels: dict[str, float]) -> None:
    for text, value in levels.items():
        axes.axhline(value, color=MUTED, lw=0.9, ls="--")
        place, across = (0.0, value), axes.get_yaxis_transform()
        axes.annotate(text, place, (2, 2), xycoords=across, textcoords="offset points")


def _epochs(axes: Axes, unit: str) -> None:
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("epoch")
    axes.set_ylabel(unit)


def svg_chart(
    name: str, label: str, size: tuple[float, float], paint: Callable[[Axes], None]
) -> Markup:
    """The drawing of ``paint`` as an element of a page, the same bytes every time.

    Args:
        name: letters, digits and hyphens, unique on the page; its ids begin with it.
        label: description for screen readers.
        size: inches.
    """
    dateless = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    text = io.StringIO()
    with mpl.rc_context(LOOK | {"svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure.subplots())
        figure.savefig(text, format="svg", transparent=True, metadata=dateless)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    # matplotlib has escaped its texts, and the label is escaped here.
    return Markup(  # noqa: S704
        svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
    )
