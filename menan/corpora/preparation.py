"""The interface of a corpus module, and the checks that all of them share."""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from menan.datadir.tables import read_lines
from menan.datadir.utterances import Utterance
from menan.errors import InputError
from menan.files.regular import is_file
from menan.labels import LabelSet

# The file in the root of a corpus that menan-synthesize made.
GENERATED = "GENERATED"
AUDIO_SUFFIXES = (".wav", ".flac")

_bad: ContextVar[dict[str, str] | None] = ContextVar("bad recordings", default=None)


@dataclass(frozen=True)
class PaperCounts:
    """The numbers of utterances in the paper or another publication, to compare with.

    Each mapping counts the utterances by emotion (one with two emotions counts under both), and
    all of them under ``all``.

    total: counts of the whole set.
    speakers, splits: counts by speaker or part of the official split; empty where they are not
        known.
    whose: who published the counts.
    """

    total: dict[str, int]
    speakers: dict[str, dict[str, int]] = field(default_factory=dict)
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    whose: str = "the paper's"


@dataclass(frozen=True)
class Preparation:
    """The utterances that a corpus module found in a release.

    corpus: name of the corpus in results.
    utterances: the content of a data directory (:func:`menan.datadir.utterances.write_datadir`).
    labels: the label set of the data directory.
    left_out: number of utterances that were found and not taken, by reason.
    warnings: cases by kind of oddity: names of files, turns or lines.
    paper: counts to compare with, if the paper uses these utterances.
    speaker_noun: plural noun for the speakers in the report.
    given_in_full: files that the user named by absolute paths; they may lie anywhere.
    audio_root: the folder of the audio, if it is not the root of the corpus.
    """

    corpus: str
    utterances: list[Utterance]
    labels: LabelSet
    left_out: dict[str, int]
    warnings: dict[str, list[str]]
    paper: PaperCounts | None = None
    speaker_noun: str = "speakers"
    given_in_full: frozenset[str] = frozenset()
    audio_root: Path | None = None


@dataclass(frozen=True)
class Corpus:
    """A corpus that menan-prepare can read: an entry of the table of corpora.

    help: one sentence about the release and its form.
    prepare: called with the root of the release, ``choice``, a
        :class:`menan.corpora.label_choice.LabelChoice`, and options of its own. Each of these is a
        keyword argument with a default, annotated ``Annotated[type, "help text"]``.
    root: help text for the root; root_name: its name in ``--help``.
    """

    help: str
    prepare: Callable[..., Preparation]
    root: str = "Folder of the release."
    root_name: str = "ROOT"


def release_folders(root: str | Path, pattern: str, what: str) -> list[Path]:
    """The folders directly in ``root`` whose names match, sorted, absolute.

    Raises:
        InputError: no such directory, or no folder in it that matches; the message describes
            ``what`` was expected, and names the folder above or below if that one has it.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such directory; give the folder with {what}")
    if folders := _folders(root, pattern):
        return folders
    for near in (root.parent, *_folders(root, "*")):
        if _folders(near, pattern):
            raise InputError(f"{root}: does not contain {what}; did you mean {near}?")
    raise InputError(f"{root}: does not contain {what}; give the folder that does")


def release_audio(root: str | Path, folder: str, example: str) -> list[Path]:
    """The audio files of a release whose names tell everything, sorted, absolute.

    They may lie in ``root/folder``, or in ``root`` itself at any depth. Files that macOS adds
    (``._name``) are not listed.

    Raises:
        InputError: no such directory, or no audio in it; the message has an example of a path.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such directory; give the folder with {example}")
    inside = root / folder if (root / folder).is_dir() else root
    paths = sorted(
        path
        for path in inside.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".")
    )
    if not paths:
        raise InputError(
            f"{inside}: has no wav or flac file (such as {example}); give the folder of the audio"
        )
    return paths


def named_in(root: Path, *names: str) -> list[Path]:
    """The files and folders of some names, at any depth of a release and behind links.

    Returns:
        Those of the first name before those of the second, sorted.
    """
    found: dict[str, list[Path]] = {name: [] for name in names}
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:  # a link to a folder above
            folders.clear()
            continue
        seen.add(real)
        for name in found.keys() & {*folders, *files}:
            found[name].append(Path(folder, name))
    return [path for name in names for path in sorted(found[name])]


def find_clip(
    folders: Iterable[Path], stem: str, suffixes: tuple[str, ...] = AUDIO_SUFFIXES
) -> Path | None:
    """The first file of a name with one of some endings; None if there is none."""
    paths = (folder / f"{stem}{suffix}" for folder in folders for suffix in suffixes)
    return next((path for path in paths if is_file(path)), None)


def published_counts(
    names: Sequence[str], rows: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, int]]:
    """Counts by row and label, with their sum as ``all``.

    >>> published_counts(("sad", "happy"), {"03": (1, 2)})
    {'03': {'sad': 1, 'happy': 2, 'all': 3}}
    """
    return {
        row: dict(zip(names, counts, strict=True)) | {"all": sum(counts)}
        for row, counts in rows.items()
    }


def sums(rows: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The sum of some rows of counts."""
    return {name: sum(row[name] for row in rows.values()) for name in next(iter(rows.values()))}


def corpus_title(root: str | Path, name: str) -> str:
    """The name of a corpus in results; a generated corpus is called one."""
    note = Path(root) / GENERATED
    if not note.is_file():
        return name
    return ", ".join([f"{name}'s layout", *read_lines(note)[:1]])


def outside(root: str | Path, paths: Iterable[str]) -> list[str]:
    """Files that are not below ``root`` once links and ``..`` are followed; each once."""
    root = Path(root).resolve()
    return [p for p in dict.fromkeys(paths) if not Path(p).resolve().is_relative_to(root)]


@contextmanager
def gathered() -> Iterator[dict[str, str]]:
    """Within the block, :func:`recording_seconds` notes broken files here and raises nothing.

    Yields:
        The reason, by path.
    """
    found: dict[str, str] = {}
    token = _bad.set(found)
    try:
        yield found
    finally:
        _bad.reset(token)


def recording_seconds(path: str | Path) -> float:
    """The length of an audio file; infinite for a broken one within :func:`gathered`.

    Raises:
        InputError: unreadable. A broken file stops a preparation and a missing one does not, so
            the message names both cures.
    """
    from menan.audio import audio_info  # with numpy and libsndfile, which no help text needs

    try:
        return audio_info(path).seconds
    except InputError as error:
        message = f"{error}; replace the file, or remove it to do without it"
    found = _bad.get()
    if found is None:
        raise InputError(message)
    found[str(path)] = message
    return math.inf


def cut_to_recording(start: float, end: float, seconds: float) -> tuple[float, float]:
    """A segment cut to a recording of ``seconds``; the result may be empty (end <= start).

    Both ends are whole tenths of a millisecond, the precision of a ``segments`` file, and rounding
    never puts the end after the end of the recording.

    >>> cut_to_recording(-0.25, 12.0, 10.00019)
    (0.0, 10.0001)
    """
    last = round(seconds, 4)
    if last > seconds:
        last = round(last - 1e-4, 4)
    return round(max(start, 0.0), 4), min(round(end, 4), last)


def _folders(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_dir())
