"""Groups of speakers, the leave-one-speaker-out folds of each, and the names of other folds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from menan.datadir.corpus_ids import corpus_of
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.randomness import derived_seed

SPLIT = "split"  # what --hold-out calls the official split, and the directory of its runs
FOLDS = "folds"  # what --hold-out calls all folds of utterances
FOLD_BEGINS = f"{SPLIT}."  # the name of one fold of utterances, and the directory of its runs


def is_split(group: str | None) -> bool:
    """Whether the held-out group of a run is a split of utterances, not a group of speakers.

    >>> is_split("split"), is_split("split.fold1"), is_split("g01"), is_split(None)
    (True, True, False, False)
    """
    return group is not None and (group == SPLIT or group.startswith(FOLD_BEGINS))


@dataclass(frozen=True)
class Fold:
    """One fold of an evaluation.

    test, valid: two speakers of the held-out group, or names of the parts that test and validate; a
        split may lack a part for validation.
    train: the speakers of all other groups, or of the training part, sorted.
    """

    test: str
    valid: str | None
    group: str
    train: tuple[str, ...]

    def __post_init__(self) -> None:
        names = (self.test, self.valid, *(() if is_split(self.group) else self.train))
        assert len(set(names)) == len(names), f"a speaker in two parts: {self}"


def assign_groups(speakers: Iterable[str]) -> dict[str, str]:
    """The default groups: pairs of speakers in sorted order; an odd last one joins the last pair.

    >>> assign_groups(["c", "a", "b", "d", "e"])
    {'a': 'g01', 'b': 'g01', 'c': 'g02', 'd': 'g02', 'e': 'g02'}
    """
    names = c_sorted(set(speakers))
    groups = max(1, len(names) // 2)
    return {
        name: _group_name(min(index // 2, groups - 1), groups) for index, name in enumerate(names)
    }


def groups_of_size(
    speakers: Iterable[str], spk2gender: Mapping[str, str], size: int, seed: int = 0
) -> dict[str, str]:
    """As many groups of ``size`` speakers or more as possible, to test on several at once.

    The numbers of speakers of two groups differ by one at most, and so do their numbers of women,
    of men, and of speakers without a known gender.

    >>> groups_of_size("abcdef", {"a": "f", "b": "f", "c": "m", "d": "m", "e": "f", "f": "f"}, 3)
    {'a': 'g01', 'b': 'g01', 'c': 'g01', 'd': 'g02', 'e': 'g02', 'f': 'g02'}

    Args:
        spk2gender: genders of the speakers that are known.
        size: the smallest number of speakers in a group, two or more.
        seed: 0 takes the speakers of a gender in sorted order; every other seed shuffles them.

    Raises:
        InputError: speakers for fewer than two groups.
    """
    names = c_sorted(set(speakers))
    groups = len(names) // size
    if groups < 2:
        raise InputError(
            f"expected {2 * size} speakers or more for groups of {size}, found {len(names)}; "
            + (f"choose {len(names) // 2} or fewer" if len(names) >= 4 else "add speakers")
        )
    if seed:
        names.sort(key=lambda name: derived_seed(seed, "group", name))
    of_gender: dict[str, list[str]] = {}
    for name in names:
        of_gender.setdefault(spk2gender.get(name, ""), []).append(name)
    found: dict[str, str] = {}
    for _, members in sorted(of_gender.items()):
        # Places are dealt to the groups in turn, and the next gender goes on where this one ends.
        places = sorted(place % groups for place in range(len(found), len(found) + len(members)))
        found |= {
            name: _group_name(place, groups) for name, place in zip(members, places, strict=True)
        }
    return {name: found[name] for name in c_sorted(found)}


def held_out_groups(
    spk2group: dict[str, str], wanted: Iterable[str], corpora: Sequence[str] = ()
) -> list[str | None]:
    """The groups that ``--hold-out`` chooses: all for ``each``, [None] for ``none``.

    Args:
        corpora: those that stand side by side; ``corpus`` chooses all of them.

    Raises:
        InputError: an unknown group, or ``corpus`` with one corpus.
    """
    known = c_sorted(set(spk2group.values()))
    wanted = list(wanted)
    if wanted == ["none"]:
        return [None]
    if wanted == ["each"]:
        return list(known)
    if wanted == ["corpus"] and "corpus" not in known:
        if not corpora:
            raise InputError(
                "holding out each corpus needs several; name their dumps in --feats, joined by "
                "commas"
            )
        return list(corpora)
    known += corpora
    for name in wanted:
        if name not in known:
            raise InputError(f"unknown held-out group {name!r}; choose from {' '.join(known)}")
    return list(wanted)


def folds_of_group(spk2group: dict[str, str], group: str) -> list[Fold]:
    """The folds of one held-out group: each speaker tests once, the next one validates.

    >>> for fold in folds_of_group({"a": "g1", "b": "g1", "c": "g2"}, "g1"):
    ...     print(fold.test, fold.valid, fold.train)
    a b ('c',)
    b a ('c',)

    Raises:
        InputError: a group of one speaker, or one without which no speaker is left to train on.
    """
    held_out = c_sorted(speaker for speaker, g in spk2group.items() if g == group)
    train = tuple(c_sorted(speaker for speaker, g in spk2group.items() if g != group))
    if len(held_out) < 2:
        raise InputError(
            f"group {group!r} has {len(held_out)} speaker; give each group in spk2group at least "
            "two, to test and to validate"
        )
    if not train:
        raise InputError(
            f"holding out group {group!r} leaves no speaker to train on; make a second group in "
            "spk2group"
        )
    following = held_out[1:] + held_out[:1]
    return [
        Fold(test=test, valid=valid, group=group, train=train)
        for test, valid in zip(held_out, following, strict=True)
    ]


def fold_of_corpus(spk2group: Mapping[str, str], corpus: str) -> Fold:
    """The fold of a held-out corpus, which tests as a whole.

    The first group of each other corpus that has two or more validates, and does not train: no
    label of the held-out corpus may help to select the epoch.

    >>> groups = {"A:1": "A:g1", "A:2": "A:g2", "B:1": "B:g1", "C:1": "C:g1"}
    >>> fold_of_corpus(groups, "B")
    Fold(test='B', valid='A:g1', group='B', train=('A:2', 'C:1'))

    Raises:
        InputError: no known speaker in the corpus, or no other corpus with two groups.
    """
    groups: dict[str, list[str]] = {}
    for group in c_sorted(set(spk2group.values())):
        groups.setdefault(corpus_of(group), []).append(group)
    if corpus not in groups:
        raise InputError(
            f"no speaker of corpus {corpus!r} is known, so that it cannot be held out; hold out "
            "another"
        )
    others = [own for name, own in groups.items() if name != corpus]
    valid = [own[0] for own in others if len(own) > 1]
    if not valid:
        raise InputError(
            f"holding out corpus {corpus!r} leaves no group to validate, as no other corpus has "
            "two; form more by menan-folds --group-size, and dump again"
        )
    trains = {group for own in others for group in own} - set(valid)
    train = tuple(c_sorted(speaker for speaker, group in spk2group.items() if group in trains))
    return Fold(test=corpus, valid="+".join(valid), group=corpus, train=train)


def _group_name(index: int, groups: int) -> str:
    """Names that sort as their numbers do."""
    return f"g{index + 1:0{max(2, len(str(groups)))}d}"
