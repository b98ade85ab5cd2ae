"""Where the audio of each utterance lies: wav.scp and segments of a data directory."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from menan.audio import read_audio
from menan.datadir.tables import c_sorted, read_table
from menan.errors import InputError


@dataclass(frozen=True)
class Source:
    """A file, or a stretch of it: seconds, both or neither."""

    path: str
    start: float | None = None
    end: float | None = None

    def read(self):
        """Samples and rate, as :func:`menan.audio.read_audio` gives them."""
        return read_audio(self.path, self.start, self.end)


def read_sources(directory: str | Path, utts: Iterable[str]) -> dict[str, Source]:
    """The source of each utterance of ``utts``, in that order.

    Without ``segments`` an utterance is a whole recording of its own name.

    Raises:
        InputError: a malformed line, a pipe in wav.scp, an utterance or recording that is missing.
    """
    directory = Path(directory)
    recordings = _read_recordings(directory / "wav.scp")
    name = "wav.scp"
    sources = {recording: Source(path) for recording, path in recordings.items()}
    if (directory / "segments").exists():
        name = "segments"
        sources = _read_segments(directory / name, recordings)
    utts = list(utts)
    if missing := c_sorted(set(utts) - sources.keys()):
        raise InputError(f"{directory / name}: lacks {missing[0]!r}, which utt2spk names")
    return {utt: sources[utt] for utt in utts}


def _read_recordings(path: Path) -> dict[str, str]:
    recordings = read_table(path)
    for number, (recording, audio) in enumerate(recordings.items(), start=1):
        if audio.endswith("|"):
            raise InputError(
                f"{path}:{number}: {recording!r} is a command, and commands of a data directory "
                "are not run; write its output to a file and name that"
            )
    return recordings


def _read_segments(path: Path, recordings: dict[str, str]) -> dict[str, Source]:
    sources = {}
    for number, (utt, value) in enumerate(read_table(path).items(), start=1):
        where = f"{path}:{number}"
        try:
            recording, start, end = value.split()
            start, end = float(start), float(end)
        except ValueError:
            raise InputError(
                f"{where}: expected '<utt> <recording> <start> <end>', found '{utt} {value}'"
            ) from None
        if recording not in recordings:
            raise InputError(f"{where}: wav.scp lacks the recording {recording!r}")
        if not 0 <= start < end < float("inf"):
            raise InputError(f"{where}: {start:g} to {end:g} is no stretch of time, in seconds")
        sources[utt] = Source(recordings[recording], start, end)
    return sources
