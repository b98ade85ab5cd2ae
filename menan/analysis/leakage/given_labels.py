"""Labels of anybody's embeddings: a Kaldi data directory, or a table with one row per utterance."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from menan.corpora.delimited import DelimitedRow, stream_rows
from menan.corpora.table_row import GENDERS
from menan.datadir.tables import read_table
from menan.errors import InputError

# Columns that name the utterance: the first of these that a table has.
ID_COLUMNS = ("utt", "id", "file", "name", "filename")
INDEX = "(index)"  # the first column if it has no name, as pandas writes its index
LABEL_COLUMNS = ("speaker", "emotion", "gender", "group")
# Files of a data directory, beside text, that are further labels: utt2<name> except for these.
_NO_LABELS = ("spk", "emo", "uniq", "dur", "num_frames", "audio", "num_samples")


@dataclass(frozen=True)
class GivenLabels:
    """What is known of utterances and speakers; the embeddings may have fewer of them.

    speakers: by utterance.
    emotions: by utterance; empty without any, and an utterance with several has them joined by
        commas.
    genders: ``f`` or ``m`` by speaker, where known.
    groups: by speaker, where known.
    others: values by utterance, by name of the label.
    copies: utterances that are speed copies of others.
    """

    path: Path
    speakers: dict[str, str]
    emotions: dict[str, str]
    genders: dict[str, str]
    groups: dict[str, str]
    others: dict[str, dict[str, str]]
    copies: frozenset[str] = field(default_factory=frozenset)


def read_given_labels(path: Path) -> GivenLabels:
    """The labels in a directory or a table.

    A directory has ``utt2spk``, and optionally ``utt2emo``, ``spk2gender``, ``spk2group``,
    ``utt2uniq``, and further labels: ``text`` and every other ``utt2<name>``.

    A CSV or TSV file has one of the columns :data:`ID_COLUMNS`, or an id in a first column without
    name, and the columns ``speaker`` and optionally ``emotion``, ``gender`` and ``group``. All its
    other columns are further labels.

    Raises:
        InputError: missing or malformed files, with file and line.
    """
    return _of_directory(path) if path.is_dir() else _of_table(path)


def id_column(path: Path, columns: list[str]) -> str:
    """The column that names the utterance.

    Raises:
        InputError: no such column.
    """
    for name in (*ID_COLUMNS, INDEX):
        if name in columns:
            return name
    raise InputError(
        f"{path}:1: no column names the utterances; call it one of {', '.join(ID_COLUMNS)}"
    )


def labels_of_rows(path: Path, rows: Iterable[tuple[str, DelimitedRow]]) -> GivenLabels:
    """The labels in rows of a table, each with the id of its utterance.

    Args:
        rows: with a cell ``speaker``; every cell except for those of :data:`LABEL_COLUMNS` is a
            further label.

    Raises:
        InputError: an utterance that has two rows, an empty speaker, an unknown gender, a speaker
            with two genders or groups.
    """
    labels = GivenLabels(path, {}, {}, {}, {}, {})
    first: dict[str, tuple[str, str, str]] = {}
    for utt, row in rows:
        if utt in labels.speakers:
            raise InputError(f"{row.where}: {utt!r} has two rows; keep one")
        speaker = labels.speakers[utt] = row.text("speaker")
        if emotion := row.cells.get("emotion", ""):
            labels.emotions[utt] = ",".join(part.strip() for part in emotion.split("|"))
        gender = _gender(row.cells.get("gender", ""), row.where)
        group = row.cells.get("group", "")
        where, *known = first.setdefault(speaker, (row.where, gender, group))
        if known != [gender, group]:
            raise InputError(
                f"{row.where}: speaker {speaker!r} has another gender or group here than at "
                f"{where}; give it one"
            )
        for name, text in row.cells.items():
            if name not in LABEL_COLUMNS:
                labels.others.setdefault(name, {})[utt] = text
    labels.genders.update({name: gender for name, (_, gender, _) in first.items() if gender})
    labels.groups.update({name: group for name, (_, _, group) in first.items() if group})
    return labels


def _of_table(path: Path) -> GivenLabels:
    columns, rows = stream_rows(path, unnamed=INDEX)
    column = id_column(path, columns)
    if "speaker" not in columns:
        raise InputError(f"{path}:1: no column 'speaker'; the header has {', '.join(columns)}")
    return labels_of_rows(path, (_popped(row, column) for row in rows))


def _popped(row: DelimitedRow, column: str) -> tuple[str, DelimitedRow]:
    """The id, and the row without it and without the numbers of pandas' index."""
    drop = (column, INDEX)
    cells = {name: text for name, text in row.cells.items() if name not in drop}
    return row.text(column), DelimitedRow(row.where, cells)


def _of_directory(path: Path) -> GivenLabels:
    utt2spk = read_table(path / "utt2spk")
    names = {file.name.removeprefix("utt2") for file in path.glob("utt2*") if file.is_file()}
    others = {name: f"utt2{name}" for name in sorted(names) if name not in _NO_LABELS}
    if (path / "text").is_file():
        others["text"] = "text"
    genders = {
        speaker: _gender(text, f"{path / 'spk2gender'}:{number}")
        for number, (speaker, text) in enumerate(_optional(path / "spk2gender").items(), start=1)
    }
    uniq = _optional(path / "utt2uniq")
    return GivenLabels(
        path,
        utt2spk,
        _optional(path / "utt2emo"),
        genders,
        _optional(path / "spk2group"),
        {name: read_table(path / file) for name, file in others.items()},
        frozenset(utt for utt, original in uniq.items() if utt != original),
    )


def _optional(path: Path) -> dict[str, str]:
    return read_table(path) if path.exists() else {}


def _gender(text: str, where: str) -> str:
    if text.lower() not in GENDERS:
        raise InputError(
            f"{where}: expected f, m, female or male as gender, found {text[:80]!r}; leave it out "
            "if it is not known"
        )
    return GENDERS[text.lower()] or ""
