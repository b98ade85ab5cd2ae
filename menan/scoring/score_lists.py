"""WA and UA of emotions in memory; menan-score is for files."""

from collections.abc import Sequence
from dataclasses import replace

from menan.errors import InputError
from menan.labels import LabelSet, default_labels, joined_labels, split_labels
from menan.scoring.score import ScoreReport, score_report


def score(
    references: Sequence[str],
    hypotheses: Sequence[str],
    speakers: Sequence[str] | None = None,
    *,
    emotions: Sequence[str] | None = None,
) -> ScoreReport:
    """Score predicted emotions as menan-score does.

    Args:
        references: the right emotion of each utterance; several are joined by commas, and ``-`` is
            an utterance that nobody has labelled, which is not scored.
        hypotheses: the predicted emotion of each utterance.
        speakers: who speaks; with them there are scores of each speaker.
        emotions: all labels in order; by default those that occur, sorted.

    Raises:
        InputError: sequences of different length, or a label that is not among ``emotions``.

    >>> score(["sad", "ang", "sad"], ["sad", "ang", "ang"]).whole.ua
    0.75
    """
    lengths = {len(part) for part in (references, hypotheses, speakers) if part is not None}
    if len(lengths) != 1:
        raise InputError(f"expected sequences of one length, found {sorted(lengths)}; align them")
    right = _emotions("references", references)
    predicted = _emotions("hypotheses", hypotheses)
    occurring = {name for names in (*right, *predicted) for name in names}
    labels = default_labels(occurring) if emotions is None else LabelSet(tuple(emotions))
    for what, found in (("references", right), ("hypotheses", predicted)):
        for row, names in enumerate(found):
            labels.parse(joined_labels(names), f"{what}[{row}]")
            if what == "hypotheses" and len(names) != 1:
                raise InputError(
                    f"hypotheses[{row}]: expected one emotion, found {joined_labels(names)!r}; "
                    "choose one"
                )
    rows = [str(row) for row, names in enumerate(right) if names]
    report = score_report(
        {row: right[int(row)] for row in rows},
        {row: predicted[int(row)][0] for row in rows},
        labels,
        None if speakers is None else {row: str(speakers[int(row)]) for row in rows},
    )
    return replace(report, unlabelled=len(right) - len(rows))


def _emotions(what: str, texts: Sequence[str]) -> list[tuple[str, ...]]:
    return [split_labels(str(text), f"{what}[{row}]") for row, text in enumerate(texts)]
