"""WA and UA of emotions in memory; menan-score is for files."""

from collections.abc import Sequence
from dataclasses import replace

from menan.errors import InputError
from menan.labels import LabelSet, default_labels, split_labels
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
    places = [f"references[{n}]" for n in range(len(references))]
    found = [split_labels(str(text), where) for text, where in zip(references, places, strict=True)]
    predicted = [str(label) for label in hypotheses]
    if emotions is None:
        labels = default_labels({*predicted, *(name for names in found for name in names)})
    else:
        labels = LabelSet(tuple(emotions))
    right = {}
    for where, text, names in zip(places, references, found, strict=True):
        if names:
            right[where] = labels.parse(str(text), where)
    guesses = {}
    for n, (where, label) in enumerate(zip(places, predicted, strict=True)):
        if len(labels.parse(label, f"hypotheses[{n}]")) != 1:
            raise InputError(f"hypotheses[{n}]: expected one emotion, found {label!r}; choose one")
        if where in right:
            guesses[where] = label
    utt2spk = None if speakers is None else dict(zip(places, map(str, speakers), strict=True))
    report = score_report(right, guesses, labels, utt2spk)
    return replace(report, unlabelled=len(found) - len(guesses))
