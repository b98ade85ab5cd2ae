"""The folds of a data directory as a table: speakers, and numbers of utterances."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from menan.datadir.folds import Fold, folds_of_group, groups_of_size
from menan.datadir.metadata import Metadata, name_fault, read_metadata
from menan.datadir.split import SplitPart, find_split, split_findings, split_names, split_parts
from menan.datadir.tables import c_sorted, read_table, write_table
from menan.errors import InputError
from menan.files.atomic import atomic_open

COLUMNS = (
    *("group", "test", "valid", "train_speakers"),
    *("train_utts", "valid_utts", "test_utts"),
)


@dataclass(frozen=True)
class FoldRow:
    """One fold, with the number of utterances in each part, not counting speed copies."""

    fold: Fold
    train_utts: int
    valid_utts: int
    test_utts: int

    def cells(self) -> tuple[str, ...]:
        """The values of :data:`COLUMNS`."""
        speakers = (self.fold.group, self.fold.test, str(self.fold.valid))
        counts = (len(self.fold.train), self.train_utts, self.valid_utts, self.test_utts)
        return (*speakers, *map(str, counts))


def fold_table(directory: str | Path) -> list[FoldRow]:
    """All folds of a data or dump directory, group by group.

    Raises:
        InputError: label files that are malformed or disagree, a group of one speaker, or only
            one group.
    """
    metadata = read_metadata(directory)
    if not metadata.spk2group:
        raise InputError(
            f"{directory}: no speaker is known, so that no group can be held out; evaluate on an "
            "official split"
        )
    size = _originals_by_speaker(metadata)
    try:
        folds = [
            fold
            for group in c_sorted(set(metadata.spk2group.values()))
            for fold in folds_of_group(metadata.spk2group, group)
        ]
    except InputError as error:
        raise InputError(f"{directory}: {error}") from None
    return [
        FoldRow(fold, sum(size[s] for s in fold.train), size[str(fold.valid)], size[fold.test])
        for fold in folds
    ]


def split_table(directory: str | Path) -> tuple[list[SplitPart], list[str]]:
    """The parts of the official split and of each fold of utterances, and what is doubtful of them.

    Raises:
        InputError: label files that are malformed or disagree, or a part or fold whose name cannot
            be used.
    """
    metadata = read_metadata(directory)
    try:
        splits = [find_split(metadata, name) for name in split_names(metadata)]
    except InputError as error:
        raise InputError(f"{directory}: {error}") from None
    return (
        [part for split in splits for part in split_parts(metadata, split)],
        [line for split in splits for line in split_findings(metadata, split)],
    )


def set_groups(directory: str | Path, groups: str | Path) -> list[str]:
    """Replace ``spk2group`` of a data directory by the groups of a published protocol.

    Args:
        groups: a table of speaker and group, as spk2group.

    Returns:
        Speakers of the table that the data lack.

    Raises:
        InputError: malformed files, or a speaker of the data that the table lacks.
    """
    speakers = read_metadata(directory).speakers
    table = read_table(groups)
    if missing := [speaker for speaker in speakers if speaker not in table]:
        raise InputError(
            f"{groups}: lacks the speaker {missing[0]!r} of {directory}; add a line with its group"
        )
    for number, group in enumerate(table.values(), start=1):
        if fault := name_fault("group", group):
            raise InputError(f"{groups}:{number}: {fault}; rename it")
    write_table(Path(directory) / "spk2group", {name: table[name] for name in speakers})
    return c_sorted(table.keys() - set(speakers))


def set_group_size(directory: str | Path, size: int, seed: int) -> None:
    """Replace ``spk2group`` by the groups of :func:`menan.datadir.folds.groups_of_size`.

    Raises:
        InputError: malformed files, or speakers for fewer than two groups.
    """
    metadata = read_metadata(directory)
    try:
        groups = groups_of_size(metadata.speakers, metadata.spk2gender, size, seed)
    except InputError as error:
        raise InputError(f"{directory}: {error}") from None
    write_table(Path(directory) / "spk2group", groups)


def write_fold_table(path: str | Path, rows: Iterable[FoldRow]) -> None:
    """Write tab-separated values below a line of :data:`COLUMNS`, completely or not at all."""
    with atomic_open(path) as file:
        for cells in (COLUMNS, *(row.cells() for row in rows)):
            file.write("\t".join(cells) + "\n")


def format_fold_table(rows: Iterable[FoldRow]) -> str:
    """The table in columns of equal width, for a terminal."""
    lines = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in lines
    )


def _originals_by_speaker(metadata: Metadata) -> Counter[str]:
    originals = (utt for utt, original in metadata.utt2uniq.items() if utt == original)
    return Counter(metadata.utt2spk[utt] for utt in originals)
