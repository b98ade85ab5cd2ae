"""WA, UA, recall and confusion of hypotheses, whole and by speaker and gender."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from menan.datadir.metadata import optional_table, read_unknown_speakers
from menan.datadir.split import testing_folds
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.labels import LabelSet
from menan.scoring.accuracy import confusion_matrix, macro_f1, recalls
from menan.scoring.label_match import match_labels, read_labelled

MOST_COLUMNS = 16  # a confusion matrix with more labels is not printed


@dataclass(frozen=True)
class Score:
    """Accuracy over some utterances.

    utterances: number of scored utterances.
    wa: share of them whose hypothesis is among the reference's emotions.
    single: number of utterances with one reference emotion; the following fields are over these.
    ua: mean of ``recall`` over the emotions that occur; None if no utterance has one emotion.
    macro_f1: mean F1 of the emotions that occur (:func:`menan.scoring.accuracy.macro_f1`).
    recall: recall by emotion; None for an emotion that does not occur.
    confusion: counts in the order of the label set; rows are the reference, columns the
        hypothesis.
    """

    utterances: int
    wa: float
    single: int
    ua: float | None
    macro_f1: float | None
    recall: dict[str, float | None]
    confusion: list[list[int]]


@dataclass(frozen=True)
class ScoreReport:
    """Scores of one set of hypotheses.

    emotions: the labels that are scored.
    unscored: number of references without a hypothesis.
    splits, folds: by part of the official split, and by the fold that tests an utterance.
    unlabelled: number of hypotheses whose reference has no emotion; they are not scored.
    unknown: number of scored utterances of unknown speakers, who are not among ``speakers``.
    """

    emotions: LabelSet
    whole: Score
    speakers: dict[str, Score]
    genders: dict[str, Score]
    unscored: int
    splits: dict[str, Score] = field(default_factory=dict)
    folds: dict[str, Score] = field(default_factory=dict)
    unlabelled: int = 0
    unknown: int = 0

    def to_json(self) -> dict[str, Any]:
        """JSON values, with the UA of guessing under ``chance``."""
        labels = {"emotions": list(self.emotions), "chance": self.emotions.chance}
        return {**asdict(self), **labels}


def score_files(
    ref: str | Path,
    hyp: str | Path,
    utt2spk: str | Path | None = None,
    renamed: Mapping[str, str] | None = None,
) -> ScoreReport:
    """Score hypotheses against the utt2emo of a data directory.

    Args:
        ref: the utt2emo of a data directory.
        hyp: an utt2emo of hypotheses, or the directory that menan-infer wrote.
        utt2spk: by default the file beside ``ref``, if it exists; spk2gender and unknown_speakers
            beside utt2spk are read too, and utt2split and utt2fold beside ``ref``.
        renamed: new label by label, see :func:`menan.scoring.label_match.match_labels`.

    Raises:
        InputError: unreadable files, labels that do not match, or a hypothesis without a
            reference or a speaker.
    """
    ref, hyp = Path(ref), Path(hyp)
    if utt2spk is None and ref.with_name("utt2spk").exists():
        utt2spk = ref.with_name("utt2spk")
    labelled, predicted = read_labelled(ref), read_labelled(hyp)
    unlabelled = {utt for utt, emotions in labelled.utt2emo.items() if not emotions}
    if labelled.utt2emo.keys() <= unlabelled:
        raise InputError(
            f"{ref}: no utterance has an emotion, so nothing can be scored; label some"
        )
    labels, references, hypotheses = match_labels(labelled, predicted, renamed or {})
    speakers = read_table(utt2spk) if utt2spk else None
    unknown: frozenset[str] = frozenset()
    if utt2spk and speakers:
        unknown = read_unknown_speakers(Path(utt2spk).parent, speakers)
    try:
        report = score_report(
            references,
            hypotheses,
            labels,
            speakers,
            optional_table(Path(utt2spk).with_name("spk2gender")) if utt2spk else None,
            optional_table(ref.with_name("utt2split")),
            testing_folds(optional_table(ref.with_name("utt2fold"))),
            unknown,
        )
    except InputError as error:
        raise InputError(f"{hyp}: {error}") from None
    return replace(report, unlabelled=len(unlabelled & predicted.utt2emo.keys()))


def score_report(
    references: Mapping[str, tuple[str, ...]],
    hypotheses: Mapping[str, str],
    labels: LabelSet,
    utt2spk: Mapping[str, str] | None = None,
    spk2gender: Mapping[str, str] | None = None,
    utt2split: Mapping[str, str] | None = None,
    utt2fold: Mapping[str, str] | None = None,
    unknown: Collection[str] = (),
) -> ScoreReport:
    """Score all hypotheses, and those of each speaker, gender, split and fold that are given.

    Args:
        unknown: names in utt2spk that stand for nobody.

    Raises:
        InputError: no hypothesis, or one without a reference or a speaker.
    """
    if not hypotheses:
        raise InputError("no hypotheses to score; give the utt2emo of menan-infer")
    for utt in hypotheses:
        if utt not in references:
            raise InputError(f"hypothesis {utt!r} has no reference; give the data it belongs to")
        if utt2spk is not None and utt not in utt2spk:
            raise InputError(f"hypothesis {utt!r} has no speaker in utt2spk; add its line")

    def by(value: Callable[[str], str | None], utts: Iterable[str]) -> dict[str, Score]:
        parts: dict[str, dict[str, str]] = {}
        for utt in utts:
            if (key := value(utt)) is not None:
                parts.setdefault(key, {})[utt] = hypotheses[utt]
        return {key: score(references, parts[key], labels) for key in sorted(parts, key=str.encode)}

    speaker, gender = utt2spk or {}, spk2gender or {}
    known = [utt for utt in hypotheses if speaker.get(utt) not in unknown]
    return ScoreReport(
        emotions=labels,
        whole=score(references, hypotheses, labels),
        speakers=by(speaker.get, known),
        genders=by(lambda utt: gender.get(speaker.get(utt, "")), hypotheses),
        unscored=len(references) - len(hypotheses),
        splits=by((utt2split or {}).get, hypotheses),
        folds=by((utt2fold or {}).get, hypotheses),
        unknown=len(hypotheses) - len(known),
    )


def score(
    references: Mapping[str, tuple[str, ...]], hypotheses: Mapping[str, str], labels: LabelSet
) -> Score:
    """Score the utterances of ``hypotheses``, each of which has a reference.

    With one emotion per reference this is the paper's WA and UA. With several, as in CMU-MOSEI,
    a hypothesis is correct if it is among them, and UA is over the references with one emotion.
    """
    utts = list(hypotheses)
    right = [hypotheses[utt] in references[utt] for utt in utts]
    single = [utt for utt in utts if len(references[utt]) == 1]
    targets = np.array([labels.index(references[utt][0]) for utt in single], dtype=np.int64)
    guesses = np.array([labels.index(hypotheses[utt]) for utt in single], dtype=np.int64)
    recall = recalls(targets, guesses, len(labels))
    confusion = confusion_matrix(targets, guesses, len(labels))
    return Score(
        utterances=len(utts),
        wa=float(np.mean(right)),
        single=len(single),
        ua=float(np.nanmean(recall)) if single else None,
        macro_f1=macro_f1(confusion) if single else None,
        recall={
            emotion: None if np.isnan(value) else float(value)
            for emotion, value in zip(labels, recall, strict=True)
        },
        confusion=confusion.tolist(),
    )


def report_text(report: ScoreReport) -> str:
    """A report to read: the whole, confusion and recall, then speakers and genders."""
    whole = report.whole
    lines = [
        f"WA {percent(whole.wa)} %  UA {percent(whole.ua)} %  macro F1 {percent(whole.macro_f1)} %"
        f"  of {whole.utterances} utterances (UA of guessing {percent(report.emotions.chance)} %)",
    ]
    if whole.single != whole.utterances:
        lines.append(
            "   a hypothesis is correct if it is among the reference's emotions; UA, macro F1, "
            f"recall and confusion are over the {whole.single} utterances with one emotion"
        )
    if report.unscored:
        lines.append(f"   {report.unscored} references have no hypothesis and are not scored")
    if report.unlabelled:
        lines.append(f"   {report.unlabelled} references have no emotion and are not scored")
    if report.unknown:
        lines.append(f"   {report.unknown} utterances are of unknown speakers")
    lines += ["", *_confusion(report.emotions, whole)]
    tables = {"speaker": report.speakers, "gender": report.genders}
    tables |= {"split": report.splits, "fold": report.folds}
    for title, parts in tables.items():
        if parts:
            lines += ["", *_table(title, parts)]
    return "\n".join(lines)


def percent(value: float | None) -> str:
    """Per cent with two decimals, as in the paper's tables; a dash for None."""
    return "-" if value is None else f"{100 * value:.2f}"


