"""One row of a user's corpus table: ids, emotions, stretch; nothing of the audio itself."""

from dataclasses import dataclass
from pathlib import Path

from menan.corpora.delimited import Row
from menan.datadir.metadata import name_fault
from menan.errors import InputError
from menan.labels import EMOTIONS

GENDERS = {"f": "f", "female": "f", "m": "m", "male": "m", "": None}


@dataclass(frozen=True)
class Entry:
    """What a row says.

    labels: as written; emotions: what they stand for, perhaps none.
    stretch: start and end in seconds; None for the whole file.
    """

    where: str
    path: Path
    utt: str
    speaker: str
    group: str | None
    gender: str | None
    labels: tuple[str, ...]
    emotions: tuple[str, ...]
    stretch: tuple[float, float] | None


def parse_map(text: str) -> dict[str, str]:
    """The emotion of each label in ``label=emotion,...``; of a label to leave out, ``""``.

    >>> parse_map("angry=ang,happy=hap,disgust=")
    {'angry': 'ang', 'happy': 'hap', 'disgust': ''}

    Raises:
        InputError: a part without ``=``, an unknown emotion, a label given twice.
    """
    translation: dict[str, str] = {}
    for part in text.split(",") if text else []:
        label, equals, emotion = (piece.strip() for piece in part.partition("="))
        if not label or not equals or emotion not in (*EMOTIONS, ""):
            raise InputError(
                f"--map: expected label=emotion with one of {' '.join(EMOTIONS)} or nothing "
                f"after the '=', found {part[:80]!r}"
            )
        if label in translation:
            raise InputError(f"--map: label {label!r} is given twice; keep one")
        translation[label] = emotion
    return translation


def read_entry(row: Row, folder: Path, translation: dict[str, str]) -> Entry:
    """The entry of a row, whose relative path is taken from ``folder``.

    Raises:
        InputError: an empty cell, an id with white space, a speaker or group that cannot name a
            file, an unknown label or gender, a stretch that is none.
    """
    path = folder / row.text("path")
    speaker = _id(row, "speaker", row.text("speaker"))
    utt = _id(row, "utt", row.text("utt") if "utt" in row.cells else path.stem)
    labels = tuple(label.strip() for label in row.text("emotion").split("|"))
    return Entry(
        where=row.where,
        path=path,
        utt=utt if utt.startswith(f"{speaker}-") else f"{speaker}-{utt}",
        speaker=speaker,
        group=_id(row, "group", row.text("group")) if "group" in row.cells else None,
        gender=_gender(row),
        labels=labels,
        emotions=_emotions(row, labels, translation),
        stretch=_stretch(row),
    )


def _id(row: Row, column: str, text: str) -> str:
    if text.split() != [text]:
        cure = "use '_' or '-' instead" if column in row.cells else "add a column utt"
        raise InputError(f"{row.where}: {column} id {text!r} holds white space; {cure}")
    if column != "utt" and (fault := name_fault(column, text)):
        raise InputError(f"{row.where}: {fault}; rename it")
    return text


def _gender(row: Row) -> str | None:
    text = row.cells.get("gender", "")
    if text.lower() not in GENDERS:
        raise InputError(f"{row.where}: gender should be f, m, female or male, found {text!r}")
    return GENDERS[text.lower()]


def _emotions(row: Row, labels: tuple[str, ...], translation: dict[str, str]) -> tuple[str, ...]:
    known = {emotion: emotion for emotion in EMOTIONS} | translation
    for label in labels:
        if label not in known:
            raise InputError(
                f"{row.where}: unknown emotion {label!r}; say by --map '{label}=...' which of "
                f"{' '.join(EMOTIONS)} it is, or by --map '{label}=' to leave it out"
            )
    present = {known[label] for label in labels}
    return tuple(emotion for emotion in EMOTIONS if emotion in present)


def _stretch(row: Row) -> tuple[float, float] | None:
    if not row.cells.get("start") and not row.cells.get("end"):
        return None
    start, end = row.number("start"), row.number("end")
    if not 0 <= start < end:
        raise InputError(f"{row.where}: start {start} and end {end} s; 0 <= start < end must hold")
    return start, end
