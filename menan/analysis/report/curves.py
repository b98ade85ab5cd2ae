"""Learning curves: the logs of trainings, gathered by system."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from menan.analysis.runs import TrainedRun
from menan.datadir.tables import c_sorted


@dataclass(frozen=True)
class Curve:
    """One quantity over the epochs; trainings may differ in length.

    values: float (trainings, epochs); NaN after a training's end.
    """

    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[float] | np.ndarray]) -> "Curve":
        """One row per training."""
        values = np.full((len(rows), max(map(len, rows))), np.nan)
        for row, own in zip(values, rows, strict=True):
            row[: len(own)] = own
        return cls(values)

    @property
    def mean(self) -> np.ndarray:
        """Float (epochs,): at each epoch over the trainings that reached it."""
        return np.nanmean(self.values, axis=0)

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest training at each epoch, float (epochs,) both."""
        return np.nanmin(self.values, axis=0), np.nanmax(self.values, axis=0)


@dataclass(frozen=True)
class SystemCurves:
    """All trainings of one system.

    lengths: epochs of each training.
    speakers: number of training speakers of each training.
    quantities: by the name of a number in log.jsonl, such as ``emotion_loss``.
    heldout_ua: UA between 0 and 1 by held-out speaker; one row per seed.
    """

    lengths: tuple[int, ...]
    speakers: tuple[int, ...]
    quantities: dict[str, Curve]
    heldout_ua: dict[str, Curve]

    @property
    def mean_heldout_ua(self) -> Curve:
        """Held-out UA, one row per speaker: means over seeds."""
        return Curve.of([curve.mean for curve in self.heldout_ua.values()])


def learning_curves(runs: Sequence[TrainedRun]) -> dict[str, SystemCurves]:
    """The curves of each system, in the order of ``runs``."""
    by_system: dict[str, list[TrainedRun]] = {}
    for run in runs:
        by_system.setdefault(run.system, []).append(run)
    return {name: _system_curves(own) for name, own in by_system.items()}


def _system_curves(runs: list[TrainedRun]) -> SystemCurves:
    logs = [run.log for run in runs]
    heldout: dict[str, list[list[float]]] = {}
    for log in logs:
        for speaker in log[0].heldout_ua:
            own = [epoch.heldout_ua[speaker] for epoch in log]
            heldout.setdefault(speaker, []).append(own)
    return SystemCurves(
        lengths=tuple(map(len, logs)),
        speakers=tuple(len(run.config.speakers) for run in runs),
        quantities={
            name: Curve.of([[epoch.numbers[name] for epoch in log] for log in logs])
            for name in logs[0][0].numbers
            if all(name in log[0].numbers for log in logs)
        },
        heldout_ua={speaker: Curve.of(heldout[speaker]) for speaker in c_sorted(heldout)},
    )
