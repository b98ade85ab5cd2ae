"""One row of a user's corpus table: ids, labels and times, without the audio itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from menan.corpora.delimited import DelimitedRow
from menan.datadir.channels import MIX, parse_channel
from menan.datadir.metadata import name_fault
from menan.errors import InputError
from menan.labels import is_label

GENDERS = {"f": "f", "female": "f", "m": "m", "male": "m", "": None}


@dataclass(frozen=True)
class Entry:
    """The content of a row.

    labels: the emotions as written.
    stretch: start and end in seconds; None for the whole file.
    channel: the only channel to use, counted from 1; None for the average of all.
    """

    where: str
    path: Path
    utt: str
    speaker: str
    group: str | None
    gender: str | None
    labels: tuple[str, ...]
    stretch: tuple[float, float] | None
    channel: int | None = None


def read_entry(row: DelimitedRow, folder: Path, renamed: Mapping[str, str]) -> Entry:
    """The entry of a row.

    Args:
        folder: relative paths begin here.
        renamed: new labels by label, which any text in the emotion cell may have.

    Raises:
        InputError: an empty cell, an id with white space, a speaker or group that cannot name a
            file, a label of several words, an unknown gender or channel, or an end before the
            start.
    """
    path = folder / row.text("path")
    speaker = _id(row, "speaker", row.text("speaker"))
    utt = _id(row, "utt", row.text("utt") if "utt" in row.cells else path.stem)
    return Entry(
        where=row.where,
        path=path,
        utt=utt if utt.startswith(f"{speaker}-") else f"{speaker}-{utt}",
        speaker=speaker,
        group=_id(row, "group", row.text("group")) if "group" in row.cells else None,
        gender=_gender(row),
        labels=_labels(row, renamed),
        stretch=_stretch(row),
        channel=_channel(row),
    )


def labels_of_rows(rows: Iterable[DelimitedRow], renamed: Mapping[str, str]) -> set[str]:
    """The labels that occur in some rows and can be used, as written."""
    found = {label.strip() for row in rows for label in row.cells["emotion"].split("|")}
    return {label for label in found if label in renamed or is_label(label)}


def _id(row: DelimitedRow, column: str, text: str) -> str:
    if text.split() != [text]:
        cure = "use '_' or '-' instead" if column in row.cells else "add a column utt"
        raise InputError(f"{row.where}: {column} id {text!r} contains white space; {cure}")
    if column != "utt" and (fault := name_fault(column, text)):
        raise InputError(f"{row.where}: {fault}; rename it")
    return text


def _gender(row: DelimitedRow) -> str | None:
    text = row.cells.get("gender", "")
    if text.lower() not in GENDERS:
        raise InputError(f"{row.where}: expected f, m, female or male as gender, found {text!r}")
    return GENDERS[text.lower()]


def _labels(row: DelimitedRow, renamed: Mapping[str, str]) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in row.text("emotion").split("|"))
    for label in labels:
        if label not in renamed and not is_label(label):
            raise InputError(
                f"{row.where}: emotion {label!r} must be one word without a comma; rename it with "
                f"--map '{label}=...', or leave it out with --map '{label}='"
            )
    return labels


def _stretch(row: DelimitedRow) -> tuple[float, float] | None:
    if not row.cells.get("start") and not row.cells.get("end"):
        return None
    start, end = row.number("start"), row.number("end")
    if not 0 <= start < end:
        raise InputError(f"{row.where}: start {start} s and end {end} s; expected 0 <= start < end")
    return start, end


def _channel(row: DelimitedRow) -> int | None:
    try:
        return parse_channel(row.cells.get("channel") or MIX)
    except InputError as error:
        raise InputError(f"{row.where}: channel: {error}") from None
