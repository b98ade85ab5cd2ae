"""MSP-Podcast: speaking turns of podcasts, with an official split (Lotfian & Busso 2019)."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from menan.corpora.delimited import UNKNOWN_NAMES, DelimitedRow, require_columns, stream_rows
from menan.corpora.label_choice import DEFAULT_CHOICE, LabelChoice, ReleaseLabels
from menan.corpora.preparation import (
    Corpus,
    Preparation,
    corpus_title,
    find_clip,
    named_in,
    recording_seconds,
)
from menan.datadir.tables import c_sorted
from menan.datadir.utterances import Utterance
from menan.errors import InputError

LABEL_BY_LETTER = {
    "A": "angry",
    "S": "sad",
    "H": "happy",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
    "O": "other",
    "X": "no-agreement",
}
# The challenges leave out other emotions, and turns on which the listeners do not agree.
LEFT_OUT = ("other", "no-agreement")
LABELS = ReleaseLabels(
    "MSP-Podcast",
    tuple(label for label in LABEL_BY_LETTER.values() if label != "no-agreement"),
    default={label: label for label in sorted(LABEL_BY_LETTER.values()) if label not in LEFT_OUT},
    no_emotion=("no-agreement",),
)
PARTS = {
    "Train": "train",
    "Development": "valid",
    "Test1": "test1",
    "Test2": "test2",
    "Test3": "test3",
}
# Numbers of turns by part, of all labels, in release 1.11: 151,654.
PUBLISHED = {"train": 84030, "valid": 19815, "test1": 30647, "test2": 14815, "test3": 2347}
TABLE = "labels_consensus.csv"
COLUMNS = ("filename", "emoclass", "spkrid", "gender", "split_set")
GENDERS = {"male": "m", "female": "f"}


def prepare(root: str | Path, choice: LabelChoice = DEFAULT_CHOICE) -> Preparation:
    """The turns with one of the chosen emotions, and their parts of the official split.

    Turns whose speaker is called Unknown get no speaker: they are many people, in all parts.

    Args:
        root: the release, with ``Labels/labels_consensus.csv`` and ``Audios`` (or ``Audio``).
        choice: the emotions to take, by default eight without ``other`` and ``no-agreement``.

    Raises:
        InputError: no table, a malformed one, no audio at all, unreadable audio, or a label that
            the release lacks.
    """
    chosen = LABELS.choose(choice)
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such directory; give the folder with Labels and Audios")
    table = next(iter(named_in(root, TABLE)), None)
    if table is None:
        raise InputError(f"{root}: does not contain Labels/{TABLE}; give the folder of the release")
    folders = named_in(root, "Audios", "Audio")
    columns, rows = stream_rows(table)
    require_columns(table, columns, COLUMNS)
    left_out: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    no_audio: list[str] = []
    first: dict[str, str] = {}
    utterances: list[Utterance] = []
    for row in rows:
        name, part = row.text("filename"), _part(row)
        if name in first:
            raise InputError(f"{row.where}: {name} is listed at {first[name]} too; keep one row")
        first[name] = row.where
        parts[part] += 1
        label = _label(row)
        if not (emotions := chosen.emotions([label])):
            left_out[label] += 1
        elif file := find_clip(folders, name.removesuffix(".wav")):
            utterances.append(_utterance(row, part, file, emotions))
        else:
            no_audio.append(name)
    if not utterances:
        where = folders[0] if folders else root / "Audios"
        raise InputError(
            f"{where}: has no audio of the {len(first)} turns in {table}, such as "
            f"{next(iter(first))}; unpack it there"
        )
    warnings = {what: cases for what, cases in _differences(parts).items() if cases}
    if two := _drop_contradictory_genders(utterances):
        warnings["speakers with two genders, so they get none"] = two
    if no_audio:
        left_out["no audio"] = len(no_audio)
        warnings["turns without audio"] = no_audio
    title = corpus_title(root, "MSP-Podcast")
    return Preparation(title, utterances, chosen.labels, dict(left_out), warnings)


CORPUS = Corpus("MSP-Podcast: ROOT has the folders Labels and Audios.", prepare)


def _part(row: DelimitedRow) -> str:
    text = row.text("split_set")
    if text not in PARTS:
        raise InputError(
            f"{row.where}: expected {', '.join(PARTS)} as Split_Set, found {text[:80]!r}; fetch "
            "the file again"
        )
    return PARTS[text]


def _label(row: DelimitedRow) -> str:
    letter = row.cells["emoclass"]
    if not letter:  # the labels of some test sets are not published
        return "no label"
    if letter not in LABEL_BY_LETTER:
        raise InputError(
            f"{row.where}: expected a letter of {''.join(LABEL_BY_LETTER)} as EmoClass, found "
            f"{letter[:80]!r}; fetch the file again"
        )
    return LABEL_BY_LETTER[letter]


def _utterance(row: DelimitedRow, part: str, file: Path, emotions: tuple[str, ...]) -> Utterance:
    told = row.cells["spkrid"]
    known = told.lower() not in UNKNOWN_NAMES
    utt = f"spk{told}-{file.stem}" if known else file.stem
    return Utterance(
        utt=utt,
        speaker=f"spk{told}" if known else utt,
        recording=utt,
        path=str(file),
        emotions=emotions,
        duration=recording_seconds(file),
        gender=GENDERS.get(row.cells["gender"].lower()) if known else None,
        split=part,
    )


def _drop_contradictory_genders(utterances: list[Utterance]) -> list[str]:
    """Take the gender from speakers that have two; returns these speakers."""
    genders: dict[str, set[str | None]] = {}
    for u in utterances:
        genders.setdefault(u.speaker, set()).add(u.gender)
    two = c_sorted(speaker for speaker, own in genders.items() if len(own) > 1)
    dropped = set(two)
    for index, u in enumerate(utterances):
        if u.speaker in dropped:
            utterances[index] = replace(u, gender=None)
    return two


def _differences(parts: Counter[str]) -> dict[str, list[str]]:
    """A warning with the numbers of turns where they are not the published ones.

    The part whose labels are not published may be missing.
    """
    differ = [
        f"{part} {parts[part]} ({count})"
        for part, count in PUBLISHED.items()
        if parts[part] != count and not (part == "test3" and parts[part] == 0)
    ]
    return {"parts with other numbers of turns than release 1.11 (in brackets)": differ}
