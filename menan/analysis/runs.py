"""The trainings of an experiment, read once: settings, logs and held-out posteriors.

The files may come from anybody, so each is held against what menan-train writes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.system_names import system_order
from menan.datadir.corpus_ids import corpus_of
from menan.datadir.folds import FOLDS, SPLIT, is_split
from menan.datadir.tables import c_sorted, read_lines
from menan.errors import InputError
from menan.files.mapping import to_mapping
from menan.settings import BottleneckSettings
from menan.training.run_config import RunConfig, read_run_config
from menan.training.selection import HeldOut

CORPUS = "whole corpora"  # the setting of runs that hold a corpus out
# The numbers that every line of log.jsonl has.
LOGGED = {"seconds", "speaker_accuracy", "speaker_entropy", "speaker_top"}


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
    """A finished training that held a group out.

    directory: holds its files.
    config: its config.yaml.
    log: one entry per epoch.
    heldout: posteriors of its held-out speakers after every epoch.
    """

    directory: Path
    config: RunConfig
    log: tuple[EpochLog, ...]
    heldout: HeldOut

    @property
    def system(self) -> str:
        """The name of its system in tables."""
        return self.config.objective.system

    @property
    def seed(self) -> int:
        return self.config.seed

    @property
    def folds(self) -> tuple[tuple[str, str | None], ...]:
        """Test and validation speaker of each fold; every speaker of a held-out corpus tests."""
        if self.config.hold_out not in self.config.corpora:
            return self.config.folds
        speakers = c_sorted(set(self.heldout.speakers.tolist()))
        return tuple(
            (speaker, valid)
            for corpus, valid in self.config.folds
            for speaker in speakers
            if corpus_of(speaker) == corpus
        )

    @property
    def bottleneck(self) -> BottleneckSettings:
        return self.config.model.bottleneck


def read_runs(exp: Path) -> list[TrainedRun]:
    """All trainings with a held-out group below an experiment directory, ordered by system.

    Trainings on all speakers, which hold no group out, are passed over.

    Raises:
        InputError: no training, an unfinished one, files that menan-train did not write, or
            trainings on different data or with different settings.
    """
    runs = []
    for path in sorted(exp.glob("*_seed*/*/config.yaml")):
        config = read_run_config(path)
        if config.hold_out is not None:
            runs.append(_read_run(path, config))
    if not runs:
        raise InputError(f"{exp}: no training with a held-out group in it; run menan-train first")
    first = _shared(runs[0].config)
    for run in runs[1:]:
        for name, text in _shared(run.config).items():
            if text != first[name]:
                raise InputError(
                    f"{exp}: its trainings differ in {name} ({first[name]} and {text}); report "
                    "trainings with the same settings"
                )
    return sorted(runs, key=lambda run: system_order(run.system))


def training_hours(runs: Sequence[TrainedRun]) -> float:
    """Wall-clock time of some trainings."""
    return sum(epoch.numbers["seconds"] for run in runs for epoch in run.log) / 3600


def settings_text(config: RunConfig) -> dict[str, dict[str, str]]:
    """The settings that all trainings of an experiment share, as text by section and key."""
    sections = (("model", config.model), ("training", config.training))
    texts = {name: _as_text(to_mapping(section)) for name, section in sections}
    texts["features"] = _as_text(config.features.to_plain())
    if is_split(config.hold_out):
        texts["runs"] = {"held out": SPLIT if config.hold_out == SPLIT else FOLDS}
    elif config.hold_out in config.corpora:
        texts["runs"] = {"held out": CORPUS}
    return texts


def _as_text(values: Mapping[str, Any]) -> dict[str, str]:
    def text(value: Any) -> str:
        if isinstance(value, dict):
            name, *rest = value.items()
            return f"{name[1]} ({', '.join(f'{key} {text(item)}' for key, item in rest)})"
        return (", ".join(map(text, value)) or "none") if isinstance(value, list) else str(value)

    return {key: text(value) for key, value in values.items()}


def _shared(config: RunConfig) -> dict[str, str]:
    facts = {"emotions": " ".join(config.emotions), "corpus": config.corpus}
    facts |= {"feats": config.feats, "version": config.version}
    sections = settings_text(config)
    return {name: _listed(section) for name, section in sections.items()} | facts


def _listed(section: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in section.items())


def _read_run(path: Path, config: RunConfig) -> TrainedRun:
    arrays, log = path.with_name("heldout.npz"), path.with_name("log.jsonl")
    heldout = HeldOut.load(arrays)
    if not _is_whole(heldout, len(config.emotions)):
        raise InputError(f"{arrays}: not the posteriors of a training; train again")
    run = TrainedRun(path.parent, config, _read_log(log), heldout)
    if not run.log or not run.log[0].numbers.keys() >= LOGGED:
        raise InputError(f"{log}: not the log of a training; train again")
    if not run.folds:
        raise InputError(f"{path}: no folds in it; train again")
    named = {name for fold in run.folds for name in fold if name is not None}
    if not named <= set(heldout.speakers.tolist()):
        raise InputError(f"{path}: folds of speakers whom {arrays.name} lacks; train again")
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
    if not isinstance(line, dict) or not isinstance(line.get("epoch"), int):
        return None
    numbers = {key: value for key, value in line.items() if key not in ("epoch", "heldout")}
    heldout = line.get("heldout", {})
    if not isinstance(heldout, dict) or not _are_numbers([*numbers.values()]):
        return None
    if not all(isinstance(one, dict) and "ua" in one for one in heldout.values()):
        return None
    ua = {speaker: one["ua"] for speaker, one in heldout.items()}
    return EpochLog(numbers, ua) if _are_numbers([*ua.values()]) else None


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
