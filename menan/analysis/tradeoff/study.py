"""A study: trainings with several bottlenecks and lambdas, and what was probed of each.

STUDY/<point>/<objective>_seed<k>/<group>/  of menan-train
STUDY/<point>/leakage/...                   of menan-probe (menan.analysis.tradeoff.study_leakage)
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from menan.analysis.leakage.means import LeakageMean, leakage_means
from menan.analysis.leakage.names import NO_BOTTLENECK, bottleneck_order, system_label
from menan.analysis.tables.runs import FoldResult, TrainedRun, fold_results, read_runs
from menan.analysis.tradeoff.study_leakage import (
    HEARD,
    RULE,
    UNHEARD,
    Probed,
    read_probed,
    refuse_strays,
)
from menan.errors import InputError
from menan.training.objectives import OBJECTIVES

BASELINE = "ec"  # without a bottleneck: what every row is compared with
VARIED = ("lambda", "bottleneck", "noise_sigma", "fsq_levels")


@dataclass(frozen=True)
class Means:
    """Means over seeds of what was probed.

    one: of one draw, or of the embedding if it is not random.
    many: of the mean of many draws; None if the embedding is not random.
    """

    one: LeakageMean
    many: LeakageMean | None


@dataclass(frozen=True)
class TrainedSeed:
    """A system's trainings with one seed, and what was probed of them.

    place: their directory.
    heard: of the utterances of the trainings' dump.
    unheard: of utterances of the same speakers that no training heard; None if not asked.
    """

    place: Path
    runs: list[TrainedRun]
    heard: Probed
    unheard: Probed | None

    @property
    def seed(self) -> int:
        return self.heard.one["seed"]


@dataclass(frozen=True)
class System:
    """One objective with one bottleneck at one lambda, a training for each seed."""

    objective: str
    bottleneck: str
    lambda_: float
    trained: tuple[TrainedSeed, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted(one.seed for one in self.trained))

    @property
    def runs(self) -> list[TrainedRun]:
        return [run for one in self.trained for run in one.runs]

    @property
    def folds(self) -> list[FoldResult]:
        """After the last epoch."""
        return fold_results(self.runs, RULE)

    @property
    def heard(self) -> Means:
        return _means([one.heard for one in self.trained])

    @property
    def unheard(self) -> Means | None:
        found = [one.unheard for one in self.trained if one.unheard is not None]
        return _means(found) if found else None

    @property
    def label(self) -> str:
        return f"{system_label(self.objective, self.bottleneck)}, lambda {self.lambda_:g}"

    @property
    def is_baseline(self) -> bool:
        return (self.objective, self.bottleneck) == (BASELINE, NO_BOTTLENECK)

    def of_seeds(self, seeds: Collection[int]) -> "System":
        """This system with no other seeds than these."""
        return replace(self, trained=tuple(one for one in self.trained if one.seed in seeds))


def read_study(study: Path) -> list[System]:
    """All systems of a study, by bottleneck, objective and lambda.

    Raises:
        InputError: none, trainings that cannot be compared, leakage that is missing or of other
            models, no baseline, a system that has no seed in common with it.
    """
    points = sorted({path.parents[2] for path in study.glob("*/*_seed*/*/config.yaml")})
    if not points:
        raise InputError(f"{study}: no <point>/<objective>_seed<k>/<group> in it; train first")
    by_system: dict[tuple[str, str, float], list[TrainedSeed]] = {}
    first: TrainedSeed | None = None
    for point in points:
        for seed in _seeds(point):
            first = first or seed
            _check_alike(first, seed)
            one = seed.heard.one
            key = (one["objective"], one["bottleneck"], one["lambda"])
            by_system.setdefault(key, []).append(seed)
    systems = sorted(map(_system, by_system.values()), key=_place)
    seeds = {seed for system in systems if system.is_baseline for seed in system.seeds}
    if not seeds:
        raise InputError(f"{study}: no `{BASELINE}` without a bottleneck to compare with; train it")
    for system in systems:
        if not seeds & {*system.seeds}:
            raise InputError(
                f"{study}: {system.label}: no seed in common with `{BASELINE}` without a "
                "bottleneck; train both with the same"
            )
    return systems


def _place(system: System) -> tuple:
    objective = list(OBJECTIVES).index(system.objective)
    return bottleneck_order(system.bottleneck), objective, system.lambda_


def _seeds(point: Path) -> Iterator[TrainedSeed]:
    by_place: dict[str, list[TrainedRun]] = {}
    for run in read_runs(point):
        by_place.setdefault(f"{run.objective}_seed{run.config['seed']}", []).append(run)
    refuse_strays(point, by_place)
    asked = (point / UNHEARD).is_dir()
    for name, runs in by_place.items():
        heard = read_probed(point / HEARD, name, runs)
        unheard = read_probed(point / UNHEARD, name, runs) if asked else None
        yield TrainedSeed(point / name, runs, heard, unheard)


def _check_alike(first: TrainedSeed, other: TrainedSeed) -> None:
    """Raise for what makes a comparison unfair, or a pairing of test speakers impossible."""
    for name, value in _conditions(first).items():
        if _conditions(other)[name] != value:
            raise InputError(
                f"{other.place}: its {name} differ from those of {first.place}; compare like with "
                "like"
            )


def _conditions(seed: TrainedSeed) -> dict[str, Any]:
    config = seed.runs[0].config
    training = vars(seed.runs[0].training)
    return {
        "features": (config["corpus"], config["feats"], config["features"]),
        "trainings": {name: training[name] for name in training if name.rstrip("_") not in VARIED},
        "test utterances": sorted(
            (fold["test"], tuple(run.heldout.of_speaker(fold["test"]).utts))
            for run in seed.runs
            for fold in run.config["folds"]
        ),
    }


def _system(trained: list[TrainedSeed]) -> System:
    first, places = trained[0], {}
    for one in trained:
        place = places.setdefault(one.seed, one.place)
        if place != one.place:
            raise InputError(f"{one.place}: as {place} the same system; remove one")
        if (one.unheard is None) != (first.unheard is None):
            raise InputError(
                f"{one.place}: of it and {first.place}, seeds of one system, one has "
                f"{UNHEARD} beside it; probe both or neither"
            )
    for probed in zip(*((one.heard, one.unheard) for one in trained), strict=True):
        draws = sorted({found.many["draws"] for found in probed if found and found.many})
        if len(draws) > 1:
            raise InputError(
                f"{first.place}: of its seeds means of {' and '.join(map(str, draws))} draws were "
                "probed; probe them alike"
            )
    one = first.heard.one
    return System(*(one[name] for name in ("objective", "bottleneck", "lambda")), tuple(trained))


def _means(probed: list[Probed]) -> Means:
    (one,) = leakage_means([found.one for found in probed])
    many = leakage_means([found.many for found in probed if found.many is not None])
    return Means(one, many[0] if many else None)