def _confusion(labels: LabelSet, whole: Score) -> list[str]:
    """The confusion matrix with a column of recalls; the recalls alone if it would be too wide."""
    names = labels.names if len(labels) <= MOST_COLUMNS else ()
    width = max(map(len, labels))
    columns = [max(7, len(name) + 1) for name in names]
    title = "confusion    (rows: reference, columns: hypothesis)"
    header = "".join(f"{name:>{column}}" for name, column in zip(names, columns, strict=True))
    lines = [title if names else f"recall of {len(labels)} emotions; --json has the confusion"]
    lines.append(" " * width + header + "  recall %")
    for emotion, row in zip(labels, whole.confusion, strict=True):
        cells = "".join(f"{count:>{column}}" for count, column in zip(row, columns, strict=False))
        lines.append(f"{emotion:<{width}}{cells}{percent(whole.recall[emotion]):>10}")
    return lines


def _table(title: str, parts: dict[str, Score]) -> list[str]:
    width = max(len(title), *map(len, parts))
    header = f"{title:<{width}} {'utts':>6} {'WA %':>7} {'UA %':>7} {'F1 %':>7}"
    return [header] + [
        f"{name:<{width}} {part.utterances:>6} {percent(part.wa):>7} {percent(part.ua):>7} "
        f"{percent(part.macro_f1):>7}"
        for name, part in parts.items()
    ]
