"""Table 2: accuracy of every system on unseen speakers, with intervals and calibration."""

from collections.abc import Mapping, Sequence

import numpy as np

from menan.analysis.results import (
    AdversaryFigures,
    CalibrationFigures,
    FoldFigures,
    GenderFigures,
    HeadlineAccuracy,
    MeanAccuracy,
    PaperFigures,
    PooledFigures,
    RuleFigures,
    SpeakerFigures,
    SystemFigures,
    Table2,
    WorstSpeaker,
)
from menan.analysis.runs import TrainedRun
from menan.analysis.tables.by_corpus import corpus_figures
from menan.analysis.tables.fold_results import FoldResult, fold_results
from menan.analysis.tables.paper import TABLE2_UA, TABLE2_WA
from menan.scoring.accuracy import macro_f1, recalls
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    Statistic,
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
from menan.training.selection import RULES


def table2(
    runs: Sequence[TrainedRun], rule: str, spk2gender: Mapping[str, str] | None = None
) -> Table2:
    """Table 2 under ``rule`` and, in short, under every other possible rule; without comparisons.

    Means are over folds and seeds, pooled figures count all test utterances alike; intervals are
    95 % intervals of a bootstrap over speakers, then utterances, then seeds.
    """
    systems = list(dict.fromkeys(run.system for run in runs))
    validated = all(valid is not None for run in runs for _, valid in run.config.folds)
    possible = [name for name, one in RULES.items() if validated or not one.needs_valid]
    by_rule = {name: fold_results(runs, name) for name in dict.fromkeys((*possible, rule))}
    return Table2(
        rule=rule,
        emotions=runs[0].config.emotions.names,
        systems={
            name: _system_figures(
                _of(by_rule[rule], name),
                [run for run in runs if run.system == name],
                spk2gender or {},
            )
            for name in systems
        },
        rules={
            other: {name: _rule_figures(_of(folds, name)) for name in systems}
            for other, folds in by_rule.items()
        },
    )


def speaker_predictions(folds: Sequence[FoldResult]) -> list[SpeakerPredictions]:
    """The test speakers of a system's folds, each with the predictions of all its seeds."""
    by_speaker: dict[str, list[FoldResult]] = {}
    for fold in sorted(folds, key=lambda fold: (fold.test_speaker.encode(), fold.seed)):
        by_speaker.setdefault(fold.test_speaker, []).append(fold)
    return [
        SpeakerPredictions(
            speaker,
            own[0].test.labels,
            np.stack([fold.test.guesses for fold in own]),
            own[0].test.log_posteriors.shape[-1],
        )
        for speaker, own in by_speaker.items()
    ]


def _system_figures(
    folds: list[FoldResult], runs: list[TrainedRun], spk2gender: Mapping[str, str]
) -> SystemFigures:
    tested = speaker_predictions(folds)
    counts, replicates = confusion_counts(tested), resampled_counts(tested)
    speakers = {one.speaker: _speaker_figures(one) for one in tested}
    worst = min(speakers, key=lambda name: speakers[name].ua)
    genders = _genders(speakers, spk2gender)
    pooled, system = counts.sum(axis=(0, 1)), folds[0].system

    def headline(measure: str, statistic: Statistic) -> HeadlineAccuracy:
        mean = _mean_accuracy(folds, measure)
        interval = _interval(statistic(replicates))
        return HeadlineAccuracy(mean.val, mean.test, mean.delta, interval)

    return SystemFigures(
        wa=headline("wa", mean_wa),
        ua=headline("ua", mean_ua),
        paper=PaperFigures(TABLE2_WA.get(system), TABLE2_UA.get(system)),
        seeds=tuple(sorted({fold.seed for fold in folds})),
        folds=tuple(map(_fold_figures, folds)),
        epoch_sd=100 * float(np.mean([fold.epoch_sd for fold in folds])),
        macro_f1=100 * macro_f1(pooled),
        pooled=PooledFigures(
            wa=100 * float(pooled_wa(counts)),
            wa_interval=_interval(pooled_wa(replicates)),
            ua=100 * float(pooled_ua(counts)),
            ua_interval=_interval(pooled_ua(replicates)),
            recall=_recall(pooled),
            confusion=tuple(map(tuple, pooled.tolist())),
        ),
        speakers=speakers,
        worst_speaker=WorstSpeaker(worst, speakers[worst].ua),
        genders=genders,
        gender_gap=abs(genders["f"].ua - genders["m"].ua) if genders.keys() == {"f", "m"} else None,
        calibration=_calibration(folds),
        adversary=_adversary(runs),
        corpora=corpus_figures(tested) if runs[0].config.corpora else {},
    )


