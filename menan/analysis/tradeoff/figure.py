"""The front as a figure: UA against the strongest fresh probe's speaker accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from menan.analysis.looks import MARKERS, system_looks
from menan.analysis.system_names import bottleneck_order, objective_of, system_order
from menan.analysis.tradeoff.claims import MOST, most_seeds
from menan.analysis.tradeoff.points import StudyPoint

SIZE = (3.5, 5.2)  # inches: a column of a paper
TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
SCANNED = 0.35  # opacity
GREY, FRONT, PALE = "#555555", "#aaaaaa", "#dddddd"
SHAPES = (*MARKERS, "<", ">", "h")
POINTS = (3.0, 5.5)  # sizes of the marks of an objective's first and last settings
LOOK = {
    "font.size": 7,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 0.7,
    "lines.markeredgewidth": 0.8,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class FrontStyle:
    """An objective has a colour, a bottleneck a shape, and an objective's settings a size."""

    colours: dict[str, str]
    shapes: dict[str, str]
    sizes: dict[str, float]

    @classmethod
    def of(cls, rows: Sequence[StudyPoint]) -> "FrontStyle":
        """Styles of everything that occurs in the points."""
        names = sorted({objective_of(row.system) for row in rows}, key=system_order)
        looks = system_looks(names)
        kinds = sorted({row.bottleneck for row in rows}, key=bottleneck_order)
        tags = sorted({_settings(row) for row in rows}, key=bottleneck_order)
        spread = np.linspace(*POINTS, len(tags)) if len(tags) > 1 else [np.mean(POINTS)]
        return cls(
            colours={name: looks[name].colour for name in names},
            shapes={kind: SHAPES[number % len(SHAPES)] for number, kind in enumerate(kinds)},
            sizes={tag: float(size) for tag, size in zip(tags, spread, strict=True)},
        )


@mpl.rc_context(LOOK)
def draw_front(rows: Sequence[StudyPoint], path: Path) -> None:
    """Draw the points of a study, in the format of the path's suffix.

    Full marks are one draw, hollow ones the mean of many, small crosses one draw after LEACE.
    Systems with fewer seeds than others are pale and without intervals.
    """
    style = FrontStyle.of(rows)
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    most = most_seeds(rows)
    # The pale ones first, so that they lie below.
    for row in sorted(rows, key=lambda row: len(row.seeds)):
        _draw_point(axes, row, style, len(row.seeds) < most)
    _limits(axes, rows)
    _levels(axes, rows[0])
    _front(axes, rows)
    axes.set_xlabel("strongest fresh probe's speaker accuracy, %")
    axes.set_ylabel("UA on unseen speakers, %")
    _legend(figure, style, rows)
    figure.savefig(path, dpi=300)


def _settings(row: StudyPoint) -> str:
    """The objective's settings that differ from their defaults."""
    return row.system.removeprefix(objective_of(row.system)).removeprefix("-")


def _draw_point(axes: Axes, row: StudyPoint, style: FrontStyle, is_pale: bool) -> None:
    colour, alpha = style.colours[objective_of(row.system)], SCANNED if is_pale else 1.0
    shape, size = style.shapes[row.bottleneck], style.sizes[_settings(row)]
    ua, one = row.ua.mean, row.one.accuracy
    if not is_pale:
        thin = {"color": colour, "lw": 0.5, "alpha": 0.4}
        for found in filter(None, (row.one, row.many)):
            axes.plot(found.interval, [ua, ua], **thin)
        axes.plot([one, one], row.ua.interval, **thin)
    look = {"color": colour, "alpha": alpha}
    axes.plot(row.leace.accuracy, ua, "x", markersize=3, **look)
    if row.many is not None:
        many = row.many.accuracy
        axes.plot([one, many], [ua, ua], lw=0.5, **look)
        axes.plot(many, ua, marker=shape, markersize=size, markerfacecolor="white", **look)
    axes.plot(one, ua, marker=shape, markersize=size, **look)


def _limits(axes: Axes, rows: Sequence[StudyPoint]) -> None:
    found = [one for row in rows for one in (row.one, row.many, row.leace, row.raw) if one]
    lowest = min(rows[0].chance, *(one.accuracy for one in found))
    axes.set_xlim(max(0.1, 0.8 * lowest), 110)
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(axes.get_ylim())  # fixed by what is drawn so far


def _levels(axes: Axes, row: StudyPoint) -> None:
    """Chance, the line below which a system hides the speaker, and the ceiling."""
    axes.axvspan(*row.raw.interval, color=PALE, lw=0, zorder=0)
    for text, value, style, side in (
        ("chance", row.chance, "-", "center"),
        (f"{MOST} × chance", MOST * row.chance, "--", "center"),
        ("raw input", row.raw.accuracy, "-", "right"),
    ):
        axes.axvline(value, color=GREY, lw=0.6, ls=style, zorder=0)
        place, across = (value, 1.0), axes.get_xaxis_transform()
        above = {"xycoords": across, "textcoords": "offset points", "ha": side}
        axes.annotate(text, place, (0, 2), color=GREY, **above)


def _front(axes: Axes, rows: Sequence[StudyPoint]) -> None:
    """A step: the best UA at no more leakage than x, by one draw."""
    front = sorted((row.one.accuracy, row.ua.mean) for row in rows if row.front.one)
    (x, y), bottom, right = zip(*front, strict=True), axes.get_ylim()[0], axes.get_xlim()[1]
    steps = [x[0], *x, right], [bottom, *y, y[-1]]
    axes.step(*steps, where="post", color=FRONT, lw=1.8, zorder=1.9)


def _legend(figure: Figure, style: FrontStyle, rows: Sequence[StudyPoint]) -> None:
    """Below the axes three columns: objectives, bottlenecks, and the other marks."""
    grey = {"color": GREY, "ls": ""}
    objectives = [
        Line2D([], [], color=colour, lw=3, label=name) for name, colour in style.colours.items()
    ]
    bottlenecks = [
        Line2D([], [], marker=shape, label=kind or "no bottleneck", markersize=5, **grey)
        for kind, shape in style.shapes.items()
    ]
    others = [Line2D([], [], color=FRONT, lw=1.8, label="front, one draw")]
    if draws := sorted({row.draws for row in rows if row.draws is not None}):
        name = f"mean of {' or '.join(map(str, draws))} draws"
        hollow = {"marker": "o", "markerfacecolor": "white", "markersize": 5}
        others.append(Line2D([], [], label=name, **hollow, **grey))
    others.append(Line2D([], [], marker="x", markersize=3, label="after LEACE", **grey))
    if any(len(row.seeds) < most_seeds(rows) for row in rows):
        pale = {"marker": "o", "markersize": 5, "alpha": SCANNED}
        others.append(Line2D([], [], label="fewer seeds", **pale, **grey))
    if len(style.sizes) > 1:
        others += [
            Line2D([], [], marker="o", markersize=size, label=tag or "default settings", **grey)
            for tag, size in style.sizes.items()
        ]
    columns = (objectives, bottlenecks, others)
    longest = max(map(len, columns))
    empty = Line2D([], [], ls="", label=" ")
    handles = [one for column in columns for one in column + [empty] * (longest - len(column))]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3, handlelength=1.6, columnspacing=1.2
    )
