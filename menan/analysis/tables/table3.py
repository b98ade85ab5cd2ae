"""Table 3: the fold models of each system on another corpus, beside baselines without a model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.analysis.system_names import seed_of, system_order
from menan.analysis.tables.paper import TABLE3
from menan.analysis.vectors import stack_vectors
from menan.datadir.archive import read_scp, read_vector
from menan.datadir.metadata import read_emotions
from menan.errors import InputError
from menan.labels import LabelSet
from menan.scoring.label_match import read_hypotheses
from menan.scoring.score import score


@dataclass(frozen=True)
class FoldModelFigures:
    """One fold model on another corpus; ua_single and lrap as in :class:`CrossFigures`."""

    seed: str
    fold: str
    wa: float
    ua_single: float | None
    lrap: float


@dataclass(frozen=True)
class CrossFigures:
    """A system's fold models on another corpus.

    mean, min, max: accuracy over the fold models; a prediction is right if it is among the
        reference's emotions.
    ua_single: mean recall over the utterances with one emotion; None without such utterances.
    lrap: label-ranking average precision of the posteriors.
    paper: the paper's mean, minimum and maximum.
    """

    mean: float
    min: float
    max: float
    ua_single: float | None
    lrap: float
    paper: tuple[float, ...] | None
    folds: tuple[FoldModelFigures, ...]


@dataclass(frozen=True)
class Table3:
    """The fold models of each system on another corpus.

    single: number of utterances with one emotion.
    baselines: accuracies without any model.
    """

    utterances: int
    single: int
    systems: dict[str, CrossFigures]
    baselines: dict[str, float]


def table3(hyps: Path, ref: Path) -> Table3:
    """The fold models' accuracy on the corpus of ``ref``.

    Args:
        hyps: directory with ``<system>_seed<k>/<fold>/utt2emo``, as menan-infer writes them.
        ref: utt2emo of the corpus; a prediction is right if it is among the emotions there.

    Raises:
        InputError: no predictions, or predictions for other utterances than ``ref`` has.
    """
    emotions, references = read_emotions(ref)
    folds: dict[str, list[FoldModelFigures]] = {}
    for path in sorted(hyps.glob("*_seed*/*/utt2emo")):
        hypotheses = read_hypotheses(path)
        if hypotheses.keys() != references.keys():
            raise InputError(f"{path}: its utterances are not those of {ref}; infer again")
        result = score(references, hypotheses, emotions)
        system, seed = seed_of(path.parents[1].name)
        figures = FoldModelFigures(
            seed=seed,
            fold=path.parent.name,
            wa=100 * result.wa,
            ua_single=None if result.ua is None else 100 * result.ua,
            lrap=100 * _ranking_precision(path.parent, references, emotions),
        )
        folds.setdefault(system, []).append(figures)
    if not folds:
        raise InputError(f"{hyps}: no <system>_seed<k>/<fold>/utt2emo in it; run menan-infer first")
    return Table3(
        utterances=len(references),
        single=sum(len(labels) == 1 for labels in references.values()),
        systems={
            name: _system(folds[name], TABLE3.get(name)) for name in sorted(folds, key=system_order)
        },
        baselines=baselines(references, emotions),
    )


def baselines(references: Mapping[str, tuple[str, ...]], emotions: LabelSet) -> dict[str, float]:
    """Accuracy in per cent of predictions that do not depend on the speech.

    ``always <emotion>``; ``random``, expected for draws from the distribution of the labels;
    ``oracle``, which knows the reference.
    """
    present = Counter(name for labels in references.values() for name in labels)
    share = {emotion: present[emotion] / len(references) for emotion in emotions}
    total = sum(share.values())
    return {
        **{f"always {emotion}": 100 * share[emotion] for emotion in emotions},
        "random, by the labels' frequency": 100 * sum(p * p for p in share.values()) / total,
        "oracle": 100.0,
    }


def _ranking_precision(
    directory: Path, references: Mapping[str, tuple[str, ...]], emotions: LabelSet
) -> float:
    """Label-ranking average precision: how high a model's posteriors rank the true emotions."""
    path = directory / "posteriors.scp"
    scp = read_scp(path)
    if missing := references.keys() - scp.keys():
        raise InputError(f"{path}: lacks {min(missing)!r}; infer again")
    utts = tuple(references)
    truth = [[emotion in references[utt] for emotion in emotions] for utt in utts]
    vectors = [read_vector(scp[utt], f"{path}: {utt}") for utt in utts]
    posteriors = stack_vectors(utts, vectors, path, "infer")
    if posteriors.shape[1] != len(emotions):
        raise InputError(
            f"{path}: {posteriors.shape[1]} posteriors, but the data have {len(emotions)} "
            "emotions; infer with a model of these emotions"
        )
    # scikit-learn takes a second to import, and few reports have this table.
    from sklearn.metrics import label_ranking_average_precision_score

    return float(label_ranking_average_precision_score(truth, posteriors))


def _system(folds: Sequence[FoldModelFigures], paper: tuple[float, ...] | None) -> CrossFigures:
    accuracies = [fold.wa for fold in folds]
    single = [fold.ua_single for fold in folds if fold.ua_single is not None]
    return CrossFigures(
        mean=float(np.mean(accuracies)),
        min=min(accuracies),
        max=max(accuracies),
        ua_single=float(np.mean(single)) if single else None,
        lrap=float(np.mean([fold.lrap for fold in folds])),
        paper=paper,
        folds=tuple(folds),
    )
