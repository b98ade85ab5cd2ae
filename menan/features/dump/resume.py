"""Resuming a dump: existing features are reused only if their settings and audio are unchanged."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from menan.datadir.archive import read_scp
from menan.datadir.dump_record import read_features_record, write_features_yaml
from menan.datadir.tables import c_sorted, read_table, write_table
from menan.errors import InputError
from menan.features.dump.shards import Shard
from menan.features.dump.sources import AudioSource
from menan.features.dump.speed_copies import SpeedCopy
from menan.front_ends import FrontEnd
from menan.provenance import code_digest, code_version

_START_OVER = "start over with --resume false"


def check_complete(
    out: Path, features: FrontEnd, copies: Mapping[str, SpeedCopy], skip_bad: bool, force: bool
) -> list[str]:
    """Check that a complete dump is the wanted one.

    Args:
        skip_bad: whether it may lack utterances that were left out.
        force: accept changed audio, with a warning and a note in features.yaml.

    Returns:
        The utterances that were left out.

    Raises:
        InputError: it is another dump.
    """
    record = _check_settings(out, features)
    scp = out / "feats.scp"
    dumped = read_scp(scp).keys()
    skipped = read_table(out / "skipped") if (out / "skipped").exists() else {}
    if skipped and not skip_bad:
        name, reason = next(iter(skipped.items()))
        raise InputError(
            f"{out / 'skipped'}: the dump lacks {name!r} ({reason}); accept this with --skip-bad "
            f"true, or correct the audio and {_START_OVER}"
        )
    if missing := c_sorted(copies.keys() - dumped - skipped.keys()):
        raise InputError(f"{scp}: utterance {missing[0]!r} of the data is missing; {_START_OVER}")
    if extra := c_sorted((dumped | skipped.keys()) - copies.keys()):
        raise InputError(f"{scp}: utterance {extra[0]!r} is not in the data; {_START_OVER}")
    table = out / "utt2audio"
    if table.exists() and (changed := _check_audio(table, out, copies, force)):
        write_features_yaml(out, features, [*record.get("continued", []), changed])
    return list(skipped)


def check_shards(
    out: Path, features: FrontEnd, finished: Sequence[Shard], force: bool
) -> list[str]:
    """Check that the finished shards of an incomplete dump can be reused.

    Returns:
        The differences that were accepted by force, now and earlier, for features.yaml.

    Raises:
        InputError: they were made with other settings, audio or code.
    """
    if not (out / "features.yaml").exists():
        return []
    record = _check_settings(out, features)
    if not finished:
        return []
    continued = list(record.get("continued", []))
    if record.get("code") != code_digest():
        was, now = record.get("version"), code_version()
        continued.append(_force(f"begun by the code of menan {was}, now {now}", out, force))
    for shard in finished:
        table = out / f"utt2audio.{shard.number}"
        if changed := _check_audio(table, out, shard.copies, force):
            continued.append(changed)
    return continued


def describe_audio(source: AudioSource) -> str:
    """The entry of an utterance in utt2audio: size and digest of its file, start, end, channel.

    For a command it is the digest of its text, since its output is only known after running it.
    """
    if source.is_command:
        words = ["pipe", hashlib.sha256(source.path.encode()).hexdigest()[:16]]
    else:
        words = [_size(source.path), _digest(source.path)]
    return " ".join([*words, *_segment(source)])


def find_changed(
    utt2audio: Mapping[str, str], sources: Mapping[str, AudioSource], since: float
) -> str | None:
    """How the audio of the first utterance with changed audio differs; None if none has changed.

    Args:
        utt2audio: :func:`describe_audio` of utterances when they were dumped.
        sources: the same utterances now.
        since: modification time in seconds; a file of unchanged size is read only if it was
            modified later.
    """
    for utt, then in utt2audio.items():
        source = sources[utt]
        size, *digest_and_segment = then.split()
        unmodified = (
            not source.is_command
            and size == _size(source.path)
            and Path(source.path).stat().st_mtime < since
        )
        if unmodified and digest_and_segment[1:] == _segment(source):
            continue
        if (now := describe_audio(source)) != then:
            return f"the audio of {utt!r} was {then} (bytes, digest, segment) and is now {now}"
    return None


def _check_settings(out: Path, features: FrontEnd) -> dict[str, Any]:
    """The record of a dump, if its settings are the wanted ones."""
    record = read_features_record(out)
    for key, value in features.to_plain().items():
        stored = record["features"].get(key)
        if stored != value and key not in features.places:
            raise InputError(
                f"{out / 'features.yaml'}: the dump has {key} {stored}, but {value} is wanted; use "
                f"another --out, or {_START_OVER}"
            )
    return record


def _check_audio(
    table: Path, out: Path, copies: Mapping[str, SpeedCopy], force: bool
) -> str | None:
    """Refuse audio that has changed; if forced, record it as the audio that was dumped."""
    utt2audio = read_table(table)
    sources = {copy.utt: copy.source for copy in copies.values()}
    if extra := c_sorted(utt2audio.keys() - sources.keys()):
        raise InputError(f"{table}: utterance {extra[0]!r} is not in the data; {_START_OVER}")
    began = (out / "features.yaml").stat().st_mtime
    changed = find_changed(utt2audio, sources, began)
    if changed is None:
        return None
    text = _force(changed, out, force)
    write_table(table, {utt: describe_audio(sources[utt]) for utt in utt2audio})
    return text


def _force(difference: str, out: Path, force: bool) -> str:
    if not force:
        raise InputError(
            f"{out}: {difference}; {_START_OVER}, or continue anyway with --force true"
        )
    print(f"warning: {out}: {difference}; continuing", file=sys.stderr)
    return difference


def _segment(source: AudioSource) -> list[str]:
    times = [] if source.start is None else [f"{source.start:g}", f"{source.end:g}"]
    return times if source.channel is None else [*times, f"channel{source.channel}"]


def _size(path: str) -> str:
    try:
        return str(Path(path).stat().st_size)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


@lru_cache(maxsize=1)  # the utterances of one recording usually follow one another
def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]
