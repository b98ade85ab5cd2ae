"""The points of the front: utility and leakage of each system, in per cent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from menan.analysis.leakage.result import EmbeddingLeakage
from menan.analysis.results import TrainingEffort
from menan.analysis.system_names import system_label
from menan.analysis.tables.table2 import speaker_predictions
from menan.analysis.tradeoff.pareto import FrontMarks, pareto_places
from menan.analysis.tradeoff.study import StudySystem
from menan.analysis.tradeoff.study_leakage import LeakageMeans
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    confusion_counts,
    mean_ua,
    percentile_interval,
    resampled_counts,
)


@dataclass(frozen=True)
class UaFigure:
    """A mean with its 95 % interval, per cent."""

    mean: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class UaDifference(UaFigure):
    """UA minus that of the reference, in points, on the seeds that both have."""

    seeds: tuple[int, ...]


@dataclass(frozen=True)
class StrongestProbe:
    """The strongest fresh probe: its name, accuracy with interval, and accuracy / chance."""

    probe: str
    accuracy: float
    interval: tuple[float, float]
    times_chance: float


@dataclass(frozen=True)
class DrawnLeakage:
    """Leakage of a set of utterances: from one draw, and from the mean of many if random."""

    chance: float
    one: StrongestProbe
    many: StrongestProbe | None


@dataclass(frozen=True)
class StudyPoint:
    """One system of a study.

    ua, difference: on unseen speakers.
    chance, one, many: as in :class:`DrawnLeakage`, for the training speakers.
    draws: number of draws behind ``many``.
    leace, raw: from one draw after LEACE, and from raw statistics of the input.
    unheard: for utterances that no training heard; heldout: for held-out speakers. None if not
        probed.
    capacity_bits: capacity of the bottleneck in the last epoch, per utterance; None if unbounded.
    front, scan: see :class:`menan.analysis.tradeoff.pareto.ParetoPlace`.
    """

    system: str
    bottleneck: str
    seeds: tuple[int, ...]
    ua: UaFigure
    difference: UaDifference
    chance: float
    one: StrongestProbe
    many: StrongestProbe | None
    draws: int | None
    leace: StrongestProbe
    raw: StrongestProbe
    unheard: DrawnLeakage | None
    heldout: DrawnLeakage | None
    capacity_bits: float | None
    front: FrontMarks
    scan: bool | None

    @property
    def label(self) -> str:
        """System and bottleneck, as code."""
        return f"`{system_label(self.system, self.bottleneck)}`"


@dataclass(frozen=True)
class StudyFront:
    """All figures of a study.

    trained_by: versions of menan.
    reference: the system that all others are compared with, without a bottleneck.
    scan: a sentence on systems with fewer seeds; None if all have the same number.
    """

    code: str
    trained_by: tuple[str, ...]
    corpus: str
    config: dict[str, dict[str, str]]
    trained: TrainingEffort
    rule: str
    reference: str
    findings: tuple[str, ...]
    scan: str | None
    rows: tuple[StudyPoint, ...]


def study_points(systems: Sequence[StudySystem], reference: StudySystem) -> tuple[StudyPoint, ...]:
    """One point per system."""
    points = []
    for system, place in zip(systems, pareto_places(systems), strict=True):
        predictions, heard, unheard = (
            speaker_predictions(system.folds),
            system.heard,
            system.unheard,
        )
        train = heard.one.sets["train"]
        raw = train.embeddings.raw
        assert raw is not None, "a study without the ceiling was read"
        points.append(
            StudyPoint(
                system=system.system,
                bottleneck=system.bottleneck,
                seeds=system.seeds,
                ua=UaFigure(_ua(predictions), percentile_interval(_replicates(predictions))),
                difference=_difference(system, reference),
                chance=100 * train.chance,
                one=_strongest(train.embeddings.v, train.chance),
                many=_strongest(heard.many.sets["train"].embeddings.v, train.chance)
                if heard.many
                else None,
                draws=heard.many.draws if heard.many else None,
                leace=_strongest(train.embeddings.leace, train.chance),
                raw=_strongest(raw, train.chance),
                unheard=_drawn(unheard, "train") if unheard else None,
                heldout=_drawn(heard, "heldout"),
                capacity_bits=_bits(system),
                front=place.front,
                scan=place.scan,
            )
        )
    return tuple(points)


def _drawn(means: LeakageMeans, name: str) -> DrawnLeakage | None:
    """None if the set was not probed."""
    if any(name not in mean.sets for mean in (means.one, means.many) if mean is not None):
        return None
    one = means.one.sets[name]
    many = means.many.sets[name].embeddings.v if means.many else None
    return DrawnLeakage(
        100 * one.chance,
        _strongest(one.embeddings.v, one.chance),
        _strongest(many, one.chance) if many else None,
    )


def _difference(system: StudySystem, reference: StudySystem) -> UaDifference:
    seeds = {*reference.seeds} & {*system.seeds}
    ours, theirs = (speaker_predictions(one.of_seeds(seeds).folds) for one in (system, reference))
    # Speakers, utterances and seeds are as many, so each replicate draws the same ones for both.
    replicates = _replicates(ours) - _replicates(theirs)
    mean = _ua(ours) - _ua(theirs)
    return UaDifference(mean, percentile_interval(replicates), tuple(sorted(seeds)))


def _ua(predictions: list[SpeakerPredictions]) -> float:
    return 100 * float(mean_ua(confusion_counts(predictions)))


def _replicates(predictions: list[SpeakerPredictions]) -> np.ndarray:
    return 100 * mean_ua(resampled_counts(predictions))


def _strongest(found: EmbeddingLeakage, chance: float) -> StrongestProbe:
    low, high = found.best.interval
    return StrongestProbe(
        probe=found.strongest,
        accuracy=100 * found.best.accuracy,
        interval=(100 * low, 100 * high),
        times_chance=found.best.accuracy / chance,
    )


def _bits(system: StudySystem) -> float | None:
    bits = [run.log[-1].numbers.get("capacity_bits") for run in system.runs]
    known = [value for value in bits if value is not None]
    return float(np.mean(known)) if len(known) == len(bits) else None
