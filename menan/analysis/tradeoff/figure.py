"""The front as a figure: UA against what the strongest fresh probe reads of the speaker."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from menan.analysis.leakage.names import NO_BOTTLENECK, bottleneck_order
from menan.analysis.report.charts import system_looks
from menan.analysis.tradeoff.claims import MOST, most_seeds
from menan.analysis.tsne import MARKERS

SIZE = (3.5, 5.2)  # inches: a column of a paper
TICKS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
SCANNED = 0.35  # opacity
GREY, FRONT, PALE = "#555555", "#aaaaaa", "#dddddd"
SHAPES = (*MARKERS, "X", "p", "<", ">", "h", "*")
POINTS = (3.0, 5.5)  # a mark's size at the least and the greatest lambda
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


@mpl.rc_context(LOOK)
def draw_front(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw the rows of :func:`menan.analysis.tradeoff.points.front_rows`, in the suffix's format.

    A system has a colour, a bottleneck a shape, and a lambda a size where there are several. Full
    marks are one draw, hollow ones the mean of many, small crosses one draw after LEACE. Rows with
    fewer seeds than others are pale and without intervals.
    """
    looks = system_looks(row["system"] for row in rows)
    colours = {row["system"]: looks[row["system"]].colour for row in rows}
    kinds = sorted({row["bottleneck"] for row in rows}, key=bottleneck_order)
    shapes = {kind: SHAPES[number % len(SHAPES)] for number, kind in enumerate(kinds)}
    lambdas = sorted({row["lambda"] for row in rows})
    spread = np.linspace(*POINTS, len(lambdas)) if len(lambdas) > 1 else [np.mean(POINTS)]
    sizes = dict(zip(lambdas, spread, strict=True))
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    most = most_seeds(rows)
    # The pale ones first, so that they lie below.
    for row in sorted(rows, key=lambda row: len(row["seeds"])):
        mark = {"marker": shapes[row["bottleneck"]], "markersize": sizes[row["lambda"]]}
        scanned = len(row["seeds"]) < most
        look = {"color": colours[row["system"]], "alpha": SCANNED if scanned else 1.0}
        if not scanned:
            _intervals(axes, row, look["color"])
        _marks(axes, row, look, mark)
    _limits(axes, rows)
    _levels(axes, rows[0])
    _front(axes, rows)
    axes.set_xlabel("strongest fresh probe's speaker accuracy, %")
    axes.set_ylabel("UA on unseen speakers, %")
    _legend(figure, colours, shapes, sizes, rows)
    figure.savefig(path, dpi=300)


def _intervals(axes: Axes, row: dict[str, Any], colour: str) -> None:
    ua, look = row["ua"]["mean"], {"color": colour, "lw": 0.5, "alpha": 0.4}
    for probed in filter(None, (row["one"], row["many"])):
        axes.plot(probed["interval"], [ua, ua], **look)
    axes.plot([row["one"]["accuracy"]] * 2, row["ua"]["interval"], **look)


def _marks(axes: Axes, row: dict[str, Any], look: dict[str, Any], mark: dict[str, Any]) -> None:
    ua, one, many = row["ua"]["mean"], row["one"]["accuracy"], row["many"]
    axes.plot(row["leace"]["accuracy"], ua, "x", markersize=3, **look)
    if many is not None:
        axes.plot([one, many["accuracy"]], [ua, ua], lw=0.5, **look)
        axes.plot(many["accuracy"], ua, markerfacecolor="white", **mark, **look)
    axes.plot(one, ua, **mark, **look)


def _limits(axes: Axes, rows: list[dict[str, Any]]) -> None:
    found = [row[part] for row in rows for part in ("one", "many", "leace", "raw") if row[part]]
    lowest = min(rows[0]["chance"], *(one["accuracy"] for one in found))
    axes.set_xlim(max(0.1, 0.8 * lowest), 110)
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(axes.get_ylim())  # of what is drawn by now


def _levels(axes: Axes, row: dict[str, Any]) -> None:
    """Chance, the line below which a system hides the speaker, and the ceiling."""
    axes.axvspan(*row["raw"]["interval"], color=PALE, lw=0, zorder=0)
    for text, value, style, side in (
        ("chance", row["chance"], "-", "center"),
        (f"{MOST} × chance", MOST * row["chance"], "--", "center"),
        ("raw input", row["raw"]["accuracy"], "-", "right"),
    ):
        axes.axvline(value, color=GREY, lw=0.6, ls=style, zorder=0)
        place, across = (value, 1.0), axes.get_xaxis_transform()
        above = {"xycoords": across, "textcoords": "offset points", "ha": side}
        axes.annotate(text, place, (0, 2), color=GREY, **above)


def _front(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """As a step: the best UA at no more leakage than so much, by one draw."""
    front = sorted((r["one"]["accuracy"], r["ua"]["mean"]) for r in rows if r["front"]["one"])
    (x, y), bottom, right = zip(*front, strict=True), axes.get_ylim()[0], axes.get_xlim()[1]
    steps = [x[0], *x, right], [bottom, *y, y[-1]]
    axes.step(*steps, where="post", color=FRONT, lw=1.8, zorder=1.9)


def _legend(
    figure: Figure,
    colours: dict[str, str],
    shapes: dict[str, str],
    sizes: dict[float, float],
    rows: list[dict[str, Any]],
) -> None:
    """Below the axes three columns: systems, bottlenecks, and what the other marks are."""
    grey = {"color": GREY, "ls": ""}
    systems = [Line2D([], [], color=colour, lw=3, label=name) for name, colour in colours.items()]
    bottlenecks = [
        Line2D([], [], marker=shape, label=_named(kind), markersize=5, **grey)
        for kind, shape in shapes.items()
    ]
    others = [Line2D([], [], color=FRONT, lw=1.8, label="front, one draw")]
    if draws := sorted({row["draws"] for row in rows if row["draws"] is not None}):
        name = f"mean of {' or '.join(map(str, draws))} draws"
        hollow = {"marker": "o", "markerfacecolor": "white", "markersize": 5}
        others.append(Line2D([], [], label=name, **hollow, **grey))
    others.append(Line2D([], [], marker="x", markersize=3, label="after LEACE", **grey))
    if any(len(row["seeds"]) < most_seeds(rows) for row in rows):
        pale = {"marker": "o", "markersize": 5, "alpha": SCANNED}
        others.append(Line2D([], [], label="fewer seeds", **pale, **grey))
    if len(sizes) > 1:
        others += [
            Line2D([], [], marker="o", markersize=size, label=f"λ {lambda_:g}", **grey)
            for lambda_, size in sizes.items()
        ]
    columns = (systems, bottlenecks, others)
    longest = max(map(len, columns))
    empty = Line2D([], [], ls="", label=" ")
    handles = [one for column in columns for one in column + [empty] * (longest - len(column))]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3, handlelength=1.6, columnspacing=1.2
    )


def _named(bottleneck: str) -> str:
    return "no bottleneck" if bottleneck == NO_BOTTLENECK else bottleneck
