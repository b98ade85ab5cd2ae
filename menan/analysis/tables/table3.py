"""Table 3: the fold models of each system on another corpus, beside what needs no model."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import label_ranking_average_precision_score

from menan.analysis.leakage.embeddings import stack_vectors
from menan.analysis.tables.paper import TABLE3
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.metadata import read_emotions
from menan.errors import InputError
from menan.labels import EMOTIONS
from menan.scoring.files import read_hypotheses
from menan.scoring.score import score
from menan.training.objectives import OBJECTIVES


def table3(hyps: Path, ref: Path) -> dict[str, Any]:
    """Table 3 in per cent, as JSON values.

    Args:
        hyps: directory with ``<objective>_seed<k>/<fold>/utt2emo``, as menan-infer writes them.
        ref: utt2emo of the corpus; a hypothesis is right if it is among the emotions there.

    Raises:
        InputError: no hypotheses, or some that do not answer for all of ``ref``.
    """
    references = read_emotions(ref)[1]
    folds: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(hyps.glob("*_seed*/*/utt2emo")):
        hypotheses = read_hypotheses(path)
        if hypotheses.keys() != references.keys():
            raise InputError(f"{path}: does not answer for the utterances of {ref}; infer again")
        result = score(references, hypotheses)
        objective, _, seed = path.parents[1].name.rpartition("_seed")
        folds.setdefault(objective, []).append(
            {"seed": seed, "fold": path.parent.name, "wa": 100 * result.wa}
            | {"ua_single": None if result.ua is None else 100 * result.ua}
            | {"lrap": 100 * _ranking_precision(path.parent, references)}
        )
    if not folds:
        raise InputError(f"{hyps}: no <objective>_seed<k>/<fold>/utt2emo in it; infer first")
    return {
        "utterances": len(references),
        "single": sum(len(emotions) == 1 for emotions in references.values()),
        "systems": {
            name: _system(folds[name], TABLE3.get(name)) for name in OBJECTIVES if name in folds
        },
        "baselines": baselines(references),
    }


def baselines(references: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """Accuracy in per cent of guesses that listen to nothing.

    ``always <emotion>``; ``random``, expected of draws from the distribution of the labels;
    ``oracle``, which knows the reference.
    """
    present = Counter(emotion for emotions in references.values() for emotion in emotions)
    part = {emotion: present[emotion] / len(references) for emotion in EMOTIONS}
    total = sum(part.values())
    return {
        **{f"always {emotion}": 100 * part[emotion] for emotion in EMOTIONS},
        "random, by the labels' frequency": 100 * sum(p * p for p in part.values()) / total,
        "oracle": 100.0,
    }


def _ranking_precision(directory: Path, references: Mapping[str, tuple[str, ...]]) -> float:
    """Label-ranking average precision: how high a model's posteriors rank the true emotions."""
    scp = read_scp(directory / "posteriors.scp")
    if missing := references.keys() - scp.keys():
        raise InputError(f"{directory / 'posteriors.scp'}: lacks {min(missing)!r}; infer again")
    truth = [[emotion in emotions for emotion in EMOTIONS] for emotions in references.values()]
    path, utts = directory / "posteriors.scp", tuple(references)
    vectors = [read_vector(scp[utt], f"{path}: {utt}") for utt in utts]
    posteriors = stack_vectors(utts, vectors, path, "infer")
    if posteriors.shape[1] != len(EMOTIONS):
        raise InputError(f"{path}: posteriors of {posteriors.shape[1]} emotions; infer again")
    return float(label_ranking_average_precision_score(truth, posteriors))


def _system(folds: list[dict[str, Any]], paper: tuple | None) -> dict[str, Any]:
    accuracies = [fold["wa"] for fold in folds]
    single = [fold["ua_single"] for fold in folds if fold["ua_single"] is not None]
    return {
        "mean": float(np.mean(accuracies)),
        "min": min(accuracies),
        "max": max(accuracies),
        "ua_single": float(np.mean(single)) if single else None,
        "lrap": float(np.mean([fold["lrap"] for fold in folds])),
        "paper": paper,
        "folds": folds,
    }
