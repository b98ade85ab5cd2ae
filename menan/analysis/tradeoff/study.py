"""A study: trainings with several bottlenecks and objectives, and the leakage of each.

STUDY/<point>/<system>_seed<k>/<group>/  written by menan-train
STUDY/<point>/leakage/...                by menan-probe (menan.analysis.tradeoff.study_leakage)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from menan.analysis.runs import TrainedRun, read_runs
from menan.analysis.system_names import bottleneck_order, system_label, system_order
from menan.analysis.tables.fold_results import FoldResult, fold_results
from menan.analysis.tradeoff.study_leakage import (
    HEARD,
    RULE,
    UNHEARD,
    LeakageMeans,
    StudyLeakage,
    read_study_leakage,
    refuse_strays,
    study_means,
)
from menan.errors import InputError


@dataclass(frozen=True)
class TrainedSeed:
    """A system's trainings with one seed, and their leakage.

    directory: holds the trainings.
    heard: leakage from the utterances of the trainings' dump.
    unheard: leakage from utterances of the same speakers that no training heard; None if they
        were not probed.
    """

    directory: Path
    runs: list[TrainedRun]
    heard: StudyLeakage
    unheard: StudyLeakage | None

    @property
    def seed(self) -> int:
        return self.heard.one.seed


@dataclass(frozen=True)
class StudySystem:
    """One objective with its settings and one bottleneck, trained with some seeds."""

    system: str
    bottleneck: str
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
    def heard(self) -> LeakageMeans:
        return study_means([one.heard for one in self.trained])

    @property
    def unheard(self) -> LeakageMeans | None:
        found = [one.unheard for one in self.trained if one.unheard is not None]
        return study_means(found) if found else None

    @property
    def label(self) -> str:
        return system_label(self.system, self.bottleneck)

    def of_seeds(self, seeds: Collection[int]) -> "StudySystem":
        """This system with these seeds only."""
        return replace(self, trained=tuple(one for one in self.trained if one.seed in seeds))


def find_reference(systems: Sequence[StudySystem], reference: str) -> StudySystem:
    """The system of that name without a bottleneck, with which all others are compared.

    Raises:
        InputError: it was not trained.
    """
    for system in systems:
        if (system.system, system.bottleneck) == (reference, ""):
            return system
    free = [system.system for system in systems if not system.bottleneck]
    cure = f"choose from {', '.join(free)}, or train it" if free else "train it"
    raise InputError(f"--reference {reference}: no such system without a bottleneck; {cure}")


def read_study(study: Path, reference: str) -> list[StudySystem]:
    """All systems of a study, by bottleneck and objective.

    Raises:
        InputError: no training, trainings that cannot be compared, leakage that is missing or of
            other models, no reference, a system that shares no seed with the reference.
    """
    points = sorted({path.parents[2] for path in study.glob("*/*_seed*/*/config.yaml")})
    if not points:
        raise InputError(f"{study}: no <point>/<system>_seed<k>/<group> in it; train first")
    by_system: dict[tuple[str, str], list[TrainedSeed]] = {}
    first: TrainedSeed | None = None
    for point in points:
        for seed in _seeds(point):
            first = first or seed
            _check_alike(first, seed)
            one = seed.heard.one
            by_system.setdefault((one.system, one.bottleneck), []).append(seed)
    systems = sorted(map(_system, by_system.values()), key=_place)
    seeds = {*find_reference(systems, reference).seeds}
    for system in systems:
        if not seeds & {*system.seeds}:
            raise InputError(
                f"{study}: {system.label}: no seed in common with `{reference}` without a "
                "bottleneck; train both with the same seeds"
            )
    return systems


def _place(
    system: StudySystem,
) -> tuple[list[tuple[str, float]], tuple[int, list[tuple[str, float]]]]:
    return bottleneck_order(system.bottleneck), system_order(system.system)


def _seeds(point: Path) -> Iterator[TrainedSeed]:
    by_directory: dict[str, list[TrainedRun]] = {}
    for run in read_runs(point):
        by_directory.setdefault(run.directory.parent.name, []).append(run)
    refuse_strays(point, by_directory)
    is_probed = (point / UNHEARD).is_dir()
    for name, runs in by_directory.items():
        heard = read_study_leakage(point / HEARD, name, runs)
        unheard = read_study_leakage(point / UNHEARD, name, runs) if is_probed else None
        yield TrainedSeed(point / name, runs, heard, unheard)


def _check_alike(first: TrainedSeed, other: TrainedSeed) -> None:
    """Raise InputError for what makes a comparison unfair, or a pairing of speakers impossible."""
    here = _conditions(other)
    for name, value in _conditions(first).items():
        if here[name] != value:
            raise InputError(
                f"{other.directory}: its {name} differ from those of {first.directory}; compare "
                "trainings with the same settings and data"
            )


def _conditions(seed: TrainedSeed) -> dict[str, str]:
    config = seed.runs[0].config
    tested = sorted(
        (test, tuple(run.heldout.of_speaker(test).utts.tolist()))
        for run in seed.runs
        for test, _ in run.folds
    )
    return {
        "features": f"{config.corpus} {config.feats} {config.features}",
        "emotions": " ".join(config.emotions),
        "trainings": f"{config.training} {config.model.encoder}",
        "test utterances": str(tested),
    }


def _system(trained: list[TrainedSeed]) -> StudySystem:
    first = trained[0]
    directories: dict[int, Path] = {}
    for one in trained:
        directory = directories.setdefault(one.seed, one.directory)
        if directory != one.directory:
            raise InputError(f"{one.directory}: the same system as {directory}; remove one")
        if (one.unheard is None) != (first.unheard is None):
            raise InputError(
                f"{one.directory} and {first.directory}: two seeds of one system, but only one has "
                f"{UNHEARD} beside it; probe both or neither"
            )
    for found in zip(*((one.heard, one.unheard) for one in trained), strict=True):
        draws = sorted({own.many.draws for own in found if own and own.many})
        if len(draws) > 1:
            raise InputError(
                f"{first.directory}: means of {' and '.join(map(str, draws))} draws were probed; "
                "probe all seeds with the same number of draws"
            )
    return StudySystem(first.heard.one.system, first.heard.one.bottleneck, tuple(trained))
