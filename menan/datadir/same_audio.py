"""Utterances with identical audio: the same recording under two names."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from menan.datadir.channels import read_channels
from menan.datadir.tables import read_table

SHOWN = 3  # groups that are named


def identical_audio(directory: str | Path) -> list[tuple[str, ...]]:
    """Groups of utterances of a data or dump directory that have the same audio.

    Files are compared byte by byte, by their digest; segments also by their times, recordings also
    by their channel. Audio that is the output of a command is not compared. Few files share their
    size, so few are read.
    """
    directory = Path(directory)
    if (directory / "utt2audio").exists():
        contents = read_table(directory / "utt2audio")
        groups = grouped(contents.items())
    elif (directory / "wav.scp").exists():
        groups = grouped(_contents(directory))
    else:
        groups = []
    return groups


def grouped(contents: Iterable[tuple[str, object]]) -> list[tuple[str, ...]]:
    """Names with equal contents, in groups of two or more.

    >>> grouped([("a", 1), ("b", 2), ("c", 1)])
    [('a', 'c')]
    """
    by_content: dict[object, list[str]] = {}
    for name, content in contents:
        by_content.setdefault(content, []).append(name)
    return [tuple(names) for names in by_content.values() if len(names) > 1]


def across(groups: Iterable[tuple[str, ...]], part: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The groups whose members are in two or more parts; members without a part do not count."""
    return [group for group in groups if len({part[name] for name in group if name in part}) > 1]


def described(groups: list[tuple[str, ...]]) -> str:
    """The number of groups, and the first of them.

    >>> described([("a", "b"), ("c", "d", "e")])
    '2 groups: a = b, c = d = e'
    """
    shown = ", ".join(" = ".join(group) for group in groups[:SHOWN])
    more = f" and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    return f"{len(groups)} group{'s' if len(groups) > 1 else ''}: {shown}{more}"


def _contents(directory: Path) -> list[tuple[str, object]]:
    """Content by utterance."""
    channels = read_channels(directory)
    paths = {
        name: path
        for name, path in read_table(directory / "wav.scp").items()
        if not path.endswith("|")
    }
    digests = _digests(set(paths.values()))
    whole = {name: (digests[path], channels.get(name)) for name, path in paths.items()}
    if not (directory / "segments").exists():
        return [(name, content) for name, content in whole.items() if content[0]]
    found: list[tuple[str, object]] = []
    for utt, value in read_table(directory / "segments").items():
        recording, *times = value.split()
        if (content := whole.get(recording)) and content[0]:
            found.append((utt, (*content, *times)))
    return found


def _digests(paths: set[str]) -> dict[str, str]:
    """A digest of each file; the path itself where no other file has the size, "" if missing."""
    sizes: dict[int, list[str]] = {}
    digests = dict.fromkeys(paths, "")
    for path in sorted(paths):
        try:
            sizes.setdefault(Path(path).stat().st_size, []).append(path)
        except OSError:
            continue
    for same in sizes.values():
        for path in same:
            digests[path] = path if len(same) == 1 else _digest(path)
    return digests


def _digest(path: str) -> str:
    try:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while block := file.read(2**20):
                digest.update(block)
        return digest.hexdigest()
    except OSError:
        return ""
