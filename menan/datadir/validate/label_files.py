"""Check speakers, emotions, genders, groups and speed copies of a directory."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from menan.datadir.folds import assign_groups
from menan.datadir.metadata import name_fault, read_unknown_speakers, spk2utt
from menan.datadir.tables import c_sorted
from menan.datadir.validate.lenient_table import LenientTable
from menan.datadir.validate.problems import Problem, message_and_cure
from menan.errors import InputError
from menan.labels import LabelSet


def check_labels(
    tables: Mapping[str, LenientTable],
    utt2spk: Mapping[str, str],
    labels: LabelSet | None,
    unknown: Collection[str] = (),
) -> Iterator[Problem]:
    """Check the values in utt2spk, spk2utt, utt2emo, spk2gender, spk2group and utt2uniq.

    That the tables name the same utterances and speakers is checked elsewhere.

    Args:
        labels: the label set of the directory; None if it cannot be read, which is a problem of
            its own.
        unknown: names in utt2spk that stand for nobody.
    """
    yield from _check_speakers(tables["utt2spk"], utt2spk, unknown)
    if "spk2utt" in tables:
        yield from _check_inverse(tables["spk2utt"], utt2spk)
    if "utt2emo" in tables:
        yield from _check_emotions(tables["utt2emo"], labels)
    if "spk2gender" in tables:
        yield from _check_genders(tables["spk2gender"])
    if "spk2group" in tables:
        yield from _check_file_names(tables["spk2group"], "group")
        yield from _check_groups(tables["spk2group"], groups_of(tables, utt2spk, unknown))
    if "utt2uniq" in tables:
        utt2emo = dict(tables["utt2emo"].items()) if "utt2emo" in tables else {}
        yield from _check_copies(tables["utt2uniq"], utt2spk, utt2emo)


def check_unknown_speakers(
    directory: Path, utt2spk: Mapping[str, str]
) -> tuple[frozenset[str], list[Problem]]:
    """The names in utt2spk that stand for nobody; none of them where the file is malformed."""
    path = directory / "unknown_speakers"
    try:
        return read_unknown_speakers(directory, utt2spk), []
    except InputError as error:
        message, cure = message_and_cure(error, "correct it")
        line, _, fault = message.removeprefix(f"{path}:").partition(": ")
        if not line.isdecimal():
            return frozenset(), [Problem(path, None, message.removeprefix(f"{path}: "), cure)]
        return frozenset(), [Problem(path, int(line), fault, cure)]


def groups_of(
    tables: Mapping[str, LenientTable], utt2spk: Mapping[str, str], unknown: Collection[str] = ()
) -> dict[str, str]:
    """The group of each known speaker: from spk2group, or pairs of speakers by default."""
    speakers = set(utt2spk.values()) - set(unknown)
    if "spk2group" not in tables:
        return assign_groups(speakers)
    return {speaker: g for speaker, g in tables["spk2group"].items() if speaker in speakers}


def _check_speakers(
    table: LenientTable, utt2spk: Mapping[str, str], unknown: Collection[str]
) -> Iterator[Problem]:
    for utt, speaker in utt2spk.items():
        if speaker not in unknown and not utt.startswith(f"{speaker}-"):
            message = f"does not begin with '{speaker}-'"
            yield table.problem(utt, message, "make the speaker a prefix of the utterance's id")
    yield from _check_file_names(table, "speaker")
    # Kaldi splits and merges by speaker, and expects this order to be sorted too.
    previous = ""
    for utt in c_sorted(utt for utt, speaker in utt2spk.items() if speaker not in unknown):
        speaker = utt2spk[utt]
        if speaker.encode("utf-8") < previous.encode("utf-8"):
            message = f"sorts after utterances of {previous!r}, but its speaker {speaker!r} before"
            cure = "rename speakers so that utterances and speakers have one order"
            yield table.problem(utt, message, cure)
            return
        previous = speaker


def _check_file_names(table: LenientTable, kind: str) -> Iterator[Problem]:
    """Check the name of each speaker or group, on the first line that has it."""
    first: dict[str, str] = {}
    for key, name in table.items():
        if first.setdefault(name, key) == key and (fault := name_fault(kind, name)):
            yield table.problem(key, f"has the {fault}", "rename it")


def _check_inverse(table: LenientTable, utt2spk: Mapping[str, str]) -> Iterator[Problem]:
    inverse = spk2utt(dict(utt2spk))
    for speaker, value in table.items():
        found, expected = value.split(), inverse.get(speaker, value).split()
        if found == expected:
            continue
        differing = c_sorted(set(found) ^ set(expected))
        how = f"at {differing[0]!r}" if differing else "in the order or number of utterances"
        yield table.problem(
            speaker, f"disagrees with utt2spk {how}", "write spk2utt again from utt2spk"
        )


def _check_emotions(table: LenientTable, labels: LabelSet | None) -> Iterator[Problem]:
    for utt, value in table.items():
        try:
            if labels is not None:
                labels.parse(value, repr(utt))
        except InputError as error:
            yield Problem(table.path, table.rows[utt].line, *message_and_cure(error, "correct it"))


def _check_genders(table: LenientTable) -> Iterator[Problem]:
    for speaker, value in table.items():
        if value not in ("f", "m"):
            yield table.problem(
                speaker, f"has gender {value!r}", "write f or m, or remove the file"
            )


def _check_groups(table: LenientTable, groups: Mapping[str, str]) -> Iterator[Problem]:
    sizes = Counter(groups.values())
    for speaker, group in groups.items():
        if sizes[group] == 1:
            message = f"is the only speaker of group {group!r}"
            yield table.problem(
                speaker, message, "give each group two speakers, to test and to validate"
            )
    if len(sizes) == 1:
        message = f"all speakers are in group {next(iter(sizes))!r}"
        yield Problem(
            table.path, None, message, "make two or more groups, so that others can train"
        )


def _check_copies(
    table: LenientTable, utt2spk: Mapping[str, str], utt2emo: Mapping[str, str]
) -> Iterator[Problem]:
    uniq = dict(table.items())
    for copy, original in uniq.items():
        if original not in utt2spk:
            cure = "dump originals and copies together"
            yield table.problem(copy, f"has the original {original!r}, which utt2spk lacks", cure)
            continue
        if uniq.get(original, original) != original:
            message = f"has the original {original!r}, which is a copy itself"
            yield table.problem(copy, message, "write the utterance at speed 1.0")
        for what, labels in (("speaker", utt2spk), ("emotions", utt2emo)):
            ours, theirs = labels.get(copy), labels.get(original)
            if ours is not None and theirs is not None and ours != theirs:
                message = f"has {what} {ours!r}, but its original {original!r} has {theirs!r}"
                yield table.problem(copy, message, f"give a copy the {what} of its original")
