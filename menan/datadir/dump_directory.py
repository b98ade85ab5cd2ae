"""A dump directory: its label files, and the places and settings of its features."""

from dataclasses import dataclass
from pathlib import Path

from menan.datadir.archive import matrix_shape, read_scp
from menan.datadir.dump_record import read_features_yaml
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.front_ends import FrontEnd, GivenFrontEnd


@dataclass(frozen=True)
class Dump:
    """The contents of a dump directory, except the matrices.

    scp: utterance id -> place of its matrix, as in feats.scp.
    num_frames: utterance id -> rows of its matrix.
    features: settings of the front-end that made the matrices.
    """

    feats: Path
    scp: dict[str, str]
    num_frames: dict[str, int]
    labels: Metadata
    features: FrontEnd


def open_dump(feats: str | Path) -> Dump:
    """Read the tables beside a feats.scp.

    Without the records of menan-dump beside it the features are those of another toolkit
    (:class:`menan.given_front_end.GivenFrontEnd`). Then the numbers of rows and columns are read
    from the matrices; utt2spk and utt2emo must be there.

    Raises:
        InputError: a file is missing or malformed, or lists other utterances than feats.scp.
    """
    feats = Path(feats)
    scp = read_scp(feats)
    given = is_given(feats.parent)
    if given:
        _refuse_missing_labels(feats)
    labels = read_metadata(feats.parent)
    if given:
        shapes = {utt: matrix_shape(place, f"{feats}: {utt}") for utt, place in scp.items()}
        num_frames = {utt: rows for utt, (rows, _) in shapes.items()}
        features: FrontEnd = _given_front_end(feats, shapes)
    else:
        num_frames = _num_frames(feats.parent / "utt2num_frames")
        features = read_features_yaml(feats.parent)
    cure = "keep the utterances that both have" if given else "dump again"
    for name, utts in (("utt2spk", labels.utt2spk), ("utt2num_frames", num_frames)):
        if missing := sorted(scp.keys() - utts.keys()):
            raise InputError(
                f"{feats.parent / name}: lacks {len(missing)} utterances of {feats}, such as "
                f"{missing[0]!r}; {cure}"
            )
        if extra := sorted(utts.keys() - scp.keys()):
            raise InputError(
                f"{feats}: lacks {len(extra)} utterances of {name}, such as {extra[0]!r}; {cure}"
            )
    return Dump(feats, scp, num_frames, labels, features)


def is_given(directory: Path) -> bool:
    """Whether the features of a directory were made by another toolkit, not by menan-dump."""
    return not any((directory / name).exists() for name in ("features.yaml", "utt2audio"))


def _refuse_missing_labels(feats: Path) -> None:
    for name, line in (("utt2spk", "<utterance> <speaker>"), ("utt2emo", "<utterance> <emotion>")):
        if not (feats.parent / name).exists():
            raise InputError(
                f"{feats.parent / name}: missing beside {feats.name}; copy it there, with a line "
                f"'{line}' for each utterance"
            )


def _given_front_end(feats: Path, shapes: dict[str, tuple[int, int]]) -> GivenFrontEnd:
    if not shapes:
        raise InputError(f"{feats}: empty; make the features again")
    first, (_, columns) = next(iter(shapes.items()))
    for utt, (_, own) in shapes.items():
        if own != columns:
            raise InputError(
                f"{feats}: {utt} has {own} columns, but {first} has {columns}; make the features "
                "with one configuration"
            )
    try:
        return GivenFrontEnd(columns=columns, longest=max(rows for rows, _ in shapes.values()))
    except InputError as error:
        raise InputError(f"{feats}: {error}") from None


def refuse_other_rows(dump: Dump, encoder: str, rows: int) -> None:
    """Check that every matrix has the rows that an encoder of fixed rows needs.

    Args:
        encoder: its name, for the message.

    Raises:
        InputError: a matrix with another number of rows.
    """
    for utt, found in dump.num_frames.items():
        if found != rows:
            raise InputError(
                f"{dump.feats}: {utt} has {found} rows, but the encoder {encoder!r} needs {rows} "
                "in every matrix, one per layer; dump with --pool stats, or use another encoder"
            )


def _num_frames(path: Path) -> dict[str, int]:
    counts = {}
    for number, (utt, text) in enumerate(read_table(path).items(), start=1):
        if not text.isdecimal() or len(text) > 9 or int(text) == 0:
            raise InputError(f"{path}:{number}: {text[:80]!r} is not a number of frames")
        counts[utt] = int(text)
    return counts
