"""The label files of a data or dump directory: who speaks, with which emotion, in which group."""

from dataclasses import dataclass
from pathlib import Path

from menan.atomic import atomic_open
from menan.datadir.folds import assign_groups
from menan.datadir.tables import c_sorted, read_lines, read_table
from menan.emotions import parse_emotions
from menan.errors import InputError


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
        InputError: files that are malformed or do not name the same utterances.
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
    return Labels(
        utt2spk={utt: utt2spk[utt] for utt in utts},
        utt2emo={utt: emotions[utt] for utt in utts},
        spk2group=groups,
        spk2gender=_optional(directory / "spk2gender"),
        utt2uniq={utt: uniq[utt] for utt in utts},
        corpus=corpus_name(directory),
    )


def write_corpus_name(directory: str | Path, corpus: str | None) -> None:
    """Write the file ``corpus``; for None there is to be none."""
    path = Path(directory) / "corpus"
    if corpus is None:
        path.unlink(missing_ok=True)
    else:
        with atomic_open(path) as file:
            file.write(f"{corpus}\n")


def corpus_name(directory: str | Path) -> str:
    """What results call the data: the line of the file ``corpus``, or the directory's name."""
    path = Path(directory) / "corpus"
    return read_lines(path)[0] if path.exists() else path.absolute().parent.name


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
