"""Check the file ``emotions`` of a directory, and which of its labels occur."""

from collections.abc import Mapping
from pathlib import Path

from menan.datadir.metadata import labels_found, read_label_set
from menan.datadir.validate.lenient_table import LenientTable
from menan.datadir.validate.problems import Problem, message_and_cure
from menan.errors import InputError
from menan.labels import UNKNOWN, LabelSet


def check_label_set(
    directory: Path, tables: Mapping[str, LenientTable]
) -> tuple[LabelSet | None, list[Problem], list[str]]:
    """The label set of a directory, if it can be read.

    Returns:
        The set, or None; the problems of ``emotions``; and a note if it lists labels that no
        utterance has, which is allowed.
    """
    path = directory / "emotions"
    utt2emo = dict(tables["utt2emo"].items()) if "utt2emo" in tables else {}
    notes = []
    if "utt2emo" not in tables:
        notes.append(f"{directory}: note: no utterance has an emotion (there is no utt2emo)")
    elif unlabelled := sum(value == UNKNOWN for value in utt2emo.values()):
        file = directory / "utt2emo"
        notes.append(f"{file}: note: {unlabelled} of {len(utt2emo)} utterances have no emotion")
    try:
        if not path.exists():
            return labels_found(directory / "utt2emo", utt2emo), [], notes
        labels = read_label_set(path)
    except InputError as error:
        message, cure = message_and_cure(error, "prepare the data again")
        place, _, fault = message.partition(": ")
        file_name, _, line = place.rpartition(":")
        if line.isdecimal():
            return None, [Problem(Path(file_name), int(line), fault, cure)], notes
        return None, [Problem(Path(place), None, fault, cure)], notes
    used = {label for value in utt2emo.values() for label in value.split(",")}
    if utt2emo and (unused := [label for label in labels if label not in used]):
        notes.insert(0, f"{path}: note: no utterance has these emotions: {' '.join(unused)}")
    return labels, [], notes
