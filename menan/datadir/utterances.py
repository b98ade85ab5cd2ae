"""Utterances of a corpus, and the data directory that is written from them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from menan.datadir.folds import assign_groups
from menan.datadir.metadata import name_fault, spk2utt
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.files.atomic import write_together
from menan.files.lock import only_writer
from menan.labels import LabelSet, default_labels, joined_labels
from menan.provenance import code_version


@dataclass(frozen=True)
class Utterance:
    """One utterance of a corpus.

    utt: id, beginning with ``<speaker>-``.
    speaker: id; the id of the utterance itself if nobody knows who speaks.
    recording: id in wav.scp; the id of the utterance if its file contains nothing else.
    path: the audio file, absolute.
    emotions: labels; none if nobody has labelled the utterance.
    duration: seconds.
    start, end: seconds within the recording, both or neither.
    group: the unit that is held out; None for pairs of speakers in sorted order.
    gender: ``f`` or ``m``.
    intensity: how strongly the emotion is acted.
    channel: the only channel of the recording that is used, counted from 1; None for the average.
    split: part of an official split, such as train, valid or test.
    fold: the fold of a published cross-validation that tests the utterance (``-`` for none), then,
        after commas, the folds that it validates.
    """

    utt: str
    speaker: str
    recording: str
    path: str
    emotions: tuple[str, ...]
    duration: float
    start: float | None = None
    end: float | None = None
    group: str | None = None
    gender: str | None = None
    text: str | None = None
    intensity: str | None = None
    channel: int | None = None
    split: str | None = None
    fold: str | None = None

    @property
    def speaker_known(self) -> bool:
        """Whether the speaker is known; Kaldi's tables map other utterances to themselves."""
        return self.speaker != self.utt


# All files that write_datadir may write; those that it does not write are removed.
DATA_FILES = (
    *("wav.scp", "segments", "utt2spk", "spk2utt", "utt2emo", "emotions"),
    *("spk2gender", "spk2group", "utt2dur", "text", "utt2intensity", "reco2channel"),
    *("utt2split", "utt2fold", "unknown_speakers"),
    *("corpus", "made_from.yaml"),
)

# Spaces that a line of wav.scp would lose, line ends, bytes that are not UTF-8, and commands.
_NOT_IN_PATHS = re.compile(r"^\s|\s$|[\n\0\ud800-\udfff]|\|$")


def write_datadir(
    utterances: Sequence[Utterance],
    directory: str | Path,
    corpus: str | None = None,
    root: str | Path | None = None,
    emotions: LabelSet | None = None,
) -> None:
    """Write the files of a data directory (:data:`DATA_FILES`).

    ``segments`` is written if any utterance has a start, ``reco2channel`` if any has a channel
    (``mix`` stands for the average), ``utt2split`` and ``utt2fold`` if any has a split or a fold,
    ``unknown_speakers`` if any has no known speaker, ``utt2emo`` and ``emotions`` if any has an
    emotion; ``spk2gender``, ``text`` and ``utt2intensity`` if all utterances have them (Kaldi's
    validator expects its tables to be complete); ``corpus`` and ``made_from.yaml`` if they are
    given. New files are written beside the old ones and replace them together; wav.scp is missing
    until all are in place.

    Args:
        corpus: the name of the data in results; by default the directory's name.
        root: the folder of the corpus, recorded in made_from.yaml with the version of the code.
        emotions: the label set, of which not every label has to occur; by default
            :func:`menan.labels.default_labels` of the labels found.

    Raises:
        InputError: no utterances, an id or path that a table cannot contain, a speaker or group
            that cannot name a file, a label that the set lacks, an id given twice, a recording with
            two paths, a speaker with two groups or genders, or another process that writes to the
            directory.
    """
    directory = Path(directory)
    if not utterances:
        raise InputError(f"{directory}: no utterance to write; check the root of the corpus")
    _check_ids(utterances)
    labels = emotions or default_labels(label for u in utterances for label in u.emotions)
    texts = {name: _text(table) for name, table in _tables(utterances, labels).items()}
    if "utt2emo" in texts:
        texts["emotions"] = "".join(f"{label}\n" for label in labels)
    if unknown := c_sorted(u.speaker for u in utterances if not u.speaker_known):
        texts["unknown_speakers"] = "".join(f"{speaker}\n" for speaker in unknown)
    if corpus is not None:
        texts["corpus"] = f"{corpus}\n"
    if root is not None:
        made_from = {"root": str(Path(root).absolute()), "version": code_version()}
        texts["made_from.yaml"] = yaml.safe_dump(made_from, sort_keys=False)
    with only_writer(directory):
        for name in DATA_FILES:
            if name not in texts:
                (directory / name).unlink(missing_ok=True)
        write_together({directory / name: texts[name] for name in DATA_FILES if name in texts})


