"""What menan-probe found of the models of a point's trainings, a file a system.

<point>/leakage/<objective>_seed<k>.json       of one draw of each utterance that was trained on
<point>/leakage_mean/...                       and of the mean of many, where there is noise
<point>/leakage_unheard/..., ..._unheard_mean  the same of utterances that no training heard, of
                                               the same speakers, if they were asked about
"""

import reprlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.leakage.names import bottleneck_label
from menan.analysis.leakage.result import read_leakage
from menan.analysis.tables.runs import TrainedRun, fold_results
from menan.errors import InputError

HEARD, UNHEARD = "leakage", "leakage_unheard"
RULE = "last"  # nobody chose the epoch


@dataclass(frozen=True)
class Probed:
    """Of the trainings of one objective and seed, beside the models' UA (per cent).

    one: of one draw, or of the embedding if it is not random.
    many: of the mean of many draws; None if the embedding is not random.
    """

    one: dict[str, Any]
    many: dict[str, Any] | None


def read_probed(folder: Path, name: str, runs: list[TrainedRun]) -> Probed:
    """What was probed of some runs, of whom ``folder`` and the folder of means beside it tell.

    Raises:
        InputError: nothing, something of other models, draws averaged or not as they should be.
    """
    path, path_of_mean = folder / f"{name}.json", _of_means(folder) / f"{name}.json"
    one, many = _read(path, runs), None
    if one["draws"] != 1:
        raise InputError(f"{path}: of the mean of {one['draws']} draws; probe one")
    if runs[0].training.bottleneck == "noise":
        many = _read(path_of_mean, runs)
        if many["draws"] == 1:
            raise InputError(f"{path_of_mean}: of one draw; infer with --draws 32 and probe again")
    return Probed(one, many)


def refuse_strays(point: Path, names: Collection[str]) -> None:
    """Raise for what was probed of other systems than these."""
    for folder in (point / HEARD, point / UNHEARD):
        for path in sorted([*folder.glob("*.json"), *_of_means(folder).glob("*.json")]):
            if path.stem not in names:
                raise InputError(f"{path}: of no training in {point}; train it, or remove the file")


def _of_means(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}_mean")


def _read(path: Path, runs: list[TrainedRun]) -> dict[str, Any]:
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
    sets = leakage["sets"]
    if "train" not in sets or any(part["chance"] <= 0 for part in sets.values()):
        raise InputError(
            f"{path}: nothing of the training speakers, or a chance of 0, in it; probe again"
        )
    ua = 100 * float(np.mean([fold.test.ua for fold in fold_results(runs, RULE)]))
    return leakage | {"ua": ua}
