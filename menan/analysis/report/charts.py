"""Charts for a web page: strings of inline SVG that follow the page's colours and font.

Each chart is one small panel, so that a page can set panels side by side or, on a phone, below
each other without shrinking their text.
"""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from menan.analysis.leakage.means import LeakageMean
from menan.analysis.report.curves import Curve
from menan.analysis.tsne import COLOURS, MARKERS
from menan.training.objectives import OBJECTIVES

PANEL = (3.5, 2.4)  # inches; some 340 pixels wide, so 8 points stay legible on a phone
SQUARE = (3.5, 3.3)

# matplotlib wants real colours; these stand for variables of the page's style sheet.
INK, MUTED, RULE = "#010101", "#020202", "#030303"
PAGE_COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)"}

LOOK = {
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,  # a speaker may be called $a$
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
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

GLYPHS = dict(zip(MARKERS, "●▲■◆▼✚", strict=True))


class Look(NamedTuple):
    """How a system or class is drawn: an sRGB colour, a marker of matplotlib's and as a letter."""

    colour: str
    marker: str
    glyph: str


def system_looks(names: Iterable[str]) -> dict[str, Look]:
    """Looks by system; an objective keeps its own wherever it is drawn."""
    numbers = {name: number for number, name in enumerate(OBJECTIVES)}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return {name: _look(number) for name, number in numbers.items()}


def class_looks(names: Sequence[str]) -> dict[str, Look]:
    """Looks of emotions or speakers, in the order given."""
    return {name: _look(number) for number, name in enumerate(names)}


def _look(number: int) -> Look:
    turn, place = divmod(number, len(COLOURS))
    # Past the sixth the markers move on by one, so that 36 looks differ.
    marker = MARKERS[(place + turn) % len(MARKERS)]
    return Look(COLOURS[place], marker, GLYPHS[marker])


def curves_chart(
    name: str,
    curves: dict[str, Curve],
    styles: dict[str, Look],
    unit: str,
    levels: dict[str, float],
) -> Markup:
    """One quantity over the epochs: a mean line and a band a system; dashed lines at levels."""

    def paint(axes: Axes) -> None:
        for system, curve in curves.items():
            look, epochs = styles[system], np.arange(1, len(curve.mean) + 1)
            axes.fill_between(epochs, *curve.band, color=look.colour, alpha=0.15, linewidth=0)
            axes.plot(epochs, curve.mean, color=look.colour)
            axes.plot(epochs[-1], curve.mean[-1], look.marker, color=look.colour, markersize=4)
        _levels(axes, levels)
        _epochs(axes, unit)

    ends = ", ".join(f"{system} {curve.mean[-1]:.3f}" for system, curve in curves.items())
    return _svg(name, f"{unit} over epochs; means at the end: {ends}", PANEL, paint)


def heldout_chart(name: str, system: str, heard: Curve, look: Look) -> Markup:
    """UA in per cent of one system: a thin line a held-out speaker, a thick one for their mean."""
    epochs = np.arange(1, len(heard.mean) + 1)

    def paint(axes: Axes) -> None:
        axes.plot(epochs, 100 * heard.values.T, color=look.colour, lw=0.7, alpha=0.55)
        axes.plot(epochs, 100 * heard.mean, color=look.colour, lw=2.2)
        axes.set_ylim(0, 100)
        _levels(axes, {"chance": 25.0})
        _epochs(axes, "held-out UA, %")

    label = (
        f"Held-out UA of {system} over epochs, {len(heard.values)} speakers; mean at the end "
        f"{100 * heard.mean[-1]:.1f} %"
    )
    return _svg(name, label, PANEL, paint)


def intervals_chart(
    name: str, systems: dict[str, dict], measure: str, styles: dict[str, Look]
) -> Markup:
    """Test accuracy of each system with its interval, its speakers, and the paper's figure."""

    def paint(axes: Axes) -> None:
        for row, (system, figures) in enumerate(systems.items()):
            look, mean = styles[system], figures[measure]["test"]
            of_speakers = [speaker[measure] for speaker in figures.get("speakers", {}).values()]
            axes.plot(of_speakers, [row] * len(of_speakers), "|", color=look.colour, alpha=0.5)
            if interval := figures[measure].get("interval"):
                axes.plot(interval, [row, row], color=look.colour, lw=2)
            axes.plot(mean, row, look.marker, color=look.colour, markersize=6)
            if paper := figures["paper"][measure]:
                axes.plot(paper[1], row - 0.3, "x", color=MUTED, markersize=5)
        axes.set_yticks(range(len(systems)), list(systems))
        axes.set_ylim(len(systems) - 0.5, -0.7)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"test {measure.upper()}, %")

    ends = ", ".join(f"{system} {fig[measure]['test']:.2f}" for system, fig in systems.items())
    return _svg(name, f"Test {measure.upper()} in per cent: {ends}", PANEL, paint)


