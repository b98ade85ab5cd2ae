"""A study: trainings with several bottlenecks and lambdas, and what was probed of each.

STUDY/<point>/<objective>_seed<k>/<group>/      of menan-train
STUDY/<point>/leakage/<objective>_seed<k>.json  of menan-probe, one draw of each utterance
STUDY/<point>/leakage_mean/...                  and the mean of many, where there is noise
"""

import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.leakage.form import read_leakage
from menan.analysis.leakage.means import LeakageMean, leakage_means
from menan.analysis.leakage.names import (
    NO_BOTTLENECK,
    bottleneck_label,
    bottleneck_order,
    system_label,
)
from menan.analysis.tables.runs import FoldResult, TrainedRun, fold_results, read_runs
from menan.errors import InputError
from menan.training.objectives import OBJECTIVES

BASELINE = "ec"  # without a bottleneck: what every row is compared with
RULE = "last"  # nobody chose the epoch
VARIED = ("lambda", "bottleneck", "noise_sigma", "fsq_levels")


@dataclass(frozen=True)
class System:
    """One objective with one bottleneck at one lambda, all seeds.

    runs: their trainings.
    one: what was probed of one draw, or of the embedding if it is not random.
    many: of the mean of many draws; None if the embedding is not random.
    """

    objective: str
    bottleneck: str
    lambda_: float
    runs: tuple[TrainedRun, ...]
    one: LeakageMean
    many: LeakageMean | None

    @property
    def seeds(self) -> tuple[int, ...]:
        return self.one.seeds

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
    one: dict[str, Any]
    many: dict[str, Any] | None


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
            one = seed.one
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
    for folder in ("leakage", "leakage_mean"):
        for path in sorted(point.glob(f"{folder}/*.json")):
            if path.stem not in by_place:
                raise InputError(f"{path}: of no training in {point}; train it, or remove the file")
    for name, runs in by_place.items():
        one = _leakage(point / "leakage" / f"{name}.json", runs)
        if one["draws"] != 1:
            raise InputError(
                f"{point}/leakage/{name}.json: of the mean of {one['draws']} draws; probe one"
            )
        many = None
        if runs[0].training.bottleneck == "noise":
            many = _leakage(point / "leakage_mean" / f"{name}.json", runs)
            if many["draws"] == 1:
                raise InputError(
                    f"{point}/leakage_mean/{name}.json: of one draw; infer with --draws 32 and "
                    "probe again"
                )
        yield _Seed(point / name, runs, one, many)


def _leakage(path: Path, runs: list[TrainedRun]) -> dict[str, Any]:
    """What was probed of the models of some runs, beside their UA (per cent)."""
    run = runs[0]
    if not path.is_file():
        raise InputError(f"{path}: missing; run menan-infer --rule {RULE} and menan-probe")
    leakage = read_leakage(path)
    groups = leakage.get("groups")
    found = leakage | {"groups": sorted(map(str, groups)) if isinstance(groups, list) else groups}
    wanted = {
        "objective": run.objective,
        "seed": run.config["seed"],
        "rule": RULE,
        "lambda": run.training.lambda_,
        "bottleneck": bottleneck_label(run.training),
        "groups": sorted(str(run.config["hold_out"]) for run in runs),
    }
    for name, value in wanted.items():
        if found[name] != value:
            raise InputError(
                f"{path}: {name} is {reprlib.repr(found[name])}, not {reprlib.repr(value)} as in "
                "the trainings beside it; probe these"
            )
    if "train" not in leakage["sets"] or leakage["sets"]["train"]["chance"] <= 0:
        raise InputError(f"{path}: nothing of the training speakers in it; probe again")
    ua = 100 * float(np.mean([fold.test.ua for fold in fold_results(runs, RULE)]))
    return leakage | {"ua": ua}


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
        place = places.setdefault(seed.one["seed"], seed.place)
        if place != seed.place:
            raise InputError(f"{seed.place}: as {place} the same system; remove one")
    (one,) = leakage_means([seed.one for seed in seeds])
    means = leakage_means([seed.many for seed in seeds if seed.many is not None])
    if len(means) > 1:
        draws = " and ".join(str(mean.draws) for mean in means)
        raise InputError(
            f"{seeds[0].place}: of its seeds means of {draws} draws were probed; probe them alike"
        )
    runs = tuple(run for seed in seeds for run in seed.runs)
    many = means[0] if means else None
    return System(one.objective, one.bottleneck, one.lambda_, runs, one, many)
