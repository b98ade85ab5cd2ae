"""The label files of a data or dump directory: speakers, emotions, groups and genders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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

    utt2uniq: the original of each speed copy; an original is mapped to itself.
    corpus: the name of the data in results; it says whether they were generated.
    emotions: the labels that ``utt2emo`` may use, in the order of posteriors.
    """

    utt2spk: dict[str, str]
    utt2emo: dict[str, tuple[str, ...]]
    spk2group: dict[str, str]
    spk2gender: dict[str, str]
    utt2uniq: dict[str, str]
    corpus: str
    emotions: LabelSet

    @property
    def speakers(self) -> list[str]:
        return c_sorted(set(self.utt2spk.values()))


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

    Missing files have defaults: ``emotions`` :func:`menan.labels.default_labels`, ``spk2group``
    pairs of speakers in sorted order, ``utt2uniq`` each utterance mapped to itself, ``spk2gender``
    an empty table.

    Raises:
        InputError: malformed files, files that do not name the same utterances, a copy with
            another speaker than its original, or a speaker or group whose name
            :func:`name_fault` rejects.
    """
    directory = Path(directory)
    utt2spk = read_table(directory / "utt2spk")
    if not utt2spk:
        raise InputError(f"{directory / 'utt2spk'}: empty; prepare the data again")
    labels, emotions = read_emotions(directory / "utt2emo")
    utts = c_sorted(utt2spk)
    speakers = set(utt2spk.values())
    uniq = _optional(directory / "utt2uniq") or {utt: utt for utt in utts}
    groups = _optional(directory / "spk2group") or assign_groups(speakers)
    for name, table, keys in (
        ("utt2emo", emotions, utts),
        ("utt2uniq", uniq, utts),
        ("spk2group", groups, speakers),
    ):
        if missing := c_sorted(set(keys) - table.keys()):
            raise InputError(f"{directory / name}: lacks {missing[0]!r} of utt2spk; add its line")
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
        spk2gender=_optional(directory / "spk2gender"),
        utt2uniq={utt: uniq[utt] for utt in utts},
        corpus=corpus_name(directory),
        emotions=labels,
    )


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


def _optional(path: Path) -> dict[str, str]:
    return read_table(path) if path.exists() else {}
