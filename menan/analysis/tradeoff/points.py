"""The rows of the front: utility and leakage of each system, as JSON values in per cent."""

from typing import Any

import numpy as np

from menan.analysis.leakage.means import LeakageMean
from menan.analysis.tables.table2 import speaker_answers
from menan.analysis.tradeoff.pareto import marked
from menan.analysis.tradeoff.study import Means, System
from menan.scoring.bootstrap import (
    SpeakerPredictions,
    confusion_counts,
    mean_ua,
    percentile_interval,
    resampled_counts,
)


def front_rows(systems: list[System]) -> list[dict[str, Any]]:
    """A row a system.

    ``ua`` and its ``difference`` to the baseline are of unseen speakers, ``one``, ``many``,
    ``leace`` and ``raw`` of the strongest fresh probe of the training speakers: on one draw, on the
    mean of ``draws``, on one draw after LEACE, on the raw statistics. ``unheard`` and ``heldout``
    have ``chance``, ``one`` and ``many`` of the utterances that no training heard, and of the
    held-out speakers; None where nobody asked. ``front`` and ``scan`` are of
    :func:`menan.analysis.tradeoff.pareto.marked`.
    """
    baselines = [system for system in systems if system.is_baseline]
    marks = zip(systems, marked(systems), strict=True)
    return [_row(system, baselines) | mark for system, mark in marks]


def _row(system: System, baselines: list[System]) -> dict[str, Any]:
    answers = speaker_answers(system.folds)
    heard, unheard = system.heard, system.unheard
    return {
        "system": system.objective,
        "bottleneck": system.bottleneck,
        "lambda": system.lambda_,
        "seeds": list(system.seeds),
        "ua": _figure(_ua(answers), _replicates(answers)),
        "difference": _difference(system, baselines),
        **_drawn(heard, "train"),
        "draws": heard.many and heard.many.draws,
        "leace": _probe(heard.one, "train", "leace"),
        "raw": _probe(heard.one, "train", "raw"),
        "unheard": unheard and _drawn(unheard, "train"),
        "heldout": _drawn(heard, "heldout"),
        "capacity_bits": _bits(system),
    }


def _drawn(means: Means, part: str) -> dict[str, Any] | None:
    """None if the set was not probed."""
    if any(part not in mean.sets for mean in (means.one, means.many) if mean is not None):
        return None
    return {
        "chance": 100 * means.one.sets[part]["chance"],
        "one": _probe(means.one, part, "v"),
        "many": means.many and _probe(means.many, part, "v"),
    }


def _difference(system: System, baselines: list[System]) -> dict[str, Any]:
    """UA less that of the baseline, on the seeds that both have."""
    base = max(baselines, key=lambda base: len({*base.seeds} & {*system.seeds}))
    seeds = {*base.seeds} & {*system.seeds}
    ours, theirs = (speaker_answers(one.of_seeds(seeds).folds) for one in (system, base))
    # Of as many speakers, utterances and seeds, so each replicate draws the same of both.
    replicates = _replicates(ours) - _replicates(theirs)
    return _figure(_ua(ours) - _ua(theirs), replicates) | {"seeds": sorted(seeds)}


def _ua(answers: list[SpeakerPredictions]) -> float:
    return 100 * float(mean_ua(confusion_counts(answers)))


def _replicates(answers: list[SpeakerPredictions]) -> np.ndarray:
    return 100 * mean_ua(resampled_counts(answers))


def _figure(mean: float, replicates: np.ndarray) -> dict[str, Any]:
    return {"mean": mean, "interval": list(percentile_interval(replicates))}


def _probe(mean: LeakageMean, part: str, embedding: str) -> dict[str, Any]:
    probe = mean.strongest(part, embedding)
    found = mean.sets[part]["embeddings"][embedding][probe]
    return {
        "probe": probe,
        "accuracy": 100 * found["accuracy"],
        "interval": [100 * end for end in found["interval"]],
        "times_chance": found["accuracy"] / mean.sets[part]["chance"],
    }


def _bits(system: System) -> float | None:
    """Capacity of the bottleneck in the last epoch, in bits an utterance; None without one."""
    bits = [run.log[-1].get("capacity_bits") for run in system.runs]
    return None if None in bits else float(np.mean(bits))
