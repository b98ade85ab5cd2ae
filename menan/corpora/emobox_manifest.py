"""EmoBox's manifests: utterances as JSON lines, the label map, and the folds."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from menan.datadir.split import NO_TEST, role_of
from menan.datadir.tables import c_sorted, read_lines
from menan.errors import InputError

# A repository has two names for the label map; emovo has the second one.
MAP_NAMES = ("label_map.json", "label_dict.json")


@dataclass(frozen=True)
class ManifestLine:
    """One utterance of ``<corpus>.jsonl``.

    where: ``file:line``, for messages.
    key: id of the utterance, such as ``ravdess-03-01-05-01-02-01-18``.
    wav: the audio file, relative to the folder that has ``downloads``.
    emotion: the label before the label map.
    speaker: the field ``spk``; None without it.
    stretch: start and end in seconds; None for the whole file.
    """

    where: str
    key: str
    wav: str
    emotion: str
    speaker: str | None
    stretch: tuple[float, float] | None


@dataclass(frozen=True)
class ManifestFolds:
    """The folds of a corpus.

    fixed: part by key if there is one fold only; empty otherwise.
    tested: the fold that tests the key, such as ``fold1``, if there are several, and after commas
        those that it validates (:attr:`menan.datadir.metadata.Metadata.utt2fold`); empty otherwise.
    parts: keys by fold and part (train, valid, test).
    same: parts that are left out because they repeat another part of their fold.
    """

    fixed: dict[str, str]
    tested: dict[str, str]
    parts: dict[str, dict[str, set[str]]]
    same: list[str]


def corpus_of(folder: Path) -> str:
    """The name of the corpus whose manifests a folder has: that of its ``<corpus>.jsonl``.

    Raises:
        InputError: no folder, or not one of a corpus; the message names folders below that are.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory; give a folder of EmoBox's data/")
    names = sorted(path.stem for path in folder.glob("*.jsonl"))
    if folder.name in names or len(names) == 1:
        return folder.name if folder.name in names else names[0]
    if below := sorted(path.parent.name for path in folder.glob("*/*.jsonl")):
        raise InputError(
            f"{folder}: has no <corpus>.jsonl, but its folders do; choose one of them: "
            f"{', '.join(dict.fromkeys(below))}"
        )
    raise InputError(
        f"{folder}: expected one <corpus>.jsonl, found {', '.join(names) or 'none'}; give a folder "
        "of EmoBox's data/, such as data/ravdess"
    )


def read_manifest(path: Path) -> list[ManifestLine]:
    """The utterances of ``<corpus>.jsonl``.

    Raises:
        InputError: not JSON lines, a line that lacks a field or has one of another type, or a key
            that is listed twice; with file and line.
    """
    lines: list[ManifestLine] = []
    first: dict[str, str] = {}
    for where, fields in _objects(path):
        line = ManifestLine(
            where=where,
            key=_text(fields, "key", where),
            wav=_text(fields, "wav", where),
            emotion=_text(fields, "emo", where),
            speaker=_text(fields, "spk", where) if fields.get("spk") else None,
            stretch=_stretch(fields, where),
        )
        if line.key in first:
            raise InputError(
                f"{where}: key {line.key!r} is listed at {first[line.key]} too; keep one line"
            )
        first[line.key] = where
        lines.append(line)
    if not lines:
        raise InputError(f"{path}: has no lines; fetch the file again")
    return lines


def read_label_map(folder: Path) -> dict[str, str]:
    """The label that is scored, by label of the manifest; empty if the folder has no map.

    Raises:
        InputError: not a JSON object of strings.
    """
    path = next((folder / name for name in MAP_NAMES if (folder / name).exists()), None)
    if path is None:
        return {}
    _check_regular(path)
    fields = _parsed("\n".join(read_lines(path)), str(path))
    if not isinstance(fields, dict) or not all(isinstance(new, str) for new in fields.values()):
        raise InputError(f'{path}: expected {{"label": "scored label", ...}}; fetch the file again')
    return fields


