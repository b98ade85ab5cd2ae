"""The trainings of an experiment, read once: settings, logs and held-out posteriors.

The files may come from anybody, so each is held against what menan-train writes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.system_names import bottleneck_label, system_name, system_order, tag_of_lambda
from menan.config import FeatureConfig, TrainingConfig
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.files.mapping import from_mapping, to_mapping
from menan.files.yaml_file import read_yaml
from menan.labels import IEMOCAP_EMOTIONS, LabelSet
from menan.training.objectives import OBJECTIVES
from menan.training.selection import HeldOut

# The numbers that every line of log.jsonl has.
LOGGED = {"seconds", "speaker_accuracy", "speaker_entropy", "speaker_top"}


@dataclass(frozen=True)
class RunFold:
    """The speakers of a fold."""

    test: str
    valid: str


@dataclass(frozen=True)
class RunSettings:
    """What config.yaml says about a training that held a group out.

    tag: the objective's settings that differ from their defaults.
    group: the held-out group.
    speakers: the training speakers.
    bottleneck: its label; is_random if z takes noise.
    settings: all other settings as text, by section and key.
    feats: the feats.scp of the training.
    """

    objective: str
    tag: str
    seed: int
    group: str
    folds: tuple[RunFold, ...]
    speakers: tuple[str, ...]
    emotions: LabelSet
    bottleneck: str
    is_random: bool
    settings: dict[str, dict[str, str]]
    corpus: str
    feats: str
    version: str

    @property
    def system(self) -> str:
        return system_name(self.objective, self.tag)


@dataclass(frozen=True)
class EpochLog:
    """A line of log.jsonl.

    numbers: by name, such as ``emotion_loss``.
    heldout_ua: UA between 0 and 1, by held-out speaker.
    """

    numbers: dict[str, float]
    heldout_ua: dict[str, float]


@dataclass(frozen=True)
class TrainedRun:
    """A finished training.

    directory: holds its files.
    log: one entry per epoch.
    heldout: posteriors of its held-out speakers after every epoch.
    """

    directory: Path
    settings: RunSettings
    log: tuple[EpochLog, ...]
    heldout: HeldOut

    @property
    def system(self) -> str:
        return self.settings.system

    @property
    def seed(self) -> int:
        return self.settings.seed


def read_runs(exp: Path) -> list[TrainedRun]:
    """All trainings with a held-out group below an experiment directory, ordered by system.

    Trainings on all speakers, which hold no group out, are passed over.

    Raises:
        InputError: no training, an unfinished one, files that menan-train did not write, or
            trainings on different data or with different settings.
    """
    runs = []
    for path in sorted(exp.glob("*_seed*/*/config.yaml")):
        settings = read_run_settings(path)
        if settings is not None:
            runs.append(_read_run(path.parent, settings))
    if not runs:
        raise InputError(f"{exp}: no training with a held-out group in it; run menan-train first")
    for run in runs[1:]:
        for name, here, first in _shared(run.settings, runs[0].settings):
            if here != first:
                raise InputError(
                    f"{exp}: its trainings differ in {name} ({first} and {here}); compare "
                    "trainings with the same settings"
                )
    return sorted(runs, key=lambda run: system_order(run.system))


def training_hours(runs: list[TrainedRun]) -> float:
    """Wall-clock time of some trainings."""
    return sum(epoch.numbers["seconds"] for run in runs for epoch in run.log) / 3600


def read_run_settings(path: Path) -> RunSettings | None:
    """The config.yaml of a training; None if no group was held out.

    Raises:
        InputError: not what menan-train writes.
    """
    config = read_yaml(path)
    if not isinstance(config, dict):
        raise InputError(f"{path}: not what menan-train writes; train again")
    if config.get("hold_out", "") is None:
        return None
    kinds = {"objective": str, "hold_out": str, "seed": int, "corpus": str, "feats": str}
    kinds |= {"version": str, "speakers": list, "folds": list, "training": dict, "features": dict}
    for name, kind in kinds.items():
        if not isinstance(config.get(name), kind):
            raise InputError(f"{path}: {name} is missing or of another type; train again")
    if config["objective"] not in OBJECTIVES:
        raise InputError(
            f"{path}: unknown objective {config['objective'][:80]!r}; choose from "
            f"{', '.join(OBJECTIVES)}, or load the file that defines it with --plugin"
        )
    training = from_mapping(TrainingConfig, config["training"], f"{path}: training")
    features = from_mapping(FeatureConfig, config["features"], f"{path}: features")
    names = config.get("emotions", IEMOCAP_EMOTIONS.names)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path}: emotions is not a list of names; train again")
    varied = {"lambda"}
    return RunSettings(
        objective=config["objective"],
        tag=tag_of_lambda(training.lambda_),
        seed=config["seed"],
        group=config["hold_out"],
        folds=tuple(from_mapping(RunFold, fold, f"{path}: folds") for fold in config["folds"]),
        speakers=tuple(map(str, config["speakers"])),
        emotions=LabelSet(tuple(names)),
        bottleneck=bottleneck_label(training),
        is_random=training.bottleneck == "noise",
        settings={
            "training": _as_text(training, varied),
            "features": _as_text(features, set()),
        },
        corpus=config["corpus"],
        feats=config["feats"],
        version=config["version"],
    )


def _as_text(section: TrainingConfig | FeatureConfig, without: set[str]) -> dict[str, str]:
    return {
        key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in to_mapping(section).items()
        if key not in without
    }


def _shared(a: RunSettings, b: RunSettings) -> list[tuple[str, str, str]]:
    """What the trainings of an experiment have in common: name, and text of both."""
    rows = [(name, str(a.settings[name]), str(b.settings[name])) for name in a.settings]
    for name in ("bottleneck", "emotions", "corpus", "feats", "version"):
        rows.append((name, str(getattr(a, name)), str(getattr(b, name))))
    return rows


def _read_run(directory: Path, settings: RunSettings) -> TrainedRun:
    arrays, log = directory / "heldout.npz", directory / "log.jsonl"
    heldout = HeldOut.load(arrays)
    if not _is_whole(heldout, len(settings.emotions)):
        raise InputError(f"{arrays}: not the posteriors of a training; train again")
    run = TrainedRun(directory, settings, _read_log(log), heldout)
    if not run.log or not run.log[0].numbers.keys() >= LOGGED:
        raise InputError(f"{log}: not the log of a training; train again")
    if not settings.folds:
        raise InputError(f"{directory / 'config.yaml'}: no folds in it; train again")
    known = set(heldout.speakers.tolist())
    if not all({fold.test, fold.valid} <= known for fold in settings.folds):
        raise InputError(
            f"{directory / 'config.yaml'}: folds of speakers whom {arrays.name} lacks; train again"
        )
    return run


def _read_log(path: Path) -> tuple[EpochLog, ...]:
    """A log.jsonl: every line has the same numbers, of the same held-out speakers."""
    epochs: list[EpochLog] = []
    for number, text in enumerate(read_lines(path), start=1):
        try:
            epoch = _epoch(json.loads(text))
        except (ValueError, RecursionError):
            epoch = None
        if epoch is None or (epochs and not _are_alike(epoch, epochs[0])):
            raise InputError(
                f"{path}:{number}: not a line of menan-train; let the training end, or resume it"
            )
        epochs.append(epoch)
    return tuple(epochs)


def _epoch(line: Any) -> EpochLog | None:
    match line:
        case {"epoch": int(), **rest}:
            heldout = rest.pop("heldout", {})
            if not isinstance(heldout, dict) or not _are_numbers([*rest.values()]):
                return None
            if not all(isinstance(one, dict) and "ua" in one for one in heldout.values()):
                return None
            ua = {speaker: one["ua"] for speaker, one in heldout.items()}
            return EpochLog(rest, ua) if _are_numbers([*ua.values()]) else None
    return None


def _are_alike(a: EpochLog, b: EpochLog) -> bool:
    return a.numbers.keys() == b.numbers.keys() and a.heldout_ua.keys() == b.heldout_ua.keys()


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _is_whole(heldout: HeldOut, classes: int) -> bool:
    """Whether the arrays fit each other, and hold classes and log posteriors."""
    labels, log_p = heldout.labels, heldout.log_posteriors
    return (
        labels.dtype.kind in "iu"
        and log_p.dtype.kind == "f"
        and labels.ndim == 1
        and log_p.ndim == 3
        and heldout.utts.shape == heldout.speakers.shape == labels.shape
        and log_p.shape == (len(log_p), len(labels), classes)
        and len(log_p) > 0
        and not np.isnan(log_p).any()
        and bool(((labels >= 0) & (labels < classes)).all())
    )
