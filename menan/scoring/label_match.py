"""Match the labels of hypotheses to those of references, with the option --map of menan-score."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.metadata import read_emotions
from menan.datadir.tables import c_sorted, read_table
from menan.errors import InputError
from menan.labels import IEMOCAP_EMOTIONS, LabelSet, joined_labels, split_labels


@dataclass(frozen=True)
class LabelledFile:
    """An utt2emo file.

    labels: its labels, in the order of the file ``emotions`` beside it.
    is_listed: whether that file exists; else ``labels`` are those found, in C order.
    """

    path: Path
    labels: tuple[str, ...]
    utt2emo: dict[str, tuple[str, ...]]
    is_listed: bool


def read_labelled(path: Path) -> LabelledFile:
    """An utt2emo file, or the one in a directory.

    Raises:
        InputError: malformed; with file and line.
    """
    path = path / "utt2emo" if path.is_dir() else path
    if path.with_name("emotions").exists():
        labels, utt2emo = read_emotions(path)
        return LabelledFile(path, labels.names, utt2emo, is_listed=True)
    found = {
        utt: split_labels(text, f"{path}:{number}")
        for number, (utt, text) in enumerate(read_table(path).items(), start=1)
    }
    names = c_sorted({name for emotions in found.values() for name in emotions})
    return LabelledFile(path, tuple(names), found, is_listed=False)


def read_hypotheses(path: Path) -> dict[str, str]:
    """Utterance id -> emotion, from an utt2emo of hypotheses or its directory.

    Raises:
        InputError: unreadable, or an utterance with several emotions.
    """
    return single_labels(read_labelled(path))


def single_labels(hyp: LabelledFile) -> dict[str, str]:
    """The one emotion of each utterance.

    Raises:
        InputError: an utterance with several emotions, or none.
    """
    for number, emotions in enumerate(hyp.utt2emo.values(), start=1):
        if len(emotions) != 1:
            found = joined_labels(emotions)
            raise InputError(f"{hyp.path}:{number}: expected one emotion, found {found!r}")
    return {utt: emotions[0] for utt, emotions in hyp.utt2emo.items()}


def match_labels(
    ref: LabelledFile, hyp: LabelledFile, renamed: Mapping[str, str]
) -> tuple[LabelSet, dict[str, tuple[str, ...]], dict[str, str]]:
    """Rename the labels of both files, and check that they agree.

    Args:
        renamed: new label by label. ``""`` leaves out the references with no other label, and the
            hypotheses for them. A label that only one file has is accepted if it is named here as
            a new one, such as ``calm=calm``; it can then never be predicted correctly.

    Returns:
        The label set that is scored, in the order of the references, with labels that only
        hypotheses have at the end; references; hypotheses.

    Raises:
        InputError: labels that only one file has, or a hypothesis with several.
    """
    hypotheses = single_labels(hyp)
    for old, new in renamed.items():
        if old not in ref.labels and (old not in hyp.labels or not new):
            what = f"{ref.path} has no label {old!r}" + ("" if new else " to leave out")
            raise InputError(
                f"--map {old}={new}: {what}; its labels are {' '.join(ref.labels)}, those of "
                f"{hyp.path} {' '.join(hyp.labels)}"
            )
    references = list(dict.fromkeys(renamed.get(name, name) for name in ref.labels))
    predicted = list(dict.fromkeys(renamed.get(name) or name for name in hyp.labels))
    names = list(dict.fromkeys(filter(None, [*references, *predicted])))
    if not ref.is_listed and all(name in IEMOCAP_EMOTIONS for name in names):
        names = list(IEMOCAP_EMOTIONS)  # data of version 0.1.0, which list no labels
    accepted = {*renamed.values(), *(old for old, new in renamed.items() if not new)}
    _refuse_unmatched(
        ref,
        hyp,
        only_ref=[name for name in references if name not in {*predicted, *accepted}],
        only_hyp=[name for name in predicted if name not in {*references, *accepted}],
        is_known=names == list(IEMOCAP_EMOTIONS),
    )
    try:
        labels = LabelSet(tuple(names))
    except InputError as error:
        raise InputError(f"{ref.path}, {hyp.path}: {error}") from None
    kept = {}
    for utt, emotions in ref.utt2emo.items():
        if found := labels.in_order(renamed.get(name, name) for name in emotions):
            kept[utt] = found
    return (
        labels,
        kept,
        {
            utt: renamed.get(name) or name
            for utt, name in hypotheses.items()
            if utt in kept or utt not in ref.utt2emo
        },
    )


def _refuse_unmatched(
    ref: LabelledFile, hyp: LabelledFile, only_ref: list[str], only_hyp: list[str], is_known: bool
) -> None:
    """Raise an error for labels that only one file has.

    Without a list a file has the labels that it contains. So a model with a list may have more
    than references without one, and hypotheses without one fewer than the references.

    Args:
        is_known: whether all labels are IEMOCAP's.
    """
    faults = []
    if only_hyp and (ref.is_listed or not (hyp.is_listed or is_known)):
        faults.append(f"only the hypotheses have {' '.join(only_hyp)}")
    if only_ref and hyp.is_listed:
        faults.append(f"only the references ({ref.path}) have {' '.join(only_ref)}")
    if faults:
        raise InputError(
            f"{hyp.path}: the labels do not match: {', '.join(faults)}; rename labels with --map "
            "old=new,..., leave references out with --map old=, or keep a label with --map old=old"
        )
