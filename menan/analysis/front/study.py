"""A study: trainings with several bottlenecks and lambdas, and what was probed of each.

STUDY/<point>/<objective>_seed<k>/<group>/  of menan-train
STUDY/<point>/leakage/...                   of menan-probe (menan.analysis.front.probed)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menan.analysis.front.probed import HEARD, RULE, UNHEARD, Probed, read_probed, refuse_strays
from menan.analysis.leakage.means import LeakageMean, leakage_means
from menan.analysis.leakage.names import NO_BOTTLENECK, bottleneck_order, system_label
from menan.analysis.tables.runs import FoldResult, TrainedRun, fold_results, read_runs
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
class System:
    """One objective with one bottleneck at one lambda, all seeds.

    runs: their trainings.
    heard: of the utterances of the trainings' dump.
    unheard: of utterances of the same speakers that no training heard; None if not asked.
    """

    objective: str
    bottleneck: str
    lambda_: float
    runs: tuple[TrainedRun, ...]
    heard: Means
    unheard: Means | None

    @property
    def seeds(self) -> tuple[int, ...]:
        return self.heard.one.seeds

    @property
    def label(self) -> str:
        return f"{system_label(self.objective, self.bottleneck)}, lambda {self.lambda_:g}"

    @property
    def is_baseline(self) -> bool:
        return (self.objective, self.bottleneck) == (BASELINE, NO_BOTTLENECK)

    def folds(self, seeds: set[int]) -> list[FoldResult]:
        """The folds of some seeds, after the last epoch."""
        return fold_results([run for run in self.runs if run.config["seed"] in seeds], RULE)


@dataclass(frozen=True)
class _Seed:
    """A system's trainings with one seed; place is their directory."""

    place: Path
    runs: list[TrainedRun]
    heard: Probed
    unheard: Probed | None


def read_study(study: Path) -> list[System]:
    """All systems of a study, by bottleneck, objective and lambda.

    Raises:
        InputError: none, trainings that cannot be compared, leakage that is missing or of other
            models, no baseline, a system that has no seed in common with it.
    """
    points = sorted({path.parents[2] for path in study.glob("*/*_seed*/*/config.yaml")})
    if not points:
        raise InputError(f"{study}: no <point>/<objective>_seed<k>/<group> in it; train first")
    by_system: dict[tuple[str, str, float], list[_Seed]] = {}
    first: _Seed | None = None
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


def _seeds(point: Path) -> Iterator[_Seed]:
    by_place: dict[str, list[TrainedRun]] = {}
    for run in read_runs(point):
        by_place.setdefault(f"{run.objective}_seed{run.config['seed']}", []).append(run)
    refuse_strays(point, by_place)
    asked = (point / UNHEARD).is_dir()
    for name, runs in by_place.items():
        heard = read_probed(point / HEARD, name, runs)
        unheard = read_probed(point / UNHEARD, name, runs) if asked else None
        yield _Seed(point / name, runs, heard, unheard)


def _check_alike(first: _Seed, other: _Seed) -> None:
    """Raise for what makes a comparison unfair, or a pairing of test speakers impossible."""
    for name, value in _conditions(first).items():
        if _conditions(other)[name] != value:
            raise InputError(
                f"{other.place}: its {name} differ from those of {first.place}; compare like with "
                "like"
            )


def _conditions(seed: _Seed) -> dict[str, Any]:
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


def _system(seeds: list[_Seed]) -> System:
    places: dict[int, Path] = {}
    for seed in seeds:
        one = seed.heard.one
        place = places.setdefault(one["seed"], seed.place)
        if place != seed.place:
            raise InputError(f"{seed.place}: as {place} the same system; remove one")
        if (seed.unheard is None) != (seeds[0].unheard is None):
            raise InputError(
                f"{seed.place}: of it and {seeds[0].place}, seeds of one system, one has "
                f"{UNHEARD} beside it; probe both or neither"
            )
    runs = tuple(run for seed in seeds for run in seed.runs)
    heard = _means(seeds[0].place, [seed.heard for seed in seeds])
    unheard = [seed.unheard for seed in seeds if seed.unheard is not None]
    return System(
        *(one[name] for name in ("objective", "bottleneck", "lambda")),
        runs=runs,
        heard=heard,
        unheard=_means(seeds[0].place, unheard) if unheard else None,
    )


def _means(place: Path, probed: list[Probed]) -> Means:
    (one,) = leakage_means([found.one for found in probed])
    many = leakage_means([found.many for found in probed if found.many is not None])
    if len(many) > 1:
        draws = " and ".join(str(mean.draws) for mean in many)
        raise InputError(
            f"{place}: of its seeds means of {draws} draws were probed; probe them alike"
        )
    return Means(one, many[0] if many else None)
