"""Table 2: accuracy of every system on unseen speakers, with what a reviewer asks for."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from menan.analysis.tables.paper import TABLE2_UA, TABLE2_WA
from menan.analysis.tables.runs import FoldResult, TrainedRun, fold_results
from menan.scoring.accuracy import recalls
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    confusion_counts,
    mean_ua,
    mean_wa,
    percentile_interval,
    pooled_ua,
    pooled_wa,
    resampled_counts,
)
from menan.scoring.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    scaled,
)
from menan.training.objectives import OBJECTIVES
from menan.training.selection import RULES


def table2(
    runs: list[TrainedRun], rule: str, spk2gender: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Table 2 in per cent, as JSON values, under ``rule`` and, in short, under every other.

    Means are over folds (and seeds), "pooled" counts all test utterances alike; intervals are
    95 % of a bootstrap over speakers, then utterances, then seeds.
    """
    systems = [name for name in OBJECTIVES if any(run.objective == name for run in runs)]
    by_rule = {name: fold_results(runs, name) for name in RULES}
    return {
        "rule": rule,
        "systems": {
            name: system_figures(_of(by_rule[rule], name), spk2gender or {})
            | {"adversary": _adversary([run for run in runs if run.objective == name])}
            for name in systems
        },
        "rules": {
            other: {name: _means(_of(folds, name)) for name in systems}
            for other, folds in by_rule.items()
        },
    }


def speaker_answers(folds: list[FoldResult]) -> list[SpeakerPredictions]:
    """The test speakers of a system's folds, each with the guesses of all its seeds."""
    by_speaker: dict[str, list[FoldResult]] = {}
    for fold in sorted(folds, key=lambda fold: (fold.test_speaker.encode(), fold.seed)):
        by_speaker.setdefault(fold.test_speaker, []).append(fold)
    return [
        SpeakerPredictions(
            speaker,
            own[0].test.labels,
            np.stack([f.test.guesses for f in own]),
            own[0].test.log_posteriors.shape[-1],
        )
        for speaker, own in by_speaker.items()
    ]


def system_figures(folds: list[FoldResult], spk2gender: Mapping[str, str]) -> dict[str, Any]:
    """All figures of one system under one rule."""
    answers = speaker_answers(folds)
    counts, replicates = confusion_counts(answers), resampled_counts(answers)
    figures = _means(folds)
    for measure, statistic in (("wa", mean_wa), ("ua", mean_ua)):
        figures[measure]["interval"] = _interval(statistic(replicates))
    pooled = counts.sum(axis=(0, 1))
    speakers = {a.speaker: _speaker_figures(a) for a in answers}
    worst = min(speakers, key=lambda name: speakers[name]["ua"])
    genders = _genders(speakers, spk2gender)
    objective = folds[0].objective
    return {
        **figures,
        "paper": {"wa": TABLE2_WA.get(objective), "ua": TABLE2_UA.get(objective)},
        "seeds": sorted({fold.seed for fold in folds}),
        "folds": [_fold_figures(fold) for fold in folds],
        "epoch_sd": 100 * float(np.mean([fold.epoch_sd for fold in folds])),
        "macro_f1": 100 * _macro_f1(pooled),
        "pooled": {
            "wa": 100 * float(pooled_wa(counts)),
            "wa_interval": _interval(pooled_wa(replicates)),
            "ua": 100 * float(pooled_ua(counts)),
            "ua_interval": _interval(pooled_ua(replicates)),
            "recall": _recall(pooled),
            "confusion": pooled.tolist(),
        },
        "speakers": speakers,
        "worst_speaker": {"speaker": worst, "ua": speakers[worst]["ua"]},
        "genders": genders,
        "gender_gap": abs(genders["f"]["ua"] - genders["m"]["ua"])
        if genders.keys() == {"f", "m"}
        else None,
        "calibration": _calibration(folds),
    }


def _of(folds: list[FoldResult], objective: str) -> list[FoldResult]:
    return [fold for fold in folds if fold.objective == objective]


def _means(folds: list[FoldResult]) -> dict[str, dict[str, Any]]:
    means = {}
    for measure in ("wa", "ua"):
        valid = 100 * float(np.mean([getattr(fold.valid, measure) for fold in folds]))
        test = 100 * float(np.mean([getattr(fold.test, measure) for fold in folds]))
        means[measure] = {"val": valid, "test": test, "delta": test - valid}
    return means


def _fold_figures(fold: FoldResult) -> dict[str, Any]:
    return {
        "seed": fold.seed,
        "test": fold.test_speaker,
        "valid": fold.valid_speaker,
        "epoch": fold.epoch,
        "wa": [fold.valid.wa, fold.test.wa],
        "ua": [fold.valid.ua, fold.test.ua],
    }


def _speaker_figures(answer: SpeakerPredictions) -> dict[str, Any]:
    """Means over seeds."""
    counts = confusion_counts([answer])
    recall = np.mean(
        [recalls(answer.labels, guesses, answer.classes) for guesses in answer.guesses], axis=0
    )
    return {
        "utterances": len(answer.labels),
        "wa": 100 * float(mean_wa(counts)),
        "ua": 100 * float(mean_ua(counts)),
        "recall": [None if np.isnan(value) else 100 * float(value) for value in recall],
    }


def _adversary(runs: list[TrainedRun]) -> dict[str, float]:
    """What SC itself reads from v in the last epoch, means over runs; accuracy in per cent."""
    last = [run.log[-1] for run in runs]
    return {
        "accuracy": 100 * float(np.mean([line["speaker_accuracy"] for line in last])),
        "entropy": float(np.mean([line["speaker_entropy"] for line in last])),
        "top": 100 * float(np.mean([line["speaker_top"] for line in last])),
    }


def _genders(speakers: dict[str, Any], spk2gender: Mapping[str, str]) -> dict[str, Any]:
    """Means over the speakers of each gender."""
    genders = {}
    for gender in sorted({spk2gender[s] for s in speakers if s in spk2gender}):
        own = [figures for s, figures in speakers.items() if spk2gender.get(s) == gender]
        genders[gender] = {m: float(np.mean([f[m] for f in own])) for m in ("wa", "ua")}
    return genders


def _recall(confusion: np.ndarray) -> list[float | None]:
    of_class = confusion.sum(axis=1)
    right = confusion.diagonal()
    return [100 * float(r / n) if n else None for r, n in zip(right, of_class, strict=True)]


def _macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 of the emotions that occur."""
    of_class = confusion.sum(axis=1)
    f1 = 2 * confusion.diagonal() / np.maximum(of_class + confusion.sum(axis=0), 1)
    return float(f1[of_class > 0].mean())


def _calibration(folds: list[FoldResult]) -> dict[str, float]:
    """Means over folds; each temperature is fitted on the fold's validation speaker."""
    rows = []
    for fold in folds:
        temperature = fit_temperature(fold.valid.labels, fold.valid.log_posteriors)
        labels, log_p = fold.test.labels, fold.test.log_posteriors
        softened = scaled(log_p, temperature)
        rows.append(
            {
                "nll": negative_log_likelihood(labels, log_p),
                "ece": expected_calibration_error(labels, log_p),
                "temperature": temperature,
                "nll_scaled": negative_log_likelihood(labels, softened),
                "ece_scaled": expected_calibration_error(labels, softened),
            }
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _interval(values: np.ndarray) -> list[float]:
    return [100 * bound for bound in percentile_interval(values)]
