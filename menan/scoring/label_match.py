"""Match the labels of hypotheses to those of references, with the option --map of menan-score."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.metadata import read_emotions
from menan.errors import InputError
from menan.labels import LabelSet


@dataclass(frozen=True)
class LabelledFile:
    """An utt2emo file.

    labels: its label set, in the order of the file ``emotions`` beside it.
    is_listed: whether that file exists; else ``labels`` are those found, or IEMOCAP's.
    """

    path: Path
    labels: LabelSet
    utt2emo: dict[str, tuple[str, ...]]
    is_listed: bool


def read_labelled(path: Path) -> LabelledFile:
    """An utt2emo file, or the one in a directory.

    Raises:
        InputError: see :func:`menan.datadir.metadata.read_emotions`.
    """
    path = path / "utt2emo" if path.is_dir() else path
    labels, utt2emo = read_emotions(path)
    return LabelledFile(path, labels, utt2emo, path.with_name("emotions").exists())


def read_hypotheses(path: Path) -> dict[str, str]:
    """Utterance id -> emotion, from an utt2emo of hypotheses or its directory.

    Raises:
        InputError: unreadable, or an utterance with several emotions.
    """
    return single_labels(read_labelled(path))


def single_labels(hyp: LabelledFile) -> dict[str, str]:
    """The one emotion of each utterance.

    Raises:
        InputError: an utterance with several emotions.
    """
    for number, emotions in enumerate(hyp.utt2emo.values(), start=1):
        if len(emotions) > 1:
            found = ",".join(emotions)
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
    accepted = {*renamed.values(), *(old for old, new in renamed.items() if not new)}
    only_ref = [name for name in references if name not in predicted and name not in accepted]
    only_hyp = [name for name in predicted if name not in references and name not in accepted]
    faults = []
    if only_hyp and ref.is_listed:
        faults.append(f"only the hypotheses have {' '.join(only_hyp)}")
    if only_ref and hyp.is_listed:
        faults.append(f"only the references ({ref.path}) have {' '.join(only_ref)}")
    if faults:
        raise InputError(
            f"{hyp.path}: the labels do not match: {', '.join(faults)}; rename labels with --map "
            "old=new,..., leave references out with --map old=, or keep a label with --map old=old"
        )
    labels = LabelSet(tuple(dict.fromkeys(filter(None, [*references, *predicted]))))
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
