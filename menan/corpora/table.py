"""Any other corpus: a CSV or TSV file with one row per utterance."""

import math
from collections import Counter
from pathlib import Path
from typing import Annotated

from menan.corpora.delimited import DelimitedRow, read_rows, require_columns
from menan.corpora.label_choice import (
    DEFAULT_CHOICE,
    ChosenLabels,
    LabelChoice,
    ReleaseLabels,
)
from menan.corpora.preparation import Corpus, Preparation, cut_to_recording, recording_seconds
from menan.corpora.table_row import (
    Entry,
    check_speakers,
    check_utts,
    labels_of_rows,
    look_alikes,
    read_entry,
    with_path,
)
from menan.datadir.utterances import Utterance
from menan.errors import InputError, refuse_items
from menan.files.regular import is_file
from menan.labels import IEMOCAP_EMOTIONS

REQUIRED = ("path", "speaker")
# Probably the emotions under another name, without which all rows would have none.
LABELS = ("label", "labels", "emo", "emotions", "class", "emoclass")
OPTIONAL = ("emotion", "utt", "group", "start", "end", "gender", "channel", "split")


def prepare(
    table: str | Path,
    choice: LabelChoice = DEFAULT_CHOICE,
    split: Annotated[str, "Take only the rows with this value in the column split."] = "",
) -> Preparation:
    """The utterances of a table; :func:`menan.corpora.delimited.stream_rows` describes its form.

    Columns, in any order:

    - path (or file, filename): audio file, from the table's folder if not absolute; several
      utterances of one file have start and end.
    - speaker: an id without white space; empty or ``Unknown`` where nobody knows who speaks.
    - emotion: one or more labels joined by ``|``; utterances of which ``choice`` keeps no label
      are left out. Empty or ``Unknown``, or no such column, where nobody has labelled the row.
    - utt: an id; without the column, the name of the file without its ending, with ``_`` for white
      space. ``<speaker>-`` is put before it unless it begins with that.
    - group: the unit that is held out, the same in all rows of a speaker.
    - start, end: within the file, both or neither; seconds, or durations as pandas writes them.
    - gender: f, m, female, male, unknown or empty, the same in all rows of a speaker.
    - channel: number of the only channel to use, from 1; mix or empty for the average of all.
    - split: any name or empty; part of an official split.

    Other columns are not read, and named in the warnings; other empty cells are errors. All wrong
    rows are named at once.

    Args:
        table: the file.
        choice: the emotions to take; by default all labels found, in C order.
        split: take only the rows with this split; empty takes all.

    Raises:
        InputError: a malformed table, with file and line; no audio at all; unreadable audio.
    """
    table = Path(table).absolute()
    columns, rows = with_path(*read_rows(table))
    require_columns(table, columns, REQUIRED)
    if set(LABELS) & set(columns):
        require_columns(table, columns, ("emotion",))
    for name, other in (("start", "end"), ("end", "start")):
        if name in columns:
            require_columns(table, columns, (other,))
    left_out: Counter[str] = Counter()
    # All splits have one label set, whichever is taken.
    used = labels_of_rows(rows, choice.renamed)
    if split:
        rows = _of_split(table, columns, rows, split, left_out)
    entries = _entries(rows, table.parent, choice)
    check_utts(entries, "give each its own" if "utt" in columns else "add a column utt")
    check_speakers(entries)
    chosen = _chosen(table, used, choice)
    found = {
        "columns that are not read": [c for c in columns if c not in (*REQUIRED, *OPTIONAL)],
        "labels of --map that no row has": [n for n in choice.renamed if n not in used],
    }
    # Rows that nobody has labelled are taken; rows with other labels than those chosen are not.
    labelled = [e for e in entries if not e.labels or chosen.emotions(e.labels)]
    if dropped := len(entries) - len(labelled):
        left_out["labels not chosen"] = dropped
    present = [entry for entry in labelled if is_file(entry.path)]
    if no_audio := [f"{e.where} ({e.path})" for e in labelled if not is_file(e.path)]:
        found["rows without audio"] = no_audio
        left_out["no audio"] = len(no_audio)
    if not present:
        reasons = ", ".join(f"{reason} {number}" for reason, number in left_out.items())
        raise InputError(
            f"{table}: no utterance is left ({reasons}); relative paths begin at the table's folder"
        )
    utterances = _utterances(present, chosen, found)
    speakers = (u.speaker for u in utterances if u.speaker_known)
    found["speakers that may be one, written in two ways"] = look_alikes(speakers)
    found["labels that may be one, written in two ways; rename one with --map"] = look_alikes(
        chosen.labels
    )
    found["rows without a known speaker"] = [u.utt for u in utterances if not u.speaker_known]
    found["rows without an emotion"] = [u.utt for u in utterances if not u.emotions]
    warnings = {what: cases for what, cases in found.items() if cases}
    given = frozenset(str(entry.path) for entry in present if entry.is_absolute)
    return Preparation(
        table.stem, utterances, chosen.labels, dict(left_out), warnings, given_in_full=given
    )


