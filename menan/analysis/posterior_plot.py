"""The posteriors of a recording over time."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from menan.analysis.looks import class_looks
from menan.errors import InputError
from menan.files.atomic import atomic_path
from menan.inference.prediction import Prediction

ENDINGS = (".png", ".pdf", ".svg")
CELLS = 240  # steps of the time axis


def check_plot_name(out: str | Path) -> None:
    """Raise InputError for a name whose ending is none of :data:`ENDINGS`."""
    if Path(out).suffix.lower() not in ENDINGS:
        raise InputError(f"{out}: expected a name that ends in {', '.join(ENDINGS)}; choose one")


@mpl.rc_context({"text.parse_math": False})  # a file may be called $a$.wav
def plot_posteriors(windows: Sequence[Prediction], out: str | Path) -> None:
    """Draw the posteriors of a recording over time, stacked; silence is left blank.

    Args:
        windows: predictions of one recording, in order; at least one.
        out: file to write; its ending chooses the format.

    Raises:
        InputError: see :func:`check_plot_name`.
    """
    check_plot_name(out)
    edges = np.linspace(0, windows[-1].end, CELLS + 1)
    values = posteriors_over_time(windows, edges)
    looks = class_looks(tuple(windows[0].posteriors))
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    axis = figure.subplots()
    axis.stackplot(
        edges,
        np.concatenate([values, values[:, -1:]], axis=1),
        labels=list(looks),
        colors=[look.colour for look in looks.values()],
        step="post",
        linewidth=0,
    )
    axis.set(xlabel="seconds", ylabel="posterior", xlim=edges[[0, -1]], ylim=(0, 1))
    axis.set_title(Path(windows[0].path).name, fontsize=10)
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], labels[::-1], fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    with atomic_path(out) as beside:
        figure.savefig(beside, dpi=150)


def posteriors_over_time(windows: Sequence[Prediction], edges: np.ndarray) -> np.ndarray:
    """Mean posteriors over the windows that touch each cell of a time axis.

    Args:
        edges: seconds, ascending, (cells + 1,).

    Returns:
        float64 (emotions, cells); NaN where no window is.
    """
    posteriors = np.array([list(one.posteriors.values()) for one in windows])
    starts, ends = np.array([(one.start, one.end) for one in windows]).T
    touches = (starts[:, None] < edges[1:]) & (ends[:, None] > edges[:-1])  # (windows, cells)
    with np.errstate(invalid="ignore"):
        return posteriors.T @ touches / touches.sum(axis=0)
