"""The label file of CMU-MOSEI, in HDF5 as released or in CSV."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from menan.corpora.delimited import DelimitedRow, read_rows, require_columns
from menan.datadir.metadata import name_fault
from menan.errors import InputError

# The ratings that are read, by their names in the release; their order is not relied on.
EMOTION_COLUMNS = ("happy", "sad", "anger", "surprise", "disgust", "fear")
OTHER_NAMES = {
    "video_id": "video",
    "clip": "segment",
    "clip_id": "segment",
    "start_time": "start",
    "end_time": "end",
    "happiness": "happy",
    "sadness": "sad",
    "angry": "anger",
}
# gzip, which the release uses, packs at most 1032 zero bytes into one. A dataset that announces
# more has not been written in full, or its numbers are in another file.
_MOST_PACKED = 1032


@dataclass(frozen=True)
class Segment:
    """One rated segment of a video.

    number: position of the segment in its video, from 0, as in the label file.
    start, end: seconds, as written: the start may be negative.
    ratings: ratings in the order of :data:`EMOTION_COLUMNS`, each 0 to 3.
    """

    video: str
    number: int
    start: float
    end: float
    ratings: tuple[float, ...]


def find_labels(root: Path) -> Path:
    """CMU_MOSEI_Labels.csd or .csv anywhere under the root.

    Raises:
        InputError: no such file, or several.
    """
    found = sorted(
        path for path in root.rglob("CMU_MOSEI_Labels.*") if path.suffix in (".csd", ".csv")
    )
    if not found:
        raise InputError(
            f"{root}: has no CMU_MOSEI_Labels.csd (or .csv); name the label file with --labels"
        )
    if len(found) > 1:
        raise InputError(f"{found[0]}: {found[1]} exists too; choose one with --labels")
    return found[0]


def read_labels(path: str | Path) -> list[Segment]:
    """All segments of a label file; those of a video are in the order of the file.

    A file that ends in ``.csv`` or ``.tsv`` has the columns video (or video_id), start
    (start_time), end (end_time), happy (happiness), sad (sadness), anger (angry), surprise,
    disgust and fear, in any order and case, and optionally segment (or clip, clip_id), a whole
    number; without it the rows of a video are counted. Other columns are not read. Any other file
    is HDF5 as released: ``/All Labels/data/<video>/{features,intervals}``.

    Raises:
        InputError: an unreadable file, another structure, links to other places, a dataset that is
            larger than the file, a rating that is not a number, or a video that cannot name a file.
    """
    path = Path(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        return _read_csv(path)
    return _read_csd(path)


def _read_csd(path: Path) -> list[Segment]:
    if not path.is_file():
        raise InputError(f"{path}: no such label file")
    try:
        with h5py.File(path, "r") as file:
            names = _dimension_names(path, file)
            data = _member(path, file, "All Labels/data", h5py.Group)
            return [segment for video in data for segment in _of_video(path, data, video, names)]
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:  # h5py's on damage
        raise InputError(
            f"{path}: not a complete HDF5 file ({error}); download it again, or let the name of a "
            "CSV file end in .csv"
        ) from None


def _of_video(path: Path, data: h5py.Group, video: str, names: list[str]) -> list[Segment]:
    where = f"{path}: /All Labels/data/{video}"
    if fault := name_fault("video", video):
        raise InputError(f"{path}: /All Labels/data: {fault}; download the file again")
    ratings = _numbers(path, data, f"{video}/features", len(names))
    intervals = _numbers(path, data, f"{video}/intervals", 2)
    if len(ratings) != len(intervals):
        raise InputError(
            f"{where}: {len(ratings)} rows of features but {len(intervals)} of intervals; download "
            "the file again"
        )
    columns = [names.index(name) for name in EMOTION_COLUMNS]
    return [
        Segment(video, number, float(start), float(end), tuple(map(float, row[columns])))
        for number, ((start, end), row) in enumerate(zip(intervals, ratings, strict=True))
    ]


def _numbers(path: Path, data: h5py.Group, name: str, width: int) -> np.ndarray:
    """A dataset of finite numbers, (segments, width)."""
    dataset = _member(path, data, name, h5py.Dataset)
    where = f"{path}: {dataset.name}"
    if dataset.ndim != 2 or dataset.shape[1] != width or dataset.dtype.kind not in "fiu":
        raise InputError(
            f"{where}: expected numbers of shape (segments, {width}), found {dataset.dtype} of "
            f"shape {dataset.shape}; give the label file as released"
        )
    values = _content(path, dataset)
    if len(bad := np.flatnonzero(~np.isfinite(values).all(axis=1))):
        raise InputError(
            f"{where}: row {bad[0]} has a value that is not finite; download the file again"
        )
    return values


def _dimension_names(path: Path, file: h5py.File) -> list[str]:
    """The names of the rating columns: a JSON list as text, in an array of one element."""
    dataset = _member(path, file, "All Labels/metadata/dimension names", h5py.Dataset)
    try:
        content = np.ravel(_content(path, dataset))[0]
        names = [_plain_name(name) for name in json.loads(content)]
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        names = []
    for name in EMOTION_COLUMNS:
        if names.count(name) != 1:
            raise InputError(
                f"{path}: {dataset.name}: expected a JSON list that names "
                f"{', '.join(EMOTION_COLUMNS)} once each, found {str(names)[:200]}"
            )
    return names


def _member(path: Path, group: h5py.Group, name: str, kind: type) -> h5py.Group | h5py.Dataset:
    """A member of a group. Soft and external links, which may leave the file, are not followed."""
    member = group
    for part in name.split("/"):
        link = member.get(part, getlink=True) if isinstance(member, h5py.Group) else None
        member = member[part] if isinstance(link, h5py.HardLink) else None
    if not isinstance(member, kind):
        raise InputError(
            f"{path}: {group.name.rstrip('/')}/{name}: no such {kind.__name__.lower()} in the "
            "file; give CMU_MOSEI_Labels.csd as released"
        )
    return member


def _content(path: Path, dataset: h5py.Dataset) -> np.ndarray:
    if dataset.external or dataset.nbytes > _MOST_PACKED * dataset.id.get_storage_size():
        raise InputError(
            f"{path}: {dataset.name}: announces {dataset.nbytes} bytes, which the file does not "
            "contain; download it again"
        )
    return dataset[()]


def _plain_name(name: str) -> str:
    """The name of a column in the spelling of the release."""
    name = name.strip().lower()
    return OTHER_NAMES.get(name, name)


def _read_csv(path: Path) -> list[Segment]:
    header, rows = read_rows(path)
    columns = [_plain_name(name) for name in header]
    if missing := [name for name in ("start", "end") if name not in columns]:
        raise InputError(
            f"{path}:1: no column {missing[0]!r}; menan takes whole videos, and needs start and "
            "end of each segment in seconds: use CMU_MOSEI_Labels.csd (for files of one segment "
            "each, menan-prepare table)"
        )
    require_columns(path, columns, ("video", *EMOTION_COLUMNS))
    for name in columns:
        if columns.count(name) > 1:
            raise InputError(
                f"{path}:1: two columns are named {name!r}, or a synonym of it; keep one"
            )
    segments: list[Segment] = []
    counted: Counter[str] = Counter()
    numbers: set[tuple[str, int]] = set()
    for row in rows:
        row = DelimitedRow(row.where, dict(zip(columns, row.cells.values(), strict=True)))
        video = row.text("video")
        if fault := name_fault("video", video):
            raise InputError(f"{row.where}: {fault}; correct it")
        number = _segment_number(row) if "segment" in columns else counted[video]
        counted[video] += 1
        if (video, number) in numbers:
            raise InputError(
                f"{row.where}: segment {number} of video {video!r} is listed twice; keep one"
            )
        numbers.add((video, number))
        ratings = tuple(row.number(name) for name in EMOTION_COLUMNS)
        segments.append(Segment(video, number, row.number("start"), row.number("end"), ratings))
    return segments


def _segment_number(row: DelimitedRow) -> int:
    text = row.text("segment")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        found = repr(text[:80])
        raise InputError(f"{row.where}: expected a whole number from 0 as segment, found {found}")
    return int(text)
