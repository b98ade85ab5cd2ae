"""Scores of hypotheses against references, whole and by speaker and gender."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from menan.errors import InputError
from menan.labels import EMOTIONS
from menan.scoring.accuracy import confusion_matrix, recalls


@dataclass(frozen=True)
class Score:
    """Accuracy over some utterances.

    utterances: how many were scored.
    wa: part of them whose hypothesis is among the reference's emotions.
    single: how many have one reference emotion; what follows is over these.
    ua: mean of ``recall`` over the emotions that occur; None if no utterance has one emotion.
    recall: by emotion; None for one that does not occur.
    confusion: counts, rows reference, columns hypothesis, in the order of EMOTIONS.
    """

    utterances: int
    wa: float
    single: int
    ua: float | None
    recall: dict[str, float | None]
    confusion: list[list[int]]


@dataclass(frozen=True)
class ScoreReport:
    """Scores of one set of hypotheses.

    unscored: references without a hypothesis.
    """

    whole: Score
    speakers: dict[str, Score]
    genders: dict[str, Score]
    unscored: int

    def to_json(self) -> dict[str, Any]:
        return {"emotions": EMOTIONS, **asdict(self)}


def score(references: Mapping[str, tuple[str, ...]], hypotheses: Mapping[str, str]) -> Score:
    """Score the utterances of ``hypotheses``; each has a reference.

    With one emotion a reference this is the paper's WA and UA. With several, as on CMU-MOSEI,
    a hypothesis is right if it is among them, and UA is that of the references with one.
    """
    utts = list(hypotheses)
    right = [hypotheses[utt] in references[utt] for utt in utts]
    single = [utt for utt in utts if len(references[utt]) == 1]
    labels = np.array([EMOTIONS.index(references[utt][0]) for utt in single], dtype=np.int64)
    guesses = np.array([EMOTIONS.index(hypotheses[utt]) for utt in single], dtype=np.int64)
    recall = recalls(labels, guesses)
    return Score(
        utterances=len(utts),
        wa=float(np.mean(right)),
        single=len(single),
        ua=float(np.nanmean(recall)) if single else None,
        recall={
            emotion: None if np.isnan(value) else float(value)
            for emotion, value in zip(EMOTIONS, recall, strict=True)
        },
        confusion=confusion_matrix(labels, guesses).tolist(),
    )


def score_report(
    references: Mapping[str, tuple[str, ...]],
    hypotheses: Mapping[str, str],
    utt2spk: Mapping[str, str] | None = None,
    spk2gender: Mapping[str, str] | None = None,
) -> ScoreReport:
    """Scores of all hypotheses, and by speaker and gender where these are given.

    Raises:
        InputError: no hypothesis, or one without a reference or a speaker.
    """
    if not hypotheses:
        raise InputError("no hypotheses to score")
    for utt in hypotheses:
        if utt not in references:
            raise InputError(f"hypothesis of {utt!r}, which the references lack")
        if utt2spk is not None and utt not in utt2spk:
            raise InputError(f"hypothesis of {utt!r}, which utt2spk lacks")

    def by(value: Callable[[str], str | None], utts: Iterable[str]) -> dict[str, Score]:
        parts: dict[str, dict[str, str]] = {}
        for utt in utts:
            if (key := value(utt)) is not None:
                parts.setdefault(key, {})[utt] = hypotheses[utt]
        return {key: score(references, parts[key]) for key in sorted(parts, key=str.encode)}

    speaker = utt2spk or {}
    gender = spk2gender or {}
    return ScoreReport(
        whole=score(references, hypotheses),
        speakers=by(speaker.get, hypotheses),
        genders=by(lambda utt: gender.get(speaker.get(utt, "")), hypotheses),
        unscored=len(references) - len(hypotheses),
    )