def _of(folds: Sequence[FoldResult], system: str) -> list[FoldResult]:
    return [fold for fold in folds if fold.system == system]


def _rule_figures(folds: list[FoldResult]) -> RuleFigures:
    return RuleFigures(_mean_accuracy(folds, "wa"), _mean_accuracy(folds, "ua"))


def _mean_accuracy(folds: list[FoldResult], measure: str) -> MeanAccuracy:
    test = 100 * float(np.mean([getattr(fold.test, measure) for fold in folds]))
    validated = [fold.valid for fold in folds if fold.valid is not None]
    if len(validated) < len(folds):
        return MeanAccuracy(None, test, None)
    val = 100 * float(np.mean([getattr(valid, measure) for valid in validated]))
    return MeanAccuracy(val, test, test - val)


def _fold_figures(fold: FoldResult) -> FoldFigures:
    return FoldFigures(
        seed=fold.seed,
        test=fold.test_speaker,
        valid=fold.valid_speaker,
        epoch=fold.epoch,
        wa=(fold.valid.wa if fold.valid else None, fold.test.wa),
        ua=(fold.valid.ua if fold.valid else None, fold.test.ua),
    )


def _speaker_figures(tested: SpeakerPredictions) -> SpeakerFigures:
    counts = confusion_counts([tested])
    recall = np.mean(
        [recalls(tested.labels, guesses, tested.classes) for guesses in tested.guesses], axis=0
    )
    return SpeakerFigures(
        utterances=len(tested.labels),
        wa=100 * float(mean_wa(counts)),
        ua=100 * float(mean_ua(counts)),
        recall=tuple(None if np.isnan(value) else 100 * float(value) for value in recall),
    )


def _adversary(runs: list[TrainedRun]) -> AdversaryFigures:
    """Means over trainings, in the last epoch."""
    last = [run.log[-1].numbers for run in runs]
    return AdversaryFigures(
        accuracy=100 * float(np.mean([line["speaker_accuracy"] for line in last])),
        entropy=float(np.mean([line["speaker_entropy"] for line in last])),
        top=100 * float(np.mean([line["speaker_top"] for line in last])),
    )


def _genders(
    speakers: Mapping[str, SpeakerFigures], spk2gender: Mapping[str, str]
) -> dict[str, GenderFigures]:
    """Means over the speakers of each gender."""
    genders = {}
    for gender in sorted({spk2gender[name] for name in speakers if name in spk2gender}):
        own = [one for name, one in speakers.items() if spk2gender.get(name) == gender]
        wa, ua = (float(np.mean([getattr(one, m) for one in own])) for m in ("wa", "ua"))
        genders[gender] = GenderFigures(wa, ua)
    return genders


def _recall(confusion: np.ndarray) -> tuple[float | None, ...]:
    totals, right = confusion.sum(axis=1), confusion.diagonal()
    return tuple(100 * float(r / n) if n else None for r, n in zip(right, totals, strict=True))


def _calibration(folds: list[FoldResult]) -> CalibrationFigures:
    errors = (negative_log_likelihood, expected_calibration_error)
    rows, softened = [], []
    for fold in folds:
        labels, log_p = fold.test.labels, fold.test.log_posteriors
        rows.append([error(labels, log_p) for error in errors])
        if fold.valid is not None:
            temperature = fit_temperature(fold.valid.labels, fold.valid.log_posteriors)
            log_p = scaled(log_p, temperature)
            softened.append([temperature, *(error(labels, log_p) for error in errors)])
    means = np.mean(rows, axis=0).tolist()
    if len(softened) < len(folds):
        return CalibrationFigures(*means)
    return CalibrationFigures(*means, *np.mean(softened, axis=0).tolist())


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = percentile_interval(values)
    return 100 * low, 100 * high
