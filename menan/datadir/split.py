"""Utterances divided into parts: official splits (``utt2split``) and folds (``utt2fold``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from menan.datadir.folds import FOLD_BEGINS, SPLIT, Fold
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.tables import c_sorted
from menan.datadir.validity import untrained, untrained_finding
from menan.errors import InputError

# How the names of parts begin, whatever their case, by role.
ROLES = {"train": ("train",), "valid": ("valid", "val", "dev"), "test": ("test", "eval")}
COLUMNS = ("hold_out", "part", "role", "utterances", "labelled", "speakers", "also_in_training")
NO_TEST = "-"  # in utt2fold: no fold tests the utterance


@dataclass(frozen=True)
class UtteranceSplit:
    """Utterances divided into parts. A speaker may be in several parts.

    name: what ``--hold-out`` calls it, and the directory of its runs: ``split`` for the official
        split, ``split.<fold>`` for a fold of utterances.
    parts: part by utterance, speed copies included. Utterances without a part are left out.
    roles: ``train``, ``valid`` or ``test``, by part.
    """

    name: str
    parts: dict[str, str]
    roles: dict[str, str]

    def utts(self, metadata: Metadata, role: str) -> list[str]:
        """The labelled utterances of the training, validation or test parts, copies included."""
        return [
            utt
            for utt, part in self.parts.items()
            if self.roles[part] == role and metadata.utt2emo[utt]
        ]


@dataclass(frozen=True)
class SplitPart:
    """One part of a split.

    hold_out: name of the split.
    utterances, labelled: numbers of originals, and of those with an emotion.
    speakers: number of known speakers; also_in_training: those of them who train too.
    """

    hold_out: str
    name: str
    role: str
    utterances: int
    labelled: int
    speakers: int
    also_in_training: int

    def cells(self) -> tuple[str, ...]:
        """The values of :data:`COLUMNS`."""
        return tuple(map(str, vars(self).values()))


def role_of(part: str) -> str:
    """Whether a part of an official split trains, validates or tests.

    >>> role_of("Train"), role_of("Development"), role_of("Test3")
    ('train', 'valid', 'test')

    Raises:
        InputError: a name that does not tell.
    """
    for role, starts in ROLES.items():
        if part.lower().startswith(starts):
            return role
    raise InputError(
        f"split {part[:60]!r}: expected a name that begins with train, valid, val, dev, test or "
        "eval; rename it"
    )


def split_names(metadata: Metadata) -> list[str]:
    """The names of the official split, if there is one, and of the folds of utterances."""
    folds = {fold for value in metadata.utt2fold.values() for fold in value.split(",")}
    names = [f"{FOLD_BEGINS}{fold}" for fold in c_sorted(folds - {NO_TEST})]
    return [SPLIT, *names] if metadata.utt2split else names


def find_split(metadata: Metadata, name: str) -> UtteranceSplit:
    """The official split, or a fold of utterances; its test part is called like the fold.

    Raises:
        InputError: a split that the data lack, a part whose name does not tell its role or cannot
            name a file, or a fold that is called like a role.
    """
    file = "utt2split" if name == SPLIT else "utt2fold"
    if name not in split_names(metadata):
        raise InputError(f"{file}: nothing of {name!r} in the data; use those of the training")
    if name == SPLIT:
        parts = metadata.utt2split
        found = UtteranceSplit(
            name, parts, {part: role_of(part) for part in c_sorted(set(parts.values()))}
        )
    else:
        found = _fold(metadata, name.removeprefix(FOLD_BEGINS))
    for part in found.roles:
        if fault := name_fault("part", part):
            raise InputError(f"{file}: {fault}; rename it")
    return found


def testing_folds(utt2fold: Mapping[str, str]) -> dict[str, str]:
    """The fold that tests an utterance, by utterance that one tests.

    >>> testing_folds({"a": "fold1", "b": "fold2,fold1", "c": "-,fold2"})
    {'a': 'fold1', 'b': 'fold2'}
    """
    tests = {utt: value.split(",")[0] for utt, value in utt2fold.items()}
    return {utt: fold for utt, fold in tests.items() if fold != NO_TEST}


def _fold(metadata: Metadata, fold: str) -> UtteranceSplit:
    if fold in ROLES:
        raise InputError(f"utt2fold: a fold is called {fold!r}, as its part is; rename it")
    parts, folds = {}, metadata.utt2fold
    for utt in metadata.utt2spk:
        # A speed copy goes where its original goes, listed or not.
        value = folds.get(utt) or folds.get(metadata.utt2uniq[utt], NO_TEST)
        tests, *validates = value.split(",")
        if tests == fold:
            parts[utt] = fold
        else:
            parts[utt] = "valid" if fold in validates else "train"
    return UtteranceSplit(
        f"{FOLD_BEGINS}{fold}", parts, {"train": "train", "valid": "valid", fold: "test"}
    )


def split_parts(metadata: Metadata, split: UtteranceSplit) -> list[SplitPart]:
    """The parts of a split that have utterances: training first, then validation and tests."""
    of_part: dict[str, list[str]] = {}
    for utt in metadata.originals:
        if utt in split.parts:
            of_part.setdefault(split.parts[utt], []).append(utt)
    speakers = {part: _known(metadata, utts) for part, utts in of_part.items()}
    trained: set[str] = set()
    for part, names in speakers.items():
        trained |= names if split.roles[part] == "train" else set()
    return [
        SplitPart(
            split.name,
            part,
            role,
            len(of_part[part]),
            sum(bool(metadata.utt2emo[utt]) for utt in of_part[part]),
            len(speakers[part]),
            0 if role == "train" else len(speakers[part] & trained),
        )
        for role in ROLES
        for part in split.roles
        if split.roles[part] == role and part in of_part
    ]


def folds_of_split(metadata: Metadata, split: UtteranceSplit) -> list[Fold]:
    """One fold for each test part, with the validation part if the split has one.

    Raises:
        InputError: no training or no test part, or several for validation.
    """
    by_role: dict[str, list[str]] = {role: [] for role in ROLES}
    for part in split_parts(metadata, split):
        if part.labelled:
            by_role[part.role].append(part.name)
    for role in ("train", "test"):
        if not by_role[role]:
            raise InputError(
                f"{split.name}: expected a part for {role} with labelled utterances, found none; "
                "give some utterances such a part"
            )
    if len(by_role["valid"]) > 1:
        raise InputError(
            f"{split.name}: expected one part for validation, found {', '.join(by_role['valid'])}; "
            "give them one name"
        )
    speakers = tuple(c_sorted(_known(metadata, split.utts(metadata, "train"))))
    valid = next(iter(by_role["valid"]), None)
    return [
        Fold(test=test, valid=valid, group=split.name, train=speakers) for test in by_role["test"]
    ]


def split_findings(metadata: Metadata, split: UtteranceSplit) -> list[str]:
    """What makes the parts of a split doubtful: classes without training data, shared speakers."""
    lines = []
    train = split.utts(metadata, "train")
    for part in split_parts(metadata, split):
        if part.role == "train":
            continue
        utts = [utt for utt in metadata.originals if split.parts.get(utt) == part.name]
        if emotions := untrained(metadata, train, utts):
            lines.append(untrained_finding(part.name, emotions))
        if part.also_in_training:
            lines.append(
                f"{part.name}: {part.also_in_training} of {part.speakers} speakers are ones that "
                "are trained on: not unseen speakers"
            )
    return lines


def format_split(parts: Iterable[SplitPart]) -> str:
    """The table in columns of equal width, for a terminal."""
    lines = [COLUMNS, *(part.cells() for part in parts)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in lines
    )


def parts_of(
    metadata: Metadata, table: Mapping[str, str], where: str
) -> tuple[dict[str, str], int]:
    """The part of each utterance, by a table of utterances or of speakers.

    Returns:
        Part by utterance, and the number of keys that the data lack.

    Raises:
        InputError: neither utterances nor speakers of the data.
    """
    keys = {"utterances": set(metadata.utt2spk), "speakers": set(metadata.speakers)}
    found = {kind: len(known & table.keys()) for kind, known in keys.items()}
    kind = max(found, key=found.__getitem__)
    if not found[kind]:
        raise InputError(
            f"{where}: names neither utterances nor speakers of the data; check its ids"
        )
    of_utt = kind == "utterances"
    parts = {
        utt: table[key]
        for utt, speaker in metadata.utt2spk.items()
        if (key := metadata.utt2uniq[utt] if of_utt else speaker) in table
    }
    return parts, len(table.keys() - keys[kind])


def _known(metadata: Metadata, utts: Iterable[str]) -> set[str]:
    return {metadata.utt2spk[utt] for utt in utts} - metadata.unknown_speakers
