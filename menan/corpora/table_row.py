"""One row of a user's corpus table: ids, labels and times, without the audio itself."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from menan.corpora.delimited import EMPTY, UNKNOWN_NAMES, DelimitedRow
from menan.corpora.file_names import find_file
from menan.datadir.channels import MIX, parse_channel
from menan.datadir.metadata import name_fault
from menan.datadir.same_audio import grouped
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.labels import is_label

GENDERS = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m", "": None}
# Names that other tools give to the column path: audformat and nkululeko write file.
PATHS = ("path", "file", "filename")
# A date as a workbook has it; Excel makes one of ids such as MAR1 and 3-4.
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
_EXCEL_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")


@dataclass(frozen=True)
class Entry:
    """The content of a row.

    speaker: the id of the utterance where nobody knows who speaks.
    labels: the emotions as written; none where nobody has labelled the row.
    stretch: start and end in seconds; None for the whole file. The end may be infinite.
    is_absolute: whether the table gives the whole path.
    split: part of an official split.
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
    is_absolute: bool = False
    split: str | None = None


def read_entry(row: DelimitedRow, folder: Path, renamed: Mapping[str, str]) -> Entry:
    """The entry of a row.

    Args:
        folder: relative paths begin here.
        renamed: new labels by label, which any text in the emotion cell may have.

    Raises:
        InputError: an empty path or id, an id with white space, a date or an error of Excel, a
            speaker or group that cannot name a file, a label of several words, an unknown gender
            or channel, or an end before the start.
    """
    path = find_file(folder, row.text("path"))
    utt = _id(row, "utt", row.text("utt") if "utt" in row.cells else "_".join(path.stem.split()))
    if row.cells["speaker"].lower() in UNKNOWN_NAMES:
        speaker = _id(row, "speaker", utt)
    else:
        speaker = _id(row, "speaker", row.cells["speaker"])
        utt = utt if utt.startswith(f"{speaker}-") else f"{speaker}-{utt}"
    return Entry(
        where=row.where,
        path=path,
        utt=utt,
        speaker=speaker,
        group=_id(row, "group", row.text("group")) if "group" in row.cells else None,
        gender=_gender(row),
        labels=_labels(row, renamed),
        stretch=_stretch(row),
        channel=_channel(row),
        is_absolute=Path(row.cells["path"]).is_absolute(),
        split=None if row.is_empty("split") else row.cells["split"],
    )


def check_utts(entries: list[Entry], cure: str) -> None:
    """Raise :class:`InputError` for the first id that two rows share."""
    first: dict[str, str] = {}
    for entry in entries:
        if entry.utt in first:
            raise InputError(
                f"{entry.where}: utterance id {entry.utt!r} is used at {first[entry.utt]} too; "
                f"{cure}"
            )
        first[entry.utt] = entry.where


def check_speakers(entries: list[Entry]) -> None:
    """Raise :class:`InputError` for a speaker with two groups or genders."""
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.speaker, entry)
        for what, here, there in (
            ("group", entry.group, other.group),
            ("gender", entry.gender, other.gender),
        ):
            if here != there:
                raise InputError(
                    f"{entry.where}: speaker {entry.speaker!r} has {what} {here or '(empty)'} "
                    f"here and {there or '(empty)'} at {other.where}; give it one"
                )


def look_alikes(names: Iterable[str]) -> list[str]:
    """Names that may mean the same one: only case, zeros or hidden characters tell them apart.

    >>> look_alikes(["1", "s1", "001", "S01", "10"])
    ['001 = 1', 'S01 = s1']
    """

    def form(name: str) -> str:
        letters = unicodedata.normalize("NFKC", name).casefold()
        shown = "".join(one for one in letters if unicodedata.category(one) != "Cf")
        return re.sub(r"(?<!\d)0+(?=\d)", "", shown)

    forms = ((name, form(name)) for name in c_sorted(set(names)))
    return [" = ".join(group) for group in grouped(forms)]


def with_path(columns: list[str], rows: list[DelimitedRow]) -> tuple[list[str], list[DelimitedRow]]:
    """The table with the column path under that name."""
    name = next((name for name in PATHS if name in columns), "path")
    if name == "path":
        return columns, rows
    renamed = [
        replace(row, cells={"path" if key == name else key: v for key, v in row.cells.items()})
        for row in rows
    ]
    return ["path" if column == name else column for column in columns], renamed


def labels_of_rows(rows: Iterable[DelimitedRow], renamed: Mapping[str, str]) -> set[str]:
    """The labels that occur in some rows and can be used, as written."""
    cells = (row.cells.get("emotion", "") for row in rows)
    found = {label.strip() for text in cells for label in text.split("|")} - set(EMPTY)
    found -= {label for label in found if label.lower() in UNKNOWN_NAMES and label not in renamed}
    return {label for label in found if label in renamed or is_label(label)}


def _check_spoilt(row: DelimitedRow, column: str, text: str) -> None:
    """Raise :class:`InputError` for what Excel makes of an id that it takes for something else."""
    if _DATE.fullmatch(text):
        raise InputError(
            f"{row.where}: the {column} {text!r} is a date, which Excel makes of ids; format the "
            "column as text and write them again"
        )
    if _EXCEL_ERROR.fullmatch(text):
        raise InputError(f"{row.where}: the {column} is Excel's error {text}; correct its formula")


def _id(row: DelimitedRow, column: str, text: str) -> str:
    _check_spoilt(row, column, text)
    if text.split() != [text]:
        cure = "use '_' or '-' instead" if column in row.cells else "add a column utt"
        raise InputError(f"{row.where}: {column} id {text!r} contains white space; {cure}")
    if column != "utt" and (fault := name_fault(column, text)):
        raise InputError(f"{row.where}: {fault}; rename it")
    return text


def _gender(row: DelimitedRow) -> str | None:
    text = row.cells.get("gender", "").lower()
    if text in (*UNKNOWN_NAMES, "other"):
        return None
    if text not in GENDERS:
        raise InputError(
            f"{row.where}: expected f, m, female, male, unknown or nothing as gender, found "
            f"{row.cells['gender']!r}"
        )
    return GENDERS[text]


def _labels(row: DelimitedRow, renamed: Mapping[str, str]) -> tuple[str, ...]:
    text = row.cells.get("emotion", "")
    if text not in renamed and text.lower() in UNKNOWN_NAMES:
        return ()
    _check_spoilt(row, "emotion", text)
    labels = tuple(label.strip() for label in text.split("|"))
    for label in labels:
        if label not in renamed and not is_label(label):
            raise InputError(
                f"{row.where}: emotion {label!r} must be one word without a comma; rename it with "
                f"--map '{label}=...', or leave it out with --map '{label}='"
            )
    return labels


def _stretch(row: DelimitedRow) -> tuple[float, float] | None:
    if row.is_empty("start") and row.is_empty("end"):
        return None
    start = row.seconds("start")
    # audformat writes NaT for the end of the file; an empty cell is a mistake.
    to_the_end = row.is_empty("end") and row.cells["end"] != ""
    if to_the_end and start == 0:
        return None
    end = math.inf if to_the_end else row.seconds("end")
    if not 0 <= start < end:
        raise InputError(f"{row.where}: start {start} s and end {end} s; expected 0 <= start < end")
    return start, end


def _channel(row: DelimitedRow) -> int | None:
    # pandas writes 1.0 where other rows are empty.
    text = MIX if row.is_empty("channel") else row.cells["channel"].removesuffix(".0")
    try:
        return parse_channel(text)
    except InputError as error:
        raise InputError(f"{row.where}: channel: {error}") from None
