"""The label files of a data or dump directory: speakers, emotions, groups and genders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from menan.datadir.folds import assign_groups
from menan.datadir.tables import c_sorted, read_lines, read_table
from menan.errors import InputError
from menan.labels import LabelSet, default_labels, is_label

_NOT_IN_FILE_NAMES = re.compile(r"^\.|[/\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 200  # bytes; file systems allow 255, and endings take some


@dataclass(frozen=True)
class Metadata:
    """The label files of a data or dump directory, keyed and ordered by utterance id.

    utt2emo: the emotions; none for an utterance that nobody has labelled.
    utt2uniq: the original of each speed copy; an original is mapped to itself.
    corpus: the name of the data in results; it says whether they were generated.
    emotions: the labels that ``utt2emo`` may use, in the order of posteriors.
    unknown_speakers: names in ``utt2spk`` that stand for nobody: each is the id of an utterance
        whose speaker is unknown. They are in no group.
    utt2split: part of the official split, by utterance; utterances without one are in no part.
    utt2fold: the fold of utterances that tests an utterance (``-`` for none); after commas folds
        that it validates. It trains in all others.
    corpora: the corpora, where several stand side by side (:mod:`menan.datadir.joint_dump`);
        empty for one corpus.
    """

    utt2spk: dict[str, str]
    utt2emo: dict[str, tuple[str, ...]]
    spk2group: dict[str, str]
    spk2gender: dict[str, str]
    utt2uniq: dict[str, str]
    corpus: str
    emotions: LabelSet
    unknown_speakers: frozenset[str] = frozenset()
    utt2split: dict[str, str] = field(default_factory=dict)
    utt2fold: dict[str, str] = field(default_factory=dict)
    corpora: tuple[str, ...] = ()

    @property
    def speakers(self) -> list[str]:
        """The known speakers."""
        return c_sorted(set(self.utt2spk.values()) - self.unknown_speakers)

    @property
    def originals(self) -> list[str]:
        """The utterances that are not speed copies."""
        return [utt for utt, original in self.utt2uniq.items() if utt == original]

    @property
    def unlabelled(self) -> list[str]:
        """The originals that nobody has labelled."""
        return [utt for utt in self.originals if not self.utt2emo[utt]]


def name_fault(kind: str, name: str) -> str | None:
    """What makes a name of a speaker or group unusable; None if it is in order.

    Directories of runs and model files have these names, so none may lead to another folder.

    >>> name_fault("speaker", "$(x)"), name_fault("speaker", "-rf")
    (None, None)
    >>> name_fault("group", "../g1")
    "group '../g1' cannot name a file (200 bytes at most, no '/', control character or leading '.')"
    """
    if not _NOT_IN_FILE_NAMES.search(name) and len(name.encode()) <= _LONGEST_NAME:
        return None
    return (
        f"{kind} {name[:60]!r} cannot name a file ({_LONGEST_NAME} bytes at most, "
        "no '/', control character or leading '.')"
    )


def spk2utt(utt2spk: dict[str, str]) -> dict[str, str]:
    """The inverse of utt2spk: utterances sorted, joined by spaces (Kaldi utt2spk_to_spk2utt.pl)."""
    utts: dict[str, list[str]] = {}
    for utt in c_sorted(utt2spk):
        utts.setdefault(utt2spk[utt], []).append(utt)
    return {speaker: " ".join(of_speaker) for speaker, of_speaker in utts.items()}


def read_metadata(directory: str | Path) -> Metadata:
    """Read the label files of a data or dump directory.

    Missing files have defaults: ``utt2emo`` no emotions, ``emotions``
    :func:`menan.labels.default_labels`, ``spk2group`` pairs of speakers in sorted order,
    ``utt2uniq`` each utterance mapped to itself, ``spk2gender``, ``utt2split``,
    ``utt2fold`` and ``unknown_speakers`` nothing.

    Raises:
        InputError: malformed files, files that do not name the same utterances, a copy with
            another speaker than its original, or a speaker or group whose name
            :func:`name_fault` rejects.
    """
    directory = Path(directory)
    utt2spk = read_table(directory / "utt2spk")
    if not utt2spk:
        raise InputError(f"{directory / 'utt2spk'}: empty; prepare the data again")
    utts = c_sorted(utt2spk)
    labels, emotions = _emotions(directory, utts)
    unknown = read_unknown_speakers(directory, utt2spk)
    speakers = set(utt2spk.values()) - unknown
    splits = optional_table(directory / "utt2split")
    folds = optional_table(directory / "utt2fold")
    uniq = optional_table(directory / "utt2uniq") or {utt: utt for utt in utts}
    groups = optional_table(directory / "spk2group") or assign_groups(speakers)
    for name, table, keys in (
        ("utt2emo", emotions, utts),
        ("utt2uniq", uniq, utts),
        ("spk2group", groups, speakers),
        ("utt2split", splits, splits.keys() & utt2spk.keys()),
        ("utt2fold", folds, folds.keys() & utt2spk.keys()),
    ):
        if missing := c_sorted(set(keys) - table.keys()):
            unlabelled = ", with '-' if nobody has labelled it" if name == "utt2emo" else ""
            raise InputError(
                f"{directory / name}: lacks {missing[0]!r} of utt2spk; add its line{unlabelled}"
            )
        if extra := c_sorted(table.keys() - set(keys)):
            raise InputError(
                f"{directory / name}: has {extra[0]!r}, which utt2spk lacks; remove its line"
            )
    for copy, original in uniq.items():
        # Kaldi's perturb_data_dir_speed.sh does so, and the copy would be trained on when the
        # original is tested.
        if (speaker := utt2spk.get(original, utt2spk[copy])) != utt2spk[copy]:
            raise InputError(
                f"{directory / 'utt2spk'}: {copy} has the speaker {utt2spk[copy]!r}, but its "
                f"original {original} has {speaker!r}; give copies the speaker of their original"
            )
    for name, kind, table in (("utt2spk", "speaker", utt2spk), ("spk2group", "group", groups)):
        for number, value in enumerate(table.values(), start=1):
            if fault := name_fault(kind, value):
                raise InputError(f"{directory / name}:{number}: {fault}; rename it")
    return Metadata(
        utt2spk={utt: utt2spk[utt] for utt in utts},
        utt2emo={utt: emotions[utt] for utt in utts},
        spk2group=groups,
        spk2gender=optional_table(directory / "spk2gender"),
        utt2uniq={utt: uniq[utt] for utt in utts},
        corpus=corpus_name(directory),
        emotions=labels,
        unknown_speakers=unknown,
        utt2split={utt: splits[utt] for utt in utts if utt in splits},
        utt2fold={utt: folds[utt] for utt in utts if utt in folds},
    )


def _emotions(directory: Path, utts: list[str]) -> tuple[LabelSet, dict[str, tuple[str, ...]]]:
    """Label set and emotions; without ``utt2emo`` nobody has labelled the utterances."""
    if (directory / "utt2emo").exists():
        return read_emotions(directory / "utt2emo")
    path = directory / "emotions"
    labels = read_label_set(path) if path.exists() else default_labels([])
    return labels, dict.fromkeys(utts, ())


def read_unknown_speakers(directory: Path, utt2spk: Mapping[str, str]) -> frozenset[str]:
    """The file ``unknown_speakers``: ids of utterances whose speaker nobody knows, one per line.

    Raises:
        InputError: a line that is not a speaker of utt2spk that stands for one utterance.
    """
    path = directory / "unknown_speakers"
    names = read_lines(path) if path.exists() else []
    known = set(utt2spk.values())
    for number, name in enumerate(names, start=1):
        if name not in known or utt2spk.get(name, name) != name:
            raise InputError(
                f"{path}:{number}: expected the id of an utterance that utt2spk maps to itself, "
                f"found {name[:80]!r}; correct one of the two files"
            )
    return frozenset(names)


def corpus_name(directory: str | Path) -> str:
    """The name of the data in results: the line of the file ``corpus``, or the directory's name."""
    path = Path(directory) / "corpus"
    lines = read_lines(path) if path.exists() else []
    return lines[0] if lines else path.absolute().parent.name


