"""Where the audio of each utterance lies: wav.scp and segments of a data directory."""

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from menan.audio import read_audio
from menan.datadir.tables import c_sorted, read_table
from menan.errors import InputError


@dataclass(frozen=True)
class Source:
    """A file, or a stretch of it: seconds, both or neither.

    path: of the file, or a command of the shell that ends in ``|`` and writes one.
    """

    path: str
    start: float | None = None
    end: float | None = None

    @property
    def is_command(self) -> bool:
        return self.path.endswith("|")

    def read(self):
        """Samples and rate, as :func:`menan.audio.read_audio` gives them; runs the command."""
        if not self.is_command:
            return read_audio(self.path, self.start, self.end)
        try:
            return read_audio(_output(self.path).name, self.start, self.end)
        except InputError as error:
            raise InputError(f"what {self.path!r} writes: {error}") from None


def read_sources(
    directory: str | Path, utts: Iterable[str], allow_pipes: bool = False
) -> dict[str, Source]:
    """The source of each utterance of ``utts``, in that order.

    Without ``segments`` an utterance is a whole recording of its own name.

    Args:
        allow_pipes: take commands in wav.scp (Kaldi's ``sph2pipe ... |``), for a shell to run.

    Raises:
        InputError: a malformed line, a pipe in wav.scp that is not allowed, an utterance or
            recording that is missing.
    """
    directory = Path(directory)
    recordings = _read_recordings(directory / "wav.scp", allow_pipes)
    name = "wav.scp"
    sources = {recording: Source(path) for recording, path in recordings.items()}
    if (directory / "segments").exists():
        name = "segments"
        sources = _read_segments(directory / name, recordings)
    utts = list(utts)
    if missing := c_sorted(set(utts) - sources.keys()):
        raise InputError(f"{directory / name}: lacks {missing[0]!r}, which utt2spk names")
    return {utt: sources[utt] for utt in utts}


def _read_recordings(path: Path, allow_pipes: bool) -> dict[str, str]:
    recordings = read_table(path)
    for number, (recording, audio) in enumerate(recordings.items(), start=1):
        if Source(audio).is_command and not allow_pipes:
            raise InputError(
                f"{path}:{number}: {recording!r} is a command, which a shell would run with all "
                "your rights; if you trust who wrote it, say --allow-pipes true, else write its "
                "output to a file and name that"
            )
    return recordings


@lru_cache(maxsize=1)  # one run for all utterances of a recording
def _output(command: str) -> IO[bytes]:
    """A temporary file of what a command writes; it goes when nobody holds it any more."""
    file = tempfile.NamedTemporaryFile(prefix="menan-pipe-")  # noqa: SIM115
    done = subprocess.run(
        ["/bin/sh", "-c", command.removesuffix("|")], stdout=file, stderr=subprocess.PIPE
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"{command!r} failed with {done.returncode} {' '.join(said)}".strip())
    return file


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
