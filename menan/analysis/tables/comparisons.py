"""Every system against every other, with the speaker as the unit."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from menan.analysis.tables.runs import TrainedRun, fold_results
from menan.analysis.tables.table2 import speaker_answers
from menan.errors import InputError
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    Statistic,
    confusion_counts,
    mean_ua,
    mean_wa,
)
from menan.scoring.significance import holm, mcnemar_p, sign_flip_p
from menan.training.objectives import OBJECTIVES


def comparisons(runs: list[TrainedRun], rule: str) -> list[dict[str, Any]]:
    """Paired tests of test UA and WA between all systems, in per cent, as JSON values.

    ``p`` is of the exact sign-flip permutation over test speakers (means over seeds), ``p_holm``
    adjusts it for all comparisons of the measure; ``mcnemar_p`` counts the utterances of all
    seeds as if they were independent, and is secondary.

    Raises:
        InputError: systems that were not tested on the same speakers with the same seeds.
    """
    answers = {}
    for name in OBJECTIVES:
        folds = fold_results([run for run in runs if run.objective == name], rule)
        if folds:
            answers[name] = speaker_answers(folds)
    rows = []
    for measure, statistic in (("ua", mean_ua), ("wa", mean_wa)):
        of_measure = [
            _compare(a, b, answers[a], answers[b], measure, statistic)
            for a, b in combinations(answers, 2)
        ]
        adjusted = holm([row["p"] for row in of_measure])
        rows += [row | {"p_holm": p} for row, p in zip(of_measure, adjusted, strict=True)]
    return rows


def _compare(
    a: str,
    b: str,
    of_a: Sequence[SpeakerPredictions],
    of_b: Sequence[SpeakerPredictions],
    measure: str,
    statistic: Statistic,
) -> dict[str, Any]:
    if [(x.speaker, x.guesses.shape) for x in of_a] != [(x.speaker, x.guesses.shape) for x in of_b]:
        raise InputError(
            f"{a} and {b} were not tested on the same speakers with as many seeds; "
            "finish the trainings"
        )
    differences = [
        100 * float(statistic(confusion_counts([x])) - statistic(confusion_counts([y])))
        for x, y in zip(of_a, of_b, strict=True)
    ]
    right_a, right_b = (
        np.concatenate([(x.guesses == x.labels).ravel() for x in answers])
        for answers in (of_a, of_b)
    )
    return {
        "a": a,
        "b": b,
        "measure": measure,
        "difference": float(np.mean(differences)),
        "p": sign_flip_p(differences),
        "mcnemar_p": mcnemar_p(right_a, right_b),
    }
