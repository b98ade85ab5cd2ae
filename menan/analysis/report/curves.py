"""What trainings logged, epoch by epoch, gathered by system."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.tables.run_files import read_config, read_log
from menan.datadir.tables import c_sorted


@dataclass(frozen=True)
class Curve:
    """One quantity over the epochs of one system, of trainings that may differ in length.

    values: float (trainings, epochs); NaN past a training's end.
    """

    values: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> "Curve":
        """A row a training, each as long as it is."""
        values = np.full((len(rows), max(map(len, rows))), np.nan)
        for row, of_training in zip(values, rows, strict=True):
            row[: len(of_training)] = of_training
        return cls(values)

    @property
    def mean(self) -> np.ndarray:
        """Float (epochs,), at each epoch over the trainings that reached it."""
        return np.nanmean(self.values, axis=0)

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest training at each epoch, float (epochs,) both."""
        return np.nanmin(self.values, axis=0), np.nanmax(self.values, axis=0)


@dataclass(frozen=True)
class SystemLog:
    """All trainings of one system that held a group out.

    lengths: epochs of each training.
    speakers: number of speakers that SC tells apart, of each training.
    quantities: by the name of a number in log.jsonl, such as ``emotion_loss``.
    heldout_ua: between 0 and 1, by held-out speaker; a row a seed.
    """

    lengths: tuple[int, ...]
    speakers: tuple[int, ...]
    quantities: dict[str, Curve]
    heldout_ua: dict[str, Curve]

    @property
    def heard(self) -> Curve:
        """Held-out UA, a row a speaker, of means over seeds."""
        return Curve.of([curve.mean for curve in self.heldout_ua.values()])


def read_learning_curves(exp: Path) -> dict[str, SystemLog]:
    """The log.jsonl of all trainings below an experiment directory, by objective.

    Trainings on all speakers, which hold no group out, are passed over, as in Table 2.

    Raises:
        InputError: a configuration or a line that is not what menan-train writes.
    """
    runs: dict[str, list[tuple[dict[str, Any], list[dict[str, Any]]]]] = {}
    for path in sorted(exp.glob("*_seed*/*/log.jsonl")):
        config = read_config(path.with_name("config.yaml"))
        lines = read_log(path)
        if config["hold_out"] is not None and lines:
            runs.setdefault(config["objective"], []).append((config, lines))
    return {name: _system_log(of_system) for name, of_system in runs.items()}


def _system_log(runs: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> SystemLog:
    logs = [lines for _, lines in runs]
    # heldout is a mapping by speaker; all the rest are numbers.
    names = [
        name
        for name, value in logs[0][0].items()
        if isinstance(value, float) and all(name in lines[0] for lines in logs)
    ]
    heldout: dict[str, list[list[float]]] = {}
    for lines in logs:
        for speaker in lines[0].get("heldout", {}):
            own = [line["heldout"][speaker]["ua"] for line in lines]
            heldout.setdefault(speaker, []).append(own)
    return SystemLog(
        lengths=tuple(map(len, logs)),
        speakers=tuple(len(config["speakers"]) for config, _ in runs),
        quantities={
            name: Curve.of([[line[name] for line in lines] for lines in logs]) for name in names
        },
        heldout_ua={speaker: Curve.of(heldout[speaker]) for speaker in c_sorted(heldout)},
    )