def _text(table: Mapping[str, str]) -> str:
    return "".join(f"{key} {table[key]}\n" for key in c_sorted(table))


def _check_ids(utterances: Sequence[Utterance]) -> None:
    seen: dict[str, str] = {}
    for u in utterances:
        for what, name in (("utterance", u.utt), ("speaker", u.speaker), ("group", u.group)):
            if name is not None and (not name or name.split() != [name]):
                raise InputError(
                    f"{u.path}: {what} id {name!r} is empty or contains white space; rename it"
                )
            if what != "utterance" and (fault := name and name_fault(what, name)):
                raise InputError(f"{u.path}: {fault}; rename it")
        if _NOT_IN_PATHS.search(u.path):
            raise InputError(f"{u.path!r}: wav.scp cannot contain this path; rename the file")
        if u.speaker_known and not u.utt.startswith(f"{u.speaker}-"):
            raise InputError(
                f"{u.path}: utterance {u.utt!r} must begin with '{u.speaker}-'; rename it"
            )
        if u.utt in seen:
            raise InputError(
                f"{u.path}: utterance id {u.utt!r} is used by {seen[u.utt]} too; keep one"
            )
        seen[u.utt] = u.path
    _check_agreement(utterances, "recording", "path")
    _check_agreement(utterances, "recording", "channel")
    _check_agreement(utterances, "speaker", "group")
    _check_agreement(utterances, "speaker", "gender")


def _check_agreement(utterances: Sequence[Utterance], name: str, of: str) -> None:
    """Check that utterances of one recording or speaker do not contradict each other."""
    first: dict[str, str] = {}
    for u in utterances:
        key, value = getattr(u, name), getattr(u, of)
        if value is not None and first.setdefault(key, value) != value:
            raise InputError(
                f"{u.path}: {name} {key!r} has {of} {value!r} here and {first[key]!r} elsewhere; "
                "give it one"
            )


def _tables(utterances: Sequence[Utterance], labels: LabelSet) -> dict[str, dict[str, str]]:
    utt2spk = {u.utt: u.speaker for u in utterances}
    tables = {
        "wav.scp": {u.recording: u.path for u in utterances},
        "utt2spk": utt2spk,
        "spk2utt": spk2utt(utt2spk),
        "utt2dur": {u.utt: f"{u.duration:.3f}" for u in utterances},
    }
    if any(u.emotions for u in utterances):
        tables["utt2emo"] = {
            u.utt: joined_labels(labels.parse(joined_labels(u.emotions), u.path))
            for u in utterances
        }
    if groups := _groups(utterances):
        tables["spk2group"] = groups
    if any(u.start is not None for u in utterances):
        tables["segments"] = {
            u.utt: f"{u.recording} {u.start or 0.0:.4f} {u.end or u.duration:.4f}"
            for u in utterances
        }
    if any(u.channel is not None for u in utterances):
        tables["reco2channel"] = {u.recording: str(u.channel or "mix") for u in utterances}
    genders = {u.speaker: u.gender for u in utterances if u.gender}
    if genders and all(u.gender for u in utterances if u.speaker_known):
        tables["spk2gender"] = genders
    if splits := {u.utt: u.split for u in utterances if u.split}:
        tables["utt2split"] = splits
    if folds := {u.utt: u.fold for u in utterances if u.fold}:
        tables["utt2fold"] = folds
    columns = {
        "text": {u.utt: " ".join(u.text.split()) for u in utterances if u.text},
        "utt2intensity": {u.utt: u.intensity for u in utterances if u.intensity},
    }
    return tables | {
        name: found for name, found in columns.items() if len(found) == len(utterances)
    }


def _groups(utterances: Sequence[Utterance]) -> dict[str, str]:
    """Groups of the known speakers: those of unknown ones cannot be held out."""
    known = [u for u in utterances if u.speaker_known]
    named = {u.speaker: u.group for u in known if u.group is not None}
    speakers = {u.speaker for u in known}
    if not named:
        return assign_groups(speakers)
    if missing := c_sorted(speakers - named.keys()):
        raise InputError(f"speaker {missing[0]!r} has no group; give every speaker one, or none")
    return named
