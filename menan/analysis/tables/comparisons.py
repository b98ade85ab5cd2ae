"""Every system against every other, with the speaker as the unit."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from menan.analysis.results import Comparison
from menan.analysis.runs import TrainedRun
from menan.analysis.tables.fold_results import fold_results
from menan.analysis.tables.table2 import speaker_predictions
from menan.errors import InputError
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    Statistic,
    confusion_counts,
    mean_ua,
    mean_wa,
)
from menan.scoring.significance import holm, mcnemar_p, sign_flip_p


def comparisons(runs: Sequence[TrainedRun], rule: str) -> tuple[Comparison, ...]:
    """Paired tests of test UA and WA between all systems.

    Tests are over test speakers, with means over seeds; McNemar's test counts the utterances of
    all seeds as if they were independent, and is secondary.

    Raises:
        InputError: systems that were not tested on the same speakers with the same seeds.
    """
    tested = {
        system: speaker_predictions(
            fold_results([run for run in runs if run.system == system], rule)
        )
        for system in dict.fromkeys(run.system for run in runs)
    }
    rows: list[Comparison] = []
    for measure, statistic in (("ua", mean_ua), ("wa", mean_wa)):
        compared = [
            _compare(a, b, tested[a], tested[b], measure, statistic)
            for a, b in combinations(tested, 2)
        ]
        adjusted = holm([row.p for row in compared])
        rows += [replace(row, p_holm=p) for row, p in zip(compared, adjusted, strict=True)]
    return tuple(rows)


def _compare(
    a: str,
    b: str,
    tested_a: Sequence[SpeakerPredictions],
    tested_b: Sequence[SpeakerPredictions],
    measure: str,
    statistic: Statistic,
) -> Comparison:
    """The comparison with p as p_holm."""
    shapes = [[(x.speaker, x.guesses.shape) for x in tested] for tested in (tested_a, tested_b)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"{a} and {b} were not tested on the same speakers with the same number of seeds; "
            "finish the trainings"
        )
    differences = [
        100 * float(statistic(confusion_counts([x])) - statistic(confusion_counts([y])))
        for x, y in zip(tested_a, tested_b, strict=True)
    ]
    right_a, right_b = (
        np.concatenate([(x.guesses == x.labels).ravel() for x in tested])
        for tested in (tested_a, tested_b)
    )
    p = sign_flip_p(differences)
    difference = float(np.mean(differences))
    return Comparison(a, b, measure, difference, p, p, mcnemar_p(right_a, right_b))
