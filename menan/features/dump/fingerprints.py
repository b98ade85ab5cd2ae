"""What a dump was made from: the bytes of its audio, and whether they are still the same."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from menan.errors import InputError
from menan.features.dump.sources import Source


def describe_audio(source: Source) -> str:
    """What utt2audio says of an utterance: bytes and digest of its file, start and end if any.

    Of a command the digest is that of its text, for nobody knows what it gives before it is run.
    """
    if source.is_command:
        words = ["pipe", hashlib.sha256(source.path.encode()).hexdigest()[:16]]
    else:
        words = [_size(source.path), _digest(source.path)]
    return " ".join([*words, *_stretch(source)])


def find_changed(
    utt2audio: Mapping[str, str], sources: Mapping[str, Source], since: float
) -> str | None:
    """How the audio of the first utterance differs that is not what it was; None if there is none.

    Args:
        utt2audio: :func:`describe_audio` of utterances when they were dumped.
        sources: of the same utterances now.
        since: modification time in seconds; a file of the same size is only read where it was
            modified later.
    """
    for utt, then in utt2audio.items():
        source = sources[utt]
        size, *digest_and_stretch = then.split()
        unmodified = (
            not source.is_command
            and size == _size(source.path)
            and Path(source.path).stat().st_mtime < since
        )
        if unmodified and digest_and_stretch[1:] == _stretch(source):
            continue
        if (now := describe_audio(source)) != then:
            return f"the audio of {utt!r} was {then} (bytes, digest, stretch) and is {now}"
    return None


def _stretch(source: Source) -> list[str]:
    return [] if source.start is None else [f"{source.start:g}", f"{source.end:g}"]


def _size(path: str) -> str:
    try:
        return str(Path(path).stat().st_size)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


@lru_cache(maxsize=1)  # utterances of one recording stand together, as a rule
def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]
