"""Official splits: training, validation and one or more test parts, as the file ``utt2split``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from menan.datadir.folds import Fold
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.tables import c_sorted
from menan.datadir.validity import untrained, untrained_finding
from menan.errors import InputError

SPLIT = "split"  # what --hold-out calls it, and the directory of its runs

# How the names of parts begin, whatever their case, by role.
ROLES = {"train": ("train",), "valid": ("valid", "val", "dev"), "test": ("test", "eval")}
COLUMNS = ("part", "role", "utterances", "labelled", "speakers", "also_in_training")


@dataclass(frozen=True)
class SplitPart:
    """One part of a split.

    utterances, labelled: numbers of originals, and of those with an emotion.
    speakers: number of known speakers; also_in_training: those of them who train too.
    """

    name: str
    role: str
    utterances: int
    labelled: int
    speakers: int
    also_in_training: int

    def cells(self) -> tuple[str, ...]:
        """The values of :data:`COLUMNS`."""
        return (self.name, self.role, *map(str, list(vars(self).values())[2:]))


def role_of(part: str) -> str:
    """Whether a part trains, validates or tests.

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


def utts_of_role(metadata: Metadata, role: str) -> list[str]:
    """The labelled utterances of the training, validation or test parts, copies included."""
    return [
        utt
        for utt, part in metadata.utt2split.items()
        if role_of(part) == role and metadata.utt2emo[utt]
    ]


def split_parts(metadata: Metadata) -> list[SplitPart]:
    """The parts of a split, training first, then validation and tests.

    Raises:
        InputError: a name that does not tell its role.
    """
    of_part: dict[str, list[str]] = {}
    for utt in metadata.originals:
        if utt in metadata.utt2split:
            of_part.setdefault(metadata.utt2split[utt], []).append(utt)
    roles = {part: role_of(part) for part in c_sorted(of_part)}
    speakers = {part: _known(metadata, utts) for part, utts in of_part.items()}
    trained: set[str] = set()
    for part, role in roles.items():
        trained |= speakers[part] if role == "train" else set()
    return [
        SplitPart(
            part,
            role,
            len(of_part[part]),
            sum(bool(metadata.utt2emo[utt]) for utt in of_part[part]),
            len(speakers[part]),
            0 if role == "train" else len(speakers[part] & trained),
        )
        for role in ROLES
        for part in roles
        if roles[part] == role
    ]


def folds_of_split(metadata: Metadata) -> list[Fold]:
    """One fold for each test part, with the validation part.

    Raises:
        InputError: no split, a part without a role, or a role without a part.
    """
    if not metadata.utt2split:
        raise InputError("no official split (utt2split); write one with menan-folds --folds FILE")
    if SPLIT in metadata.spk2group.values():
        raise InputError(f"a group in spk2group is called {SPLIT!r}; rename it")
    by_role: dict[str, list[str]] = {role: [] for role in ROLES}
    for part in split_parts(metadata):
        if fault := name_fault("split", part.name):
            raise InputError(f"utt2split: {fault}; rename it")
        if part.labelled:
            by_role[part.role].append(part.name)
    for role, parts in by_role.items():
        if not parts or (role == "valid" and len(parts) > 1):
            number = "one part" if role == "valid" else "a part"
            raise InputError(
                f"utt2split: expected {number} for {role} with labelled utterances, found "
                f"{len(parts)}; call some training utterances 'valid' where a split has none"
            )
    speakers = tuple(c_sorted(_known(metadata, utts_of_role(metadata, "train"))))
    (valid,) = by_role["valid"]
    return [Fold(test=test, valid=valid, group=SPLIT, train=speakers) for test in by_role["test"]]


def split_findings(metadata: Metadata) -> list[str]:
    """What makes the parts of a split doubtful: classes without training data, shared speakers."""
    lines = []
    train = utts_of_role(metadata, "train")
    for part in split_parts(metadata):
        if part.role == "train":
            continue
        utts = [utt for utt in metadata.originals if metadata.utt2split.get(utt) == part.name]
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


def split_of(
    metadata: Metadata, table: Mapping[str, str], where: str
) -> tuple[dict[str, str], int]:
    """The part of each utterance, by a table of utterances or of speakers.

    Returns:
        Part by utterance, and the number of keys that the data lack.

    Raises:
        InputError: neither utterances nor speakers of the data, or a part without a role.
    """
    keys = {"utterances": set(metadata.utt2spk), "speakers": set(metadata.speakers)}
    found = {kind: len(known & table.keys()) for kind, known in keys.items()}
    kind = max(found, key=found.__getitem__)
    if not found[kind]:
        raise InputError(
            f"{where}: names neither utterances nor speakers of the data; check its ids"
        )
    for part in dict.fromkeys(table.values()):
        try:
            role_of(part)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    of_utt = kind == "utterances"
    parts = {
        utt: table[key]
        for utt, speaker in metadata.utt2spk.items()
        if (key := metadata.utt2uniq[utt] if of_utt else speaker) in table
    }
    return parts, len(table.keys() - keys[kind])


def _known(metadata: Metadata, utts: Iterable[str]) -> set[str]:
    return {metadata.utt2spk[utt] for utt in utts} - metadata.unknown_speakers
