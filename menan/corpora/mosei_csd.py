"""The label file of CMU-MOSEI as released, in HDF5."""

import json
from pathlib import Path

import h5py
import numpy as np

from menan.corpora.mosei_segment import EMOTION_COLUMNS, Segment, plain_name
from menan.datadir.metadata import name_fault
from menan.errors import InputError

# gzip, which the release uses, packs at most 1032 zero bytes into one. A dataset that announces
# more has not been written in full, or its numbers are in another file.
_MOST_PACKED = 1032


def read_csd(path: Path) -> list[Segment]:
    """All segments of a label file in HDF5.

    Raises:
        InputError: as :func:`menan.corpora.mosei_labels.read_labels`.
    """
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
        names = [plain_name(name) for name in json.loads(content)]
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