def read_folds(folder: Path, corpus: str, keys: set[str]) -> ManifestFolds:
    """The folds in ``fold_<k>/<corpus>_<part>_fold_<k>.jsonl``.

    Args:
        keys: the utterances of the manifest.

    Raises:
        InputError: malformed files, a key that the manifest lacks, one that a fold has in two
            parts, one that two folds test, or one that a fold has in no part.
    """
    parts: dict[str, dict[str, set[str]]] = {}
    same: list[str] = []
    for directory in sorted(folder.glob("fold_*"), key=lambda path: (len(path.name), path.name)):
        number = directory.name.removeprefix("fold_")
        form = re.compile(rf"{re.escape(corpus)}_(\w+?)_fold_{re.escape(number)}\.jsonl")
        found: dict[str, set[str]] = {}
        for path in sorted(directory.glob("*.jsonl")):
            if match := form.fullmatch(path.name):
                found[match[1]] = _keys(path, keys)
        for part in c_sorted(found):
            if any(part < other and found[part] == found[other] for other in found):
                same.append(f"{directory.name} {part}")
                del found[part]
        _check_apart(directory, found)
        if found:
            parts[f"fold{number}"] = found
    if len(parts) == 1:
        (only,) = parts.values()
        return ManifestFolds({k: part for part, own in only.items() for k in own}, {}, parts, same)
    return ManifestFolds({}, _tested(folder, parts, keys), parts, same)


def _tested(folder: Path, parts: dict[str, dict[str, set[str]]], keys: set[str]) -> dict[str, str]:
    """The fold that tests each key, then those that it validates; it trains in all others."""
    tested: dict[str, str] = {}
    validated: dict[str, list[str]] = {}
    for fold, own in parts.items():
        if absent := c_sorted(keys.difference(*own.values())):
            raise InputError(
                f"{folder}: {fold} has {absent[0]!r} in no part; add it to its train part"
            )
        for key, role in ((key, role_of(part)) for part, found in own.items() for key in found):
            if role == "valid":
                validated.setdefault(key, []).append(fold)
            elif role == "test" and tested.setdefault(key, fold) != fold:
                raise InputError(
                    f"{folder}: key {key!r} is tested by {tested[key]} and by {fold}; keep one"
                )
    heard = tested.keys() | validated.keys()
    return {key: ",".join([tested.get(key, NO_TEST), *validated.get(key, [])]) for key in heard}


def _keys(path: Path, known: set[str]) -> set[str]:
    found = set()
    for where, fields in _objects(path):
        key = _text(fields, "key", where)
        if key not in known:
            raise InputError(
                f"{where}: key {key!r} is not in the manifest of the corpus; fetch the folder again"
            )
        found.add(key)
    return found


def _check_apart(directory: Path, found: dict[str, set[str]]) -> None:
    seen: dict[str, str] = {}
    for part, keys in found.items():
        for key in c_sorted(keys):
            if key in seen:
                raise InputError(
                    f"{directory}: key {key!r} is in {seen[key]} and in {part}; keep one"
                )
            seen[key] = part


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON-lines file, each with its place."""
    _check_regular(path)
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            where = f"{path}:{number}"
            fields = _parsed(line, where)
            if not isinstance(fields, dict):
                raise InputError(f"{where}: expected a JSON object, found {line[:80]!r}")
            yield where, fields


def _check_regular(path: Path) -> None:
    if path.exists() and not path.is_file():  # a pipe or device might never end
        raise InputError(f"{path}: not a regular file; fetch it from EmoBox's repository")


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error}); fetch the file again") from None


def _text(fields: dict[str, Any], name: str, where: str) -> str:
    if name not in fields:
        raise InputError(
            f"{where}: expected the field {name!r}, found {', '.join(map(repr, fields))[:80]}; "
            "fetch the file again"
        )
    value = fields[name]
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where}: expected text as {name!r}, found {str(value)[:80]!r}")
    return value.strip()


def _stretch(fields: dict[str, Any], where: str) -> tuple[float, float] | None:
    if fields.get("start_time") is None and fields.get("end_time") is None:
        return None
    times = (fields.get("start_time"), fields.get("end_time"))
    start, end = (
        float(time) if isinstance(time, int | float) and abs(time) < 1e9 else math.nan
        for time in times
    )
    if not 0 <= start < end:
        raise InputError(
            f"{where}: start_time {times[0]!r}, end_time {times[1]!r}; expected seconds, "
            "0 <= start_time < end_time"
        )
    return start, end
