"""The audio of each utterance, from wav.scp and segments of a data directory."""

import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np

from menan.audio import read_audio
from menan.datadir.channels import read_channels
from menan.datadir.tables import c_sorted, read_table
from menan.errors import InputError


@dataclass(frozen=True)
class AudioSource:
    """An audio file, or a segment of one.

    path: a file name, or a shell command that ends in ``|`` and writes an audio file.
    start, end: seconds; both None for the whole file.
    channel: the only channel to use, counted from 1; None for the average of all.
    """

    path: str
    start: float | None = None
    end: float | None = None
    channel: int | None = None

    @property
    def is_command(self) -> bool:
        """Whether the audio is the output of a shell command."""
        return self.path.endswith("|")

    def read(self) -> tuple[np.ndarray, int]:
        """Samples and rate as from :func:`menan.audio.read_audio`; runs the command."""
        if not self.is_command:
            return read_audio(self.path, self.start, self.end, self.channel)
        try:
            return read_audio(_output(self.path).name, self.start, self.end, self.channel)
        except InputError as error:
            raise InputError(f"output of {self.path!r}: {error}") from None


def read_sources(
    directory: str | Path, utts: Iterable[str], allow_pipes: bool = False
) -> dict[str, AudioSource]:
    """The audio of each utterance of ``utts``, in that order.

    Without ``segments``, an utterance is the whole recording of the same name. ``reco2channel``, if
    there, names the channel of recordings.

    Args:
        allow_pipes: accept commands in wav.scp (Kaldi's ``sph2pipe ... |``), to be run by a shell.

    Raises:
        InputError: a malformed line, a command in wav.scp that is not allowed, or a missing
            utterance or recording.
    """
    directory = Path(directory)
    recordings = _read_recordings(directory / "wav.scp", allow_pipes)
    name = "wav.scp"
    channels = read_channels(directory)
    sources = {
        recording: AudioSource(path, channel=channels.get(recording))
        for recording, path in recordings.items()
    }
    if (directory / "segments").exists():
        name = "segments"
        sources = _read_segments(directory / name, sources)
    utts = list(utts)
    if missing := c_sorted(set(utts) - sources.keys()):
        raise InputError(f"{directory / name}: utterance {missing[0]!r} of utt2spk is missing")
    return {utt: sources[utt] for utt in utts}


def _read_recordings(path: Path, allow_pipes: bool) -> dict[str, str]:
    recordings = read_table(path)
    for number, (recording, audio) in enumerate(recordings.items(), start=1):
        if AudioSource(audio).is_command and not allow_pipes:
            raise InputError(
                f"{path}:{number}: {recording!r} is a command, which a shell would run with your "
                "permissions; if you trust its author, use --allow-pipes true, otherwise write "
                "its output to a file and put that file there"
            )
    return recordings


@lru_cache(maxsize=1)  # one run for all utterances of a recording
def _output(command: str) -> IO[bytes]:
    """A temporary file with the output of a command; removed when no longer referenced."""
    file = tempfile.NamedTemporaryFile(prefix="menan-pipe-")  # noqa: SIM115
    done = subprocess.run(
        ["/bin/sh", "-c", command.removesuffix("|")], stdout=file, stderr=subprocess.PIPE
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"{command!r} failed with {done.returncode} {' '.join(reason)}".strip())
    return file


def _read_segments(path: Path, recordings: dict[str, AudioSource]) -> dict[str, AudioSource]:
    sources = {}
    for number, (utt, value) in enumerate(read_table(path).items(), start=1):
        where = f"{path}:{number}"
        try:
            recording, first, last = value.split()
            start, end = float(first), float(last)
        except ValueError:
            raise InputError(
                f"{where}: expected '<utt> <recording> <start> <end>', found '{utt} {value}'"
            ) from None
        if recording not in recordings:
            raise InputError(f"{where}: recording {recording!r} is not in wav.scp")
        if not 0 <= start < end < float("inf"):
            raise InputError(
                f"{where}: invalid segment {start:g} to {end:g} s: start must be at least 0, end "
                "after start and finite"
            )
        sources[utt] = replace(recordings[recording], start=start, end=end)
    return sources
