"""Finished trainings, and what they said of each test speaker under a selection rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from menan.analysis.tables.run_files import read_config, read_heldout, read_log, require_keys
from menan.config import TrainingConfig
from menan.errors import InputError
from menan.files.mapping import from_mapping
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy
from menan.training.objectives import OBJECTIVES
from menan.training.selection import HeldOut, selected_log_posteriors

# What config.yaml says of a run that held a group out, and log.jsonl of an epoch.
_OF_A_FOLD = {"seed": int, "folds": list, "training": dict, "features": dict}
_OF_A_FOLD |= {"corpus": str, "feats": str, "version": str}
_LOGGED = {"seconds", "speaker_accuracy", "speaker_entropy", "speaker_top"}


@dataclass(frozen=True)
class TrainedRun:
    """A finished training.

    config: its config.yaml.
    training: the section of it.
    heldout: what it said of its held-out speakers after every epoch.
    log: the lines of its log.jsonl, one an epoch.
    """

    config: dict[str, Any]
    training: TrainingConfig
    heldout: HeldOut
    log: list[dict[str, Any]]

    @property
    def objective(self) -> str:
        return self.config["objective"]


@dataclass(frozen=True)
class Part:
    """A speaker's utterances in a fold: labels (n,), log posteriors (n, 4) at the epoch."""

    labels: np.ndarray
    log_posteriors: np.ndarray

    @property
    def guesses(self) -> np.ndarray:
        return self.log_posteriors.argmax(axis=-1)

    @property
    def wa(self) -> float:
        return float(weighted_accuracy(self.labels, self.guesses))

    @property
    def ua(self) -> float:
        return float(unweighted_accuracy(self.labels, self.guesses))


@dataclass(frozen=True)
class FoldResult:
    """One fold of one run under one rule.

    valid_speaker, test_speaker: who validates and who tests.
    epoch: from 1; None for a rule that mixes epochs.
    epoch_sd: standard deviation of the test UA over the last ten epochs.
    """

    objective: str
    seed: int
    valid_speaker: str
    test_speaker: str
    epoch: int | None
    valid: Part
    test: Part
    epoch_sd: float


def read_runs(exp: Path) -> list[TrainedRun]:
    """All runs with a held-out group below an experiment directory.

    Raises:
        InputError: none, an unfinished one, files that menan-train did not write, or runs of
            different data or configuration.
    """
    runs = []
    for path in sorted(exp.glob("*_seed*/*/config.yaml")):
        config = read_config(path)
        if config["hold_out"] is not None:
            runs.append(_read_run(path, config))
    if not runs:
        raise InputError(f"{exp}: no training with a held-out group in it; run menan-train first")
    for run in runs[1:]:
        for key in ("training", "features", "feats", "version"):
            if run.config[key] != runs[0].config[key]:
                raise InputError(
                    f"{exp}: its trainings differ in {key} ({runs[0].config[key]} and "
                    f"{run.config[key]}); compare like with like"
                )
    return runs


def _read_run(path: Path, config: dict[str, Any]) -> TrainedRun:
    require_keys(config, _OF_A_FOLD, path)
    if config["objective"] not in OBJECTIVES:
        raise InputError(f"{path}: unknown objective {config['objective'][:80]!r}")
    arrays, log = path.with_name("heldout.npz"), path.with_name("log.jsonl")
    training = from_mapping(TrainingConfig, config["training"], f"{path}: training")
    run = TrainedRun(config, training, read_heldout(arrays), read_log(log))
    if not run.log or not run.log[0].keys() >= _LOGGED:
        raise InputError(f"{log}: not the log of a training; train anew")
    if not config["folds"]:
        raise InputError(f"{path}: no folds in it; train anew")
    for fold in config["folds"]:
        match fold:
            case {"test": str() as test, "valid": str() as valid}:
                whole = {test, valid} <= set(run.heldout.speakers.tolist())
            case _:
                whole = False
        if not whole:
            raise InputError(f"{path}: folds of speakers whom {arrays.name} lacks; train anew")
    return run


def fold_results(runs: list[TrainedRun], rule: str) -> list[FoldResult]:
    """Every fold of every run, the epoch chosen by ``rule``."""
    return [fold for run in runs for fold in _folds_of_run(run, rule)]


def _folds_of_run(run: TrainedRun, rule: str) -> Iterator[FoldResult]:
    for fold in run.config["folds"]:
        valid = run.heldout.of_speaker(fold["valid"])
        test = run.heldout.of_speaker(fold["test"])
        epoch, valid_log_p, test_log_p = selected_log_posteriors(rule, valid, test)
        yield FoldResult(
            objective=run.objective,
            seed=run.config["seed"],
            valid_speaker=fold["valid"],
            test_speaker=fold["test"],
            epoch=epoch,
            valid=Part(valid.labels, valid_log_p),
            test=Part(test.labels, test_log_p),
            epoch_sd=float(test.ua()[-10:].std()),
        )