def tradeoff_chart(name: str, means: list[LeakageMean], styles: dict[str, Look]) -> Markup:
    """Test UA over what the strongest fresh probe reads of the training speakers, per cent."""

    def paint(axes: Axes) -> None:
        for system in dict.fromkeys(mean.label for mean in means):
            own = sorted((m for m in means if m.label == system), key=lambda m: m.lambda_)
            look = styles[own[0].objective]
            x, y = [100 * m.accuracy("train", "v") for m in own], [m.ua for m in own]
            axes.plot(x, y, color=look.colour, lw=0.8, alpha=0.5)
            for mean, at, ua in zip(own, x, y, strict=True):
                if "leace" in mean.sets["train"]["embeddings"]:
                    erased = 100 * mean.accuracy("train", "leace")
                    axes.plot([at, erased], [ua, ua], ":", color=look.colour, lw=0.8)
                    hollow = {"markerfacecolor": "none", "markersize": 6}
                    axes.plot(erased, ua, look.marker, color=look.colour, **hollow)
                axes.plot(at, ua, look.marker, color=look.colour, markersize=7)
                text = f"{system}, λ {mean.lambda_:g}" if len(own) > 1 else system
                axes.annotate(text, (at, ua), (0, 6), textcoords="offset points", ha="center")
        axes.margins(0.12, 0.18)
        levels = {"chance": 100 * np.mean([m.sets["train"]["chance"] for m in means])}
        if all("raw" in m.sets["train"]["embeddings"] for m in means):
            levels["raw features"] = 100 * np.mean([m.accuracy("train", "raw") for m in means])
        _levels(axes, levels, vertical=True)
        axes.set_xlabel("strongest probe's speaker accuracy, %")
        axes.set_ylabel("test UA, %")

    ends = "; ".join(
        f"{m.label} at lambda {m.lambda_:g}: {100 * m.accuracy('train', 'v'):.1f} % speaker "
        f"accuracy, {m.ua:.1f} % UA"
        for m in means
    )
    return _svg(name, f"Utility against leakage. {ends}", (3.9, 3.1), paint)


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

    return _svg(name, label, SQUARE, paint)


def _levels(axes: Axes, levels: dict[str, float], vertical: bool = False) -> None:
    for text, value in levels.items():
        if vertical:
            axes.axvline(value, color=MUTED, lw=0.9, ls="--")
            place, across = (value, 1.0), axes.get_xaxis_transform()
            side = -1 if value > np.mean(axes.get_xlim()) else 1
            axes.annotate(
                text,
                place,
                (2 * side, 2),
                xycoords=across,
                textcoords="offset points",
                ha="left" if side == 1 else "right",
            )
        else:
            axes.axhline(value, color=MUTED, lw=0.9, ls="--")
            place, across = (0.0, value), axes.get_yaxis_transform()
            axes.annotate(text, place, (2, 2), xycoords=across, textcoords="offset points")


def _epochs(axes: Axes, unit: str) -> None:
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("epoch")
    axes.set_ylabel(unit)


def _svg(name: str, label: str, size: tuple[float, float], paint: Callable[[Axes], None]) -> Markup:
    """The drawing of ``paint`` as an element of a page, the same bytes every time.

    Args:
        name: letters, digits and hyphens, unique on the page; its ids begin with it.
        label: what a screen reader says.
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