CORPUS = Corpus(
    "Any corpus with a table of its utterances.",
    prepare,
    root=(
        "CSV, TSV, .xlsx or .parquet file with the columns path (or file) and speaker, and "
        "optionally emotion, utt, group, start, end, gender, channel, split. Relative paths begin "
        "at its folder; several emotions are joined by '|'; empty or 'Unknown' speakers and "
        "emotions are unknown."
    ),
    root_name="TABLE",
)


def _entries(rows: list[DelimitedRow], folder: Path, choice: LabelChoice) -> list[Entry]:
    """The entries of all rows.

    Raises:
        BadItems: every row that is wrong.
    """
    entries, faults = [], []
    for row in rows:
        try:
            entries.append(read_entry(row, folder, choice.renamed))
        except InputError as error:
            faults.append(str(error))
    refuse_items(faults)
    return entries


def _chosen(table: Path, used: set[str], choice: LabelChoice) -> ChosenLabels:
    """The choice among the labels that occur; new labels of the default are in C order.

    A table with only one of IEMOCAP's emotions has the other three as labels too, because a label
    set needs two or more.
    """
    renamed = {old: new for old, new in choice.renamed.items() if old in used}
    if len(new := {renamed.get(label, label) for label in used} - {""}) == 1 and all(
        label in IEMOCAP_EMOTIONS for label in new
    ):
        used = {*used, *IEMOCAP_EMOTIONS}
    labels = tuple(sorted(used, key=lambda label: ((renamed.get(label) or label).encode(), label)))
    if not labels:  # nobody has labelled any row
        return ChosenLabels(IEMOCAP_EMOTIONS, {})
    release = ReleaseLabels(str(table), labels, default={label: label for label in labels})
    return release.choose(LabelChoice(choice.emotions, renamed))


def _of_split(
    table: Path, columns: list[str], rows: list[DelimitedRow], split: str, left_out: Counter[str]
) -> list[DelimitedRow]:
    require_columns(table, columns, ("split",))
    sizes = Counter(row.cells["split"] for row in rows)
    if split not in sizes:
        names = ", ".join(sorted(name for name in sizes if name))
        cure = f"choose from {names}" if names else "the column is empty"
        raise InputError(f"{table}: no row has the split {split!r}; {cure}")
    for name in sizes.keys() - {split}:
        left_out[f"split {name}" if name else "no split"] = sizes[name]
    return [row for row in rows if row.cells["split"] == split]


def _utterances(
    entries: list[Entry], chosen: ChosenLabels, found: dict[str, list[str]]
) -> list[Utterance]:
    """The utterances of entries with audio; oddities are added to ``found``."""
    late = found["ends after the end of the recording, set to it"] = []
    again = found["rows that name a whole file again"] = []
    seconds = {
        path: recording_seconds(path) for path in dict.fromkeys(entry.path for entry in entries)
    }
    recordings: dict[tuple[Path, int | None], str] = {}
    whole: set[tuple[Path, int | None]] = set()
    utterances = []
    for entry in entries:
        start = end = None
        source = entry.path, entry.channel
        recording, duration = entry.utt, seconds[entry.path]
        if entry.stretch is None:
            if source in whole:
                again.append(f"{entry.where} ({entry.path})")
            whole.add(source)
        else:
            start, end = cut_to_recording(*entry.stretch, duration)
            if end <= start:
                raise InputError(
                    f"{entry.where}: the segment {entry.stretch[0]} to {entry.stretch[1]} s is "
                    f"outside {entry.path}, which lasts {duration:.3f} s; correct start and end"
                )
            if duration < entry.stretch[1] < math.inf:
                late.append(entry.where)
            # The first utterance in a file or channel names the recording: no two share an id.
            recording, duration = recordings.setdefault(source, entry.utt), end - start
        utterances.append(
            Utterance(
                utt=entry.utt,
                speaker=entry.speaker,
                recording=recording,
                path=str(entry.path),
                emotions=chosen.emotions(entry.labels),
                duration=duration,
                start=start,
                end=end,
                group=entry.group,
                gender=entry.gender,
                split=entry.split,
                channel=entry.channel,
            )
        )
    return utterances
