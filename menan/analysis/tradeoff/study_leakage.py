"""What menan-probe found in the models of a point's trainings, one file per system and seed.

<point>/leakage/<system>_seed<k>.json          one draw of each utterance that was trained on
<point>/leakage_mean/...                       the mean of many draws, with noise
<point>/leakage_unheard/..., ..._unheard_mean  the same for utterances of the same speakers that no
                                               training heard, if they were probed
"""

import reprlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from menan.analysis.leakage.leakage_files import read_leakage
from menan.analysis.leakage.result import LeakageMean, ReportedLeakage, leakage_means
from menan.analysis.runs import TrainedRun
from menan.analysis.tables.fold_results import fold_results, mean_test_ua
from menan.errors import InputError
from menan.model.bottlenecks import make_bottleneck

HEARD, UNHEARD = "leakage", "leakage_unheard"
RULE = "last"  # nobody chose the epoch


@dataclass(frozen=True)
class StudyLeakage:
    """Leakage of the trainings of one system and seed.

    one: from one draw, or from the embedding if it is not random.
    many: from the mean of many draws; None if the embedding is not random.
    """

    one: ReportedLeakage
    many: ReportedLeakage | None


@dataclass(frozen=True)
class LeakageMeans:
    """Means over seeds; one and many as in :class:`StudyLeakage`."""

    one: LeakageMean
    many: LeakageMean | None


def study_means(found: Sequence[StudyLeakage]) -> LeakageMeans:
    """Means over the seeds of one system."""
    (one,) = leakage_means([own.one for own in found])
    many = leakage_means([own.many for own in found if own.many is not None])
    return LeakageMeans(one, many[0] if many else None)


def read_study_leakage(folder: Path, name: str, runs: Sequence[TrainedRun]) -> StudyLeakage:
    """The leakage of some trainings, from ``folder`` and the folder of means beside it.

    Args:
        name: the file without suffix, ``<system>_seed<k>``.

    Raises:
        InputError: a file that is missing or of other models, or with the wrong number of draws.
    """
    path, path_of_mean = folder / f"{name}.json", _means_folder(folder) / f"{name}.json"
    one, many = _read(path, runs), None
    if one.draws != 1:
        raise InputError(f"{path}: of the mean of {one.draws} draws; probe a single draw")
    if make_bottleneck(runs[0].bottleneck).is_stochastic:
        many = _read(path_of_mean, runs)
        if many.draws == 1:
            raise InputError(
                f"{path_of_mean}: of a single draw; infer with --draws 32 and probe again"
            )
    return StudyLeakage(one, many)


def refuse_strays(point: Path, names: Collection[str]) -> None:
    """Raise InputError for leakage of other systems than these."""
    for folder in (point / HEARD, point / UNHEARD):
        for path in sorted([*folder.glob("*.json"), *_means_folder(folder).glob("*.json")]):
            if path.stem not in names:
                raise InputError(
                    f"{path}: no training of it in {point}; train it, or remove the file"
                )


def _means_folder(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}_mean")


def _read(path: Path, runs: Sequence[TrainedRun]) -> ReportedLeakage:
    if not path.is_file():
        raise InputError(f"{path}: missing; run menan-infer --rule {RULE} and menan-probe")
    found, run = read_leakage(path), runs[0]
    groups = tuple(sorted(str(run.config.hold_out) for run in runs))
    for name, here, wanted in (
        ("system", found.system, run.system),
        ("seed", found.seed, run.seed),
        ("rule", found.rule, RULE),
        ("bottleneck", found.bottleneck, run.bottleneck.label),
        ("groups", tuple(sorted(found.groups)), groups),
    ):
        if here != wanted:
            raise InputError(
                f"{path}: {name} is {reprlib.repr(here)}, not {reprlib.repr(wanted)} as in the "
                "trainings beside it; probe those"
            )
    if "train" not in found.sets or any(part.chance <= 0 for part in found.sets.values()):
        raise InputError(
            f"{path}: the training speakers are missing, or a chance is 0; probe again"
        )
    if found.sets["train"].embeddings.raw is None:
        raise InputError(f"{path}: the input was not probed; probe again with --feats")
    return ReportedLeakage(**vars(found), ua=mean_test_ua(fold_results(runs, RULE)))
