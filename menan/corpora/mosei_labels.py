"""The label file of CMU-MOSEI, in HDF5 as released or in CSV."""

from collections import Counter
from pathlib import Path

from menan.corpora.delimited import DelimitedRow, read_rows, require_columns
from menan.corpora.mosei_segment import EMOTION_COLUMNS, Segment, plain_name
from menan.datadir.metadata import name_fault
from menan.errors import InputError


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
    from menan.corpora.mosei_csd import read_csd  # with h5py, which no other corpus needs

    return read_csd(path)


def _read_csv(path: Path) -> list[Segment]:
    header, rows = read_rows(path)
    columns = [plain_name(name) for name in header]
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
