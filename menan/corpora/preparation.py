"""What a corpus module hands over, and the checks that all of them share."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from menan.audio import audio_info
from menan.datadir.tables import read_lines
from menan.datadir.utterances import Utterance
from menan.errors import InputError

# Stands in the root of a corpus that menan-synthesize made.
GENERATED = "GENERATED"


@dataclass(frozen=True)
class PaperCounts:
    """How many utterances the paper has, to compare with.

    Both count each emotion (an utterance with two counts under both) and, under ``all``, the
    utterances.

    total: of the whole set.
    speakers: of each speaker; empty where they are not known.
    """

    total: dict[str, int]
    speakers: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Preparation:
    """What a corpus module found in a release.

    corpus: what results call it.
    utterances: to be written by :func:`menan.datadir.utterances.write_datadir`.
    left_out: numbers of utterances that were found and not taken, by reason.
    warnings: by what is odd, the cases of it: names of files, turns or lines.
    paper: counts to compare with, if the paper uses the corpus.
    speaker_noun: what stands for the speakers, in the plural.
    """

    corpus: str
    utterances: list[Utterance]
    left_out: dict[str, int]
    warnings: dict[str, list[str]]
    paper: PaperCounts | None = None
    speaker_noun: str = "speakers"


def release_folders(root: str | Path, pattern: str, what: str) -> list[Path]:
    """The folders directly in ``root`` whose names match, sorted, absolute.

    Raises:
        InputError: no such directory, or none in it that matches; the message describes
            ``what`` was expected, and names the folder above or below that has it.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such directory; name the folder that holds {what}")
    if folders := _folders(root, pattern):
        return folders
    for near in (root.parent, *_folders(root, "*")):
        if _folders(near, pattern):
            raise InputError(f"{root}: does not hold {what}; did you mean {near}?")
    raise InputError(f"{root}: does not hold {what}; name the folder that does")


def corpus_title(root: str | Path, name: str) -> str:
    """The corpus by name; one in its layout that was generated is called so."""
    note = Path(root) / GENERATED
    if not note.is_file():
        return name
    return ", ".join([f"{name}'s layout", *read_lines(note)[:1]])


def outside(root: str | Path, paths: Iterable[str]) -> list[str]:
    """Files that do not lie below ``root``, links and ``..`` followed; each once."""
    root = Path(root).resolve()
    return [p for p in dict.fromkeys(paths) if not Path(p).resolve().is_relative_to(root)]


def recording_seconds(path: str | Path) -> float:
    """The length of an audio file.

    Raises:
        InputError: it cannot be read. A file that is there but broken stops a preparation, one
            that is missing does not: so the message says what both ways out are.
    """
    try:
        return audio_info(path).seconds
    except InputError as error:
        raise InputError(f"{error}; replace the file, or remove it to do without it") from None


def cut_to_recording(start: float, end: float, seconds: float) -> tuple[float, float]:
    """A stretch kept within a recording that lasts ``seconds``; it may be empty (end <= start).

    Both are in whole tenths of a millisecond, the grid of a ``segments`` file; on it the end
    stays before the recording's, to which rounding must not add.

    >>> cut_to_recording(-0.25, 12.0, 10.00019)
    (0.0, 10.0001)
    """
    last = round(seconds, 4)
    if last > seconds:
        last = round(last - 1e-4, 4)
    return round(max(start, 0.0), 4), min(round(end, 4), last)


def _folders(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_dir())
