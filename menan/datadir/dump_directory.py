"""A dump directory: its label files, and the places and settings of its features."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.archive import matrix_shape, read_scp, refuse_missing_archives
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

    Several dumps may be read as one (:mod:`menan.datadir.joint_dump`); then ``feats`` has the path
    of each, joined by commas.
    """

    feats: Path
    scp: dict[str, str]
    num_frames: dict[str, int]
    metadata: Metadata
    features: FrontEnd

    def beside(self, name: str) -> str:
        """The path of a file beside feats.scp; with several dumps joined by commas."""
        return ",".join(str(path.with_name(name)) for path in feats_paths(self.feats))

    def resolved_feats(self) -> str:
        """The absolute path of feats.scp; with several dumps joined by commas."""
        return ",".join(str(path.resolve()) for path in feats_paths(self.feats))


def feats_paths(feats: str | Path) -> list[Path]:
    """The paths of an option --feats: one, or several joined by commas.

    The path of an existing file is one path, commas in it or not.
    """
    # Path.exists() raises OSError for a list that is too long for a path.
    if os.path.exists(feats):  # noqa: PTH110
        return [Path(feats)]
    return [Path(path.strip()) for path in str(feats).split(",")]


def open_dump(feats: str | Path) -> Dump:
    """Read the tables beside a feats.scp.

    Without the records of menan-dump beside it the features are those of another toolkit
    (:class:`menan.given_front_end.GivenFrontEnd`). Then the numbers of rows and columns are read
    from the matrices; utt2spk must be there.

    Raises:
        InputError: a file is missing or malformed, or lists other utterances than feats.scp.
    """
    feats = Path(feats)
    scp = read_scp(feats)
    if is_given(feats.parent):
        return _open_given(feats, scp)
    metadata = read_metadata(feats.parent)
    num_frames = _num_frames(feats.parent / "utt2num_frames")
    for name, utts in (("utt2spk", metadata.utt2spk), ("utt2num_frames", num_frames)):
        _refuse_other_utterances(feats, scp, name, utts, "dump again", "dump again")
    return Dump(feats, scp, num_frames, metadata, read_features_yaml(feats.parent))


def is_given(directory: Path) -> bool:
    """Whether the features of a directory were made by another toolkit, not by menan-dump."""
    return not any((directory / name).exists() for name in ("features.yaml", "utt2audio"))


def _open_given(feats: Path, scp: dict[str, str]) -> Dump:
    if not scp:
        raise InputError(f"{feats}: empty; make the features again")
    directory = feats.parent
    fix = "keep what both have (Kaldi: utils/fix_data_dir.sh --utt-extra-files utt2emo DIR)"
    label = "add their lines ('-' for no emotion), or keep the utterances that all three files have"
    if not (directory / "utt2spk").exists():
        raise InputError(
            f"{directory / 'utt2spk'}: missing beside {feats.name}; copy or link it there, with a "
            "line '<utterance> <speaker>' for each utterance"
        )
    for name, cure in (("utt2spk", fix), ("utt2emo", label)):
        if (directory / name).exists():  # without utt2emo, nobody has labelled the utterances
            utts = read_table(directory / name)
            _refuse_other_utterances(feats, scp, name, utts, cure, fix)
    refuse_missing_archives(scp, feats)
    shapes = {utt: matrix_shape(place, f"{feats}: {utt}") for utt, place in scp.items()}
    num_frames = {utt: rows for utt, (rows, _) in shapes.items()}
    if (path := directory / "utt2num_frames").exists():
        _refuse_other_counts(path, num_frames)
    return Dump(feats, scp, num_frames, read_metadata(directory), _front_end(feats, shapes))


def _refuse_other_utterances(
    feats: Path, scp: dict[str, str], name: str, utts: Collection[str], add: str, remove: str
) -> None:
    """Check that a table beside feats.scp has its utterances.

    Args:
        utts: those of the table.
        add, remove: the cure if the table has too few, and too many.
    """
    if missing := [utt for utt in scp if utt not in utts]:
        raise InputError(
            f"{feats.parent / name}: lacks {len(missing)} of {len(scp)} utterances in {feats.name},"
            f" such as {missing[0]!r}; {add}"
        )
    if extra := [utt for utt in utts if utt not in scp]:
        raise InputError(
            f"{feats}: lacks {len(extra)} of {len(utts)} utterances in {name}, such as "
            f"{extra[0]!r}; {remove}"
        )


def _refuse_other_counts(path: Path, num_frames: dict[str, int]) -> None:
    """Check a utt2num_frames that came with given features; utterances without features may stay.

    The rows are known from the matrices, so that the file is not needed. If it differs, features
    or file are not what their maker thought.
    """
    for utt, rows in _num_frames(path).items():
        if num_frames.get(utt, rows) != rows:
            raise InputError(
                f"{path}: {utt} has {rows} frames, but its matrix has {num_frames[utt]} rows; "
                "make the features again, or remove this file if it is outdated"
            )


def _front_end(feats: Path, shapes: dict[str, tuple[int, int]]) -> GivenFrontEnd:
    first, (_, columns) = next(iter(shapes.items()))
    for utt, (_, own) in shapes.items():
        if own != columns:
            raise InputError(
                f"{feats}: {utt} has {own} columns, but {first} has {columns}; make the features "
                "with one configuration"
            )
    longest = max(shapes, key=lambda utt: shapes[utt][0])
    try:
        return GivenFrontEnd(columns=columns, longest=shapes[longest][0])
    except InputError as error:
        raise InputError(f"{feats}: {longest}: {error}") from None


def refuse_other_features(dump: Dump, trained: FrontEnd, model: Path) -> None:
    """Raise InputError unless the features of a dump are those that a model was trained on.

    Args:
        trained: front-end of the training.
        model: the model file or its directory, named in the message.
    """
    if difference := trained.difference(dump.features):
        name, wanted, found = difference
        raise InputError(
            f"{model}: trained on features with {name} {wanted}, but {dump.feats} has {found}; "
            "make the features with the settings of the training"
        )


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
