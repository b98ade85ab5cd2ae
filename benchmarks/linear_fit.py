"""Straight lines through costs over hours of speech: fitted, in a table, in a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.files.atomic import atomic_path

COLOURS = ("#0072B2", "#D55E00", "#009E73")  # of Okabe and Ito
MARKERS = ("o", "^", "s")


@dataclass(frozen=True)
class Line:
    """``start + slope * hours`` by least squares, and the values (sizes,) it goes through.

    r2: the share of the values' variance that it accounts for.
    farthest: the largest deviation from it, as a share of the value.
    """

    values: tuple[float, ...]
    start: float
    slope: float
    r2: float
    farthest: float


def fit(hours: Sequence[float], values: Sequence[float]) -> Line:
    """The line through ``values`` over ``hours``, (sizes,) each; three sizes or more.

    >>> line = fit([1, 2, 4], [12, 14, 18])
    >>> [round(number, 6) for number in (line.start, line.slope, line.r2)]
    [10.0, 2.0, 1.0]
    """
    x, y = np.array(hours), np.array(values)
    slope, start = np.polyfit(x, y, 1)
    off = y - (start + slope * x)
    r2 = 1 - np.square(off).sum() / np.square(y - y.mean()).sum()
    farthest = np.abs(off / y).max()
    return Line(tuple(values), *map(float, (start, slope, r2, farthest)))


def table(what: str, lines: Mapping[str, Line], units: Mapping[str, str]) -> Iterator[str]:
    """Markdown; ``what`` was measured heads the first column."""
    yield f"| {what} | of h hours | r² | farthest from the line |"
    yield "| :-- | :-- | --: | --: |"
    for name, line in lines.items():
        start = round(line.start, 2) + 0.0  # no -0.00
        formula = f"{start:.2f} {'-' if line.slope < 0 else '+'} {abs(line.slope):.2f} h"
        yield f"| {name}, {units[name]} | {formula} | {line.r2:.5f} | {100 * line.farthest:.1f} % |"


def draw(
    title: str,
    hours: Sequence[float],
    lines: Mapping[str, Line],
    units: Mapping[str, str],
    panels: Sequence[Sequence[str]],
    path: Path,
) -> None:
    """Values and lines by name, those of a panel together, from no hours on."""
    # Imported here, as pyplot takes a second that no other command should pay.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(panels), 3.4), layout="constrained")
    ends = np.array([0, max(hours)])
    for axes, names in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for name, marker, colour in zip(names, MARKERS, COLOURS, strict=False):
            line = lines[name]
            axes.plot(ends, line.start + line.slope * ends, color=colour, linewidth=1)
            label = f"{name} (r² {line.r2:.4f})"
            axes.plot(hours, line.values, marker, color=colour, markersize=5, label=label)
        axes.set(xlabel="hours of speech", ylabel=units[names[0]], xlim=0, ylim=0)
        axes.legend(frameon=False)
    figure.suptitle(title, fontsize="medium")
    with atomic_path(path) as beside:
        figure.savefig(beside, dpi=120)
