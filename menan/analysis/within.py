"""Table 2: validation and test accuracy of every system over its folds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from menan.analysis.paper import TABLE2_UA, TABLE2_WA
from menan.datadir.tables import read_lines
from menan.errors import InputError
from menan.scoring.accuracy import confusion_matrix, unweighted_accuracy, weighted_accuracy
from menan.training.objectives import OBJECTIVES
from menan.training.selection import RULES, HeldOut, check_rule, selected_guesses


@dataclass(frozen=True)
class TrainedRun:
    """A finished training: its config.yaml and what it said of its held-out speakers."""

    config: dict[str, Any]
    heldout: HeldOut

    @property
    def objective(self) -> str:
        return self.config["objective"]


@dataclass(frozen=True)
class FoldScore:
    """One fold under one rule; accuracies between 0 and 1."""

    objective: str
    seed: int
    test: str
    valid: str
    epoch: int | None
    wa: tuple[float, float]
    ua: tuple[float, float]
    confusion: np.ndarray


def read_runs(exp: Path) -> list[TrainedRun]:
    """All runs with a held-out group below an experiment directory.

    Raises:
        InputError: none, an unfinished one, or runs of different data or configuration.
    """
    configs = sorted(exp.glob("*_seed*/*/config.yaml"))
    runs = []
    for path in configs:
        config = yaml.safe_load("\n".join(read_lines(path)))
        if config["hold_out"] is not None:
            runs.append(TrainedRun(config, HeldOut.load(path.with_name("heldout.npz"))))
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


def fold_scores(runs: list[TrainedRun], rule: str) -> list[FoldScore]:
    """Every fold of every run, the epoch chosen by ``rule``."""
    check_rule(rule)
    return [fold for run in runs for fold in _folds_of_run(run, rule)]


def _folds_of_run(run: TrainedRun, rule: str) -> Iterator[FoldScore]:
    for fold in run.config["folds"]:
        valid = run.heldout.of_speaker(fold["valid"])
        test = run.heldout.of_speaker(fold["test"])
        epoch, *guesses = selected_guesses(rule, valid, test)
        pairs = [(valid.labels, guesses[0]), (test.labels, guesses[1])]
        yield FoldScore(
            objective=run.objective,
            seed=run.config["seed"],
            test=fold["test"],
            valid=fold["valid"],
            epoch=epoch,
            wa=tuple(float(weighted_accuracy(*pair)) for pair in pairs),
            ua=tuple(float(unweighted_accuracy(*pair)) for pair in pairs),
            confusion=confusion_matrix(*pairs[1]),
        )


def table2(runs: list[TrainedRun], rule: str) -> dict[str, Any]:
    """Table 2 in per cent, as JSON values: means over folds (and seeds) under ``rule``.

    Beside it, from the same runs: the same means under every other rule, test WA and UA
    pooled over all test utterances, and the recall and confusion of these.
    """
    by_rule = {name: fold_scores(runs, name) for name in RULES}
    systems = [name for name in OBJECTIVES if any(run.objective == name for run in runs)]
    return {
        "rule": rule,
        "systems": {name: _system(_of(by_rule[rule], name), name) for name in systems},
        "rules": {
            other: {name: _means(_of(folds, name)) for name in systems}
            for other, folds in by_rule.items()
        },
    }


def _of(folds: list[FoldScore], objective: str) -> list[FoldScore]:
    return [fold for fold in folds if fold.objective == objective]


def _means(folds: list[FoldScore]) -> dict[str, dict[str, float]]:
    means = {}
    for measure in ("wa", "ua"):
        valid, test = 100 * np.mean([getattr(fold, measure) for fold in folds], axis=0)
        means[measure] = {"val": float(valid), "test": float(test), "delta": float(test - valid)}
    return means


def _system(folds: list[FoldScore], objective: str) -> dict[str, Any]:
    confusion = np.sum([fold.confusion for fold in folds], axis=0)
    recall = confusion.diagonal() / np.maximum(confusion.sum(axis=1), 1)
    present = confusion.sum(axis=1) > 0
    return {
        **_means(folds),
        "paper": {"wa": TABLE2_WA.get(objective), "ua": TABLE2_UA.get(objective)},
        "seeds": sorted({fold.seed for fold in folds}),
        "folds": [
            {"seed": f.seed, "test": f.test, "valid": f.valid, "epoch": f.epoch}
            | {"wa": f.wa, "ua": f.ua}
            for f in folds
        ],
        "pooled": {
            "wa": 100 * float(confusion.trace() / confusion.sum()),
            "ua": 100 * float(recall[present].mean()),
            "recall": [100 * float(r) if p else None for r, p in zip(recall, present, strict=True)],
            "confusion": confusion.tolist(),
        },
    }
