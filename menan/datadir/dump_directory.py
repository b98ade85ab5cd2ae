"""A dump directory: its label files, and the places and settings of its features."""

from dataclasses import dataclass
from pathlib import Path

from menan.datadir.archive import read_scp
from menan.datadir.dump_record import read_features_yaml
from menan.datadir.metadata import Metadata, read_metadata
from menan.datadir.tables import read_table
from menan.errors import InputError
from menan.front_ends import FrontEnd


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

    Raises:
        InputError: a file is missing or malformed, or lists other utterances than feats.scp.
    """
    feats = Path(feats)
    scp = read_scp(feats)
    labels = read_metadata(feats.parent)
    num_frames = _num_frames(feats.parent / "utt2num_frames")
    for name, utts in (("utt2spk", labels.utt2spk), ("utt2num_frames", num_frames)):
        if missing := sorted(scp.keys() - utts.keys()):
            raise InputError(
                f"{feats.parent / name}: utterance {missing[0]!r} of {feats} is missing; dump again"
            )
        if extra := sorted(utts.keys() - scp.keys()):
            raise InputError(f"{feats}: utterance {extra[0]!r} of {name} is missing; dump again")
    return Dump(feats, scp, num_frames, labels, read_features_yaml(feats.parent))


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