def read_emotions(utt2emo: str | Path) -> tuple[LabelSet, dict[str, tuple[str, ...]]]:
    """An utt2emo file, and the label set that the file ``emotions`` beside it lists.

    Without that file the label set is :func:`menan.labels.default_labels` of the labels found.

    Returns:
        The label set, and the emotions by utterance id, in the order of the set.

    Raises:
        InputError: malformed files, or a label that ``emotions`` lacks; with file and line.
    """
    utt2emo = Path(utt2emo)
    table = read_table(utt2emo)
    path = utt2emo.with_name("emotions")
    labels = read_label_set(path) if path.exists() else labels_found(utt2emo, table)
    return labels, {
        utt: labels.parse(text, f"{utt2emo}:{number}")
        for number, (utt, text) in enumerate(table.items(), start=1)
    }


def read_label_set(path: str | Path) -> LabelSet:
    """An ``emotions`` file: one label per line, in the order of posteriors.

    Raises:
        InputError: malformed; with file and line where one is to blame.
    """
    lines = read_lines(path)
    for number, line in enumerate(lines, start=1):
        if not is_label(line):
            raise InputError(
                f"{path}:{number}: expected one label, a word without a comma, found {line[:80]!r}"
            )
        if line in lines[: number - 1]:
            raise InputError(f"{path}:{number}: label {line!r} is listed twice; list each once")
    try:
        return LabelSet(tuple(lines))
    except InputError as error:
        raise InputError(f"{path}: {error}; write one per line") from None


def labels_found(utt2emo: Path, table: Mapping[str, str]) -> LabelSet:
    """The label set of a directory without a file ``emotions``.

    Args:
        utt2emo: the file, named in errors.
        table: its content. What cannot be a label is passed over: :meth:`LabelSet.parse` refuses
            it, and names its line.

    Raises:
        InputError: too few or too many labels.
    """
    found = (label for text in table.values() for label in text.split(",") if is_label(label))
    try:
        return default_labels(found)
    except InputError as error:
        raise InputError(f"{utt2emo}: {error}; prepare the data again") from None


def optional_table(path: Path) -> dict[str, str]:
    """A table, empty where the file is missing."""
    return read_table(path) if path.exists() else {}
