"""The coordinates of menan-tsne, read for the report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.datadir.tables import read_lines
from menan.errors import InputError

COLUMNS = ("system", "utterance", "speaker", "emotion", "x", "y")


@dataclass(frozen=True)
class Plane:
    """One system's utterances on a plane.

    xy: float (utterances, 2).
    emotions: the first emotion of each utterance.
    """

    xy: np.ndarray
    speakers: tuple[str, ...]
    emotions: tuple[str, ...]


def read_planes(path: Path) -> dict[str, Plane]:
    """The plane of each system in a file of coordinates.

    Raises:
        InputError: not a file of menan-tsne, or coordinates that cannot be drawn.
    """
    head, *rest = (tuple(line.split("\t")) for line in read_lines(path) or [""])
    if head != COLUMNS:
        raise InputError(f"{path}:1: not the columns that menan-tsne writes; run menan-tsne again")
    rows: dict[str, list[tuple[str, ...]]] = {}
    for number, cells in enumerate(rest, start=2):
        if len(cells) != len(COLUMNS):
            raise InputError(f"{path}:{number}: not {len(COLUMNS)} cells; run menan-tsne again")
        rows.setdefault(cells[0], []).append(cells)
    return {system: _plane(own, f"{path}: system {system!r}") for system, own in rows.items()}


def _plane(rows: list[tuple[str, ...]], where: str) -> Plane:
    _, _, speakers, emotions, x, y = zip(*rows, strict=True)
    try:
        xy = np.array([[float(value) for value in pair] for pair in zip(x, y, strict=True)])
    except ValueError:
        xy = np.empty((0, 2))
    if len(xy) < 2 or not np.isfinite(xy).all():
        raise InputError(f"{where}: its coordinates cannot be drawn; run menan-tsne again")
    return Plane(xy, speakers, tuple(emotion.split(",")[0] for emotion in emotions))
