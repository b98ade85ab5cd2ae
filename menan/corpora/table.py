"""Any other corpus: a CSV or TSV file with one row an utterance."""

from collections import Counter
from pathlib import Path

from menan.audio import is_file
from menan.corpora.delimited import Row, read_rows, require_columns
from menan.corpora.preparation import Preparation, cut_to_recording, recording_seconds
from menan.corpora.table_row import Entry, read_entry
from menan.datadir.utterances import Utterance
from menan.errors import InputError

REQUIRED = ("path", "speaker", "emotion")
OPTIONAL = ("utt", "group", "start", "end", "gender", "split")


def prepare(
    table: str | Path, translation: dict[str, str] | None = None, split: str = ""
) -> Preparation:
    """The utterances of a table; :func:`menan.corpora.delimited.read_rows` tells its form.

    Columns, in any order:

    - path: audio file, from the table's folder if not absolute; several utterances of one file
      have start and end.
    - speaker: an id without white space.
    - emotion: labels joined by ``|``; what ``translation`` leaves out does not count, and an
      utterance without any other label is left out.
    - utt: an id; the file's name without ending where the column is missing. ``<speaker>-`` is
      put before it unless it begins so.
    - group: the unit that is held out, the same in all rows of a speaker.
    - start, end: seconds within the file, both or neither.
    - gender: f, m, female, male or empty, the same in all rows of a speaker.
    - split: any name or empty; read only to choose by it.

    Other columns are not read, and named in the warnings; an empty cell is an error where
    nothing else is said.

    Args:
        table: the file.
        translation: emotions (or ``""``) by label, see
            :func:`menan.corpora.table_row.parse_map`; the codes of
            :data:`menan.labels.EMOTIONS` need none.
        split: take only the rows with this split; empty takes all.

    Raises:
        InputError: with file and line, for anything else; no audio at all; unreadable audio.
    """
    table = Path(table).absolute()
    translation = translation or {}
    columns, rows = read_rows(table)
    require_columns(table, columns, REQUIRED)
    for name, other in (("start", "end"), ("end", "start")):
        if name in columns:
            require_columns(table, columns, (other,))
    left_out: Counter[str] = Counter()
    if split:
        rows = _of_split(table, columns, rows, split, left_out)
    entries = [read_entry(row, table.parent, translation) for row in rows]
    _check_utts(entries, "give each its own" if "utt" in columns else "add a column utt")
    _check_speakers(entries)
    used = {label for entry in entries for label in entry.labels}
    found = {
        "columns that are not read": [c for c in columns if c not in (*REQUIRED, *OPTIONAL)],
        "labels of --map that no row has": [n for n in translation if n not in used],
    }
    labelled = [entry for entry in entries if entry.emotions]
    if dropped := len(entries) - len(labelled):
        left_out["labels that --map leaves out"] = dropped
    present = [entry for entry in labelled if is_file(entry.path)]
    if no_audio := [f"{e.where} ({e.path})" for e in labelled if not is_file(e.path)]:
        found["rows without audio"] = no_audio
        left_out["no audio"] = len(no_audio)
    if not present:
        reasons = ", ".join(f"{reason} {number}" for reason, number in left_out.items())
        raise InputError(
            f"{table}: no row is left to take ({reasons}); note that paths are taken from the "
            "table's folder"
        )
    utterances = _utterances(present, found)
    warnings = {what: cases for what, cases in found.items() if cases}
    return Preparation(table.stem, utterances, dict(left_out), warnings)


def _of_split(
    table: Path, columns: list[str], rows: list[Row], split: str, left_out: Counter[str]
) -> list[Row]:
    require_columns(table, columns, ("split",))
    sizes = Counter(row.cells["split"] for row in rows)
    if split not in sizes:
        names = ", ".join(sorted(name for name in sizes if name))
        raise InputError(f"{table}: no row has the split {split!r}; there are {names or 'none'}")
    for name in sizes.keys() - {split}:
        left_out[f"split {name}" if name else "no split"] = sizes[name]
    return [row for row in rows if row.cells["split"] == split]


def _check_utts(entries: list[Entry], cure: str) -> None:
    first: dict[str, str] = {}
    for entry in entries:
        if entry.utt in first:
            raise InputError(
                f"{entry.where}: utterance id {entry.utt!r} is also that of {first[entry.utt]}; "
                f"{cure}"
            )
        first[entry.utt] = entry.where


def _check_speakers(entries: list[Entry]) -> None:
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
                    f"here and {there or '(empty)'} at {other.where}; make them one"
                )


def _utterances(entries: list[Entry], found: dict[str, list[str]]) -> list[Utterance]:
    """The utterances of entries whose audio exists; what is odd is added to ``found``."""
    late = found["ends past the recording's, set to it"] = []
    again = found["rows that name a whole file again"] = []
    seconds = {path: recording_seconds(path) for path in {entry.path for entry in entries}}
    recordings: dict[Path, str] = {}
    whole: set[Path] = set()
    utterances = []
    for entry in entries:
        start = end = None
        recording, duration = entry.utt, seconds[entry.path]
        if entry.stretch is None:
            if entry.path in whole:
                again.append(f"{entry.where} ({entry.path})")
            whole.add(entry.path)
        else:
            start, end = cut_to_recording(*entry.stretch, duration)
            if end <= start:
                raise InputError(
                    f"{entry.where}: nothing of {entry.stretch[0]} to {entry.stretch[1]} s lies "
                    f"in {entry.path}, which lasts {duration:.3f} s; correct start and end"
                )
            if entry.stretch[1] > duration:
                late.append(entry.where)
            # The first utterance in a file names the recording: no two files can share an id.
            recording, duration = recordings.setdefault(entry.path, entry.utt), end - start
        utterances.append(
            Utterance(
                utt=entry.utt,
                speaker=entry.speaker,
                recording=recording,
                path=str(entry.path),
                emotions=entry.emotions,
                duration=duration,
                start=start,
                end=end,
                group=entry.group,
                gender=entry.gender,
            )
        )
    return utterances
