"""Audio that libsndfile cannot read, through the program ffmpeg, if the user allows it."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from menan.errors import InputError

_PROGRAM = "ffmpeg"
# Floats, so that nothing is rounded or clipped; AU, because its length needs no limit in a pipe.
_OUTPUT = ("-c:a", "pcm_f32be", "-f", "au", "pipe:1")


@dataclass
class _Permission:
    given: bool = False


_permission = _Permission()


def use_ffmpeg(allowed: bool = True) -> None:
    """Let this process read audio through ffmpeg where libsndfile cannot: AAC, MP4, WebM.

    Raises:
        InputError: the program is not installed.
    """
    if allowed and shutil.which(_PROGRAM) is None:
        raise InputError(
            "--ffmpeg true: the program ffmpeg is not on the PATH; install it with 'apt install "
            "ffmpeg' or 'conda install ffmpeg', or convert the files elsewhere"
        )
    _permission.given = allowed


def is_allowed() -> bool:
    """Whether ffmpeg may be used (:func:`use_ffmpeg`)."""
    return _permission.given


def decoded(path: Path) -> IO[bytes]:
    """A temporary AU file with the audio of a file; removed when no longer referenced.

    The rate and the channels are those of the file.

    Raises:
        InputError: ffmpeg reports an error (a truncated file is one), or the file has no audio
            stream or several.
    """
    facts = path.stat()
    return _decoded(path.absolute(), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=1)  # one run for the header, the samples and all segments of a file
def _decoded(path: Path, size: int, modified: int) -> IO[bytes]:
    file = tempfile.NamedTemporaryFile(prefix="menan-ffmpeg-")  # noqa: SIM115
    # A file may be a playlist that names others: ffmpeg opens local files only.
    source = ("-protocol_whitelist", "file,pipe", "-i", b"file:" + os.fsencode(path))
    done = subprocess.run(
        [_PROGRAM, "-nostdin", "-v", "error", *source, "-map", "0:a", *_OUTPUT],
        stdout=file,
        stderr=subprocess.PIPE,
    )
    errors = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode != 0 or errors:
        raise InputError(_fault(errors or [f"exit status {done.returncode}"], path))
    return file


def _fault(errors: list[str], path: Path) -> str:
    if any("only one stream" in line for line in errors):
        cure = f"choose one with 'ffmpeg -i {path.name} -map 0:a:0 {path.stem}.wav'"
        return f"has several audio streams; {cure}"
    if any("matches no streams" in line for line in errors):
        return "has no audio stream; give the file with the sound"
    # ffmpeg begins a line with the part of it that complains, and an address, or with the file.
    reason = re.sub(r"^\[[^\]]* @ \w+\] ", "", errors[0]).removeprefix(f"file:{path}: ")
    return f"ffmpeg cannot read all of it ({reason.strip()}); fetch the file again"
