"""The label files of a data or dump directory: who speaks, with which emotion, in which group."""

import re
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.folds import assign_groups
from menan.datadir.tables import c_sorted, read_lines, read_table
from menan.errors import InputError
from menan.labels import parse_emotions

_NOT_IN_FILE_NAMES = re.compile(r"^\.|[/\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 200  # bytes; file systems allow 255, and endings take some


@dataclass(frozen=True)
class Labels:
    """What a data or dump directory says of its utterances, keyed and ordered by utterance id.

    utt2uniq maps each copy to the utterance it was made from, an original to itself. corpus
    names the data in results, and says if they were generated.
    """

    utt2spk: dict[str, str]
    utt2emo: dict[str, tuple[str, ...]]
    spk2group: dict[str, str]
    spk2gender: dict[str, str]
    utt2uniq: dict[str, str]
    corpus: str

    @property
    def speakers(self) -> list[str]:
        return c_sorted(set(self.utt2spk.values()))


def name_fault(kind: str, name: str) -> str | None:
    """Why a speaker or group cannot be called so; None if it can.

    Directories of runs and files of models bear these names, and none may lead elsewhere.

    >>> name_fault("speaker", "$(x)"), name_fault("speaker", "-rf")
    (None, None)
    >>> name_fault("group", "../g1")
    "group '../g1' cannot name a file: no '/', control character or '.' in front, 200 bytes at most"
    """
    if not _NOT_IN_FILE_NAMES.search(name) and len(name.encode()) <= _LONGEST_NAME:
        return None
    return (
        f"{kind} {name[:60]!r} cannot name a file: no '/', control character or '.' in front, "
        f"{_LONGEST_NAME} bytes at most"
    )


def spk2utt(utt2spk: dict[str, str]) -> dict[str, str]:
    """The inverse of utt2spk, values sorted and joined by spaces (Kaldi utt2spk_to_spk2utt.pl)."""
    utts: dict[str, list[str]] = {}
    for utt in c_sorted(utt2spk):
        utts.setdefault(utt2spk[utt], []).append(utt)
    return {speaker: " ".join(of_speaker) for speaker, of_speaker in utts.items()}


def read_labels(directory: str | Path) -> Labels:
    """The label files of a data or dump directory.

    A missing spk2group is made by the general rule, a missing utt2uniq maps each utterance to
    itself, a missing spk2gender is empty.

    Raises:
        InputError: files that are malformed or do not name the same utterances, speakers or
            groups of which :func:`name_fault` finds something.
    """
    directory = Path(directory)
    utt2spk = read_table(directory / "utt2spk")
    if not utt2spk:
        raise InputError(f"{directory / 'utt2spk'}: empty; prepare the data again")
    emotions = read_emotions(directory / "utt2emo")
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
            raise InputError(f"{directory / name}: lacks {missing[0]!r}, which utt2spk names")
        if extra := c_sorted(table.keys() - set(keys)):
            raise InputError(f"{directory / name}: names {extra[0]!r}, which utt2spk lacks")
    for name, kind, table in (("utt2spk", "speaker", utt2spk), ("spk2group", "group", groups)):
        for number, value in enumerate(table.values(), start=1):
            if fault := name_fault(kind, value):
                raise InputError(f"{directory / name}:{number}: {fault}; rename it")
    return Labels(
        utt2spk={utt: utt2spk[utt] for utt in utts},
        utt2emo={utt: emotions[utt] for utt in utts},
        spk2group=groups,
        spk2gender=_optional(directory / "spk2gender"),
        utt2uniq={utt: uniq[utt] for utt in utts},
        corpus=corpus_name(directory),
    )


def corpus_name(directory: str | Path) -> str:
    """What results call the data: the line of the file ``corpus``, or the directory's name."""
    path = Path(directory) / "corpus"
    lines = read_lines(path) if path.exists() else []
    return lines[0] if lines else path.absolute().parent.name


def read_emotions(path: str | Path, single: bool = False) -> dict[str, tuple[str, ...]]:
    """An utt2emo file: utterance id -> its emotions.

    Args:
        single: hypotheses, of which each is one emotion.

    Raises:
        InputError: with file and line.
    """
    emotions = {}
    for number, (utt, text) in enumerate(read_table(path).items(), start=1):
        emotions[utt] = parse_emotions(text, f"{path}:{number}")
        if single and len(emotions[utt]) > 1:
            raise InputError(f"{path}:{number}: a hypothesis is one emotion, found {text!r}")
    return emotions


def _optional(path: Path) -> dict[str, str]:
    return read_table(path) if path.exists() else {}
