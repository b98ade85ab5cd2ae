"""What a training holds out: groups of speakers, or a split of the utterances."""

from collections.abc import Iterable, Mapping

from menan.datadir.folds import (
    FOLDS,
    SPLIT,
    Fold,
    folds_of_group,
    held_out_groups,
    is_split,
)
from menan.datadir.metadata import Metadata
from menan.datadir.split import find_split, folds_of_split, split_names
from menan.datadir.tables import c_sorted
from menan.datadir.validity import parts_of_group
from menan.errors import InputError


def held_out(metadata: Metadata, wanted: Iterable[str]) -> list[str | None]:
    """The groups and splits that ``--hold-out`` chooses; [None] for ``none``.

    Raises:
        InputError: an unknown group, a split that the data lack, or a group that is called like
            one.
    """
    wanted = list(wanted)
    if taken := next((name for name in metadata.spk2group.values() if is_split(name)), None):
        raise InputError(f"a group in spk2group is called {taken!r}, as splits are; rename it")
    splits = split_names(metadata)
    if wanted == [SPLIT] and SPLIT not in splits:
        raise InputError("no official split (utt2split); write one with menan-folds --folds FILE")
    if wanted == [FOLDS]:
        wanted = [name for name in splits if name != SPLIT]
        if not wanted:
            raise InputError(
                "no folds of utterances (utt2fold); write them with menan-folds --folds FILE, a "
                "table with the columns utt and fold"
            )
    if set(wanted) <= set(splits):
        return list(wanted)
    return held_out_groups(metadata.spk2group, wanted)


def folds_held_out(metadata: Metadata, group: str | None) -> tuple[Fold, ...]:
    """The folds that one training serves; none if nothing is held out.

    Raises:
        InputError: a group or split without which nothing is left to train on, or that cannot be
            tested.
    """
    if group is None:
        return ()
    if is_split(group):
        return tuple(folds_of_split(metadata, find_split(metadata, group)))
    return tuple(folds_of_group(metadata.spk2group, group))


def training_utts(metadata: Metadata, group: str | None) -> list[str]:
    """Originals and speed copies of what is not held out, with an emotion.

    Unknown speakers are in no group, and train wherever a group is held out.
    """
    if is_split(group):
        return find_split(metadata, str(group)).utts(metadata, "train")
    return parts_of_group(metadata, group or "")[0]


def held_out_utts(metadata: Metadata, group: str | None) -> list[str]:
    """The labelled originals that validate and test; none if nothing is held out."""
    if not is_split(group):
        return parts_of_group(metadata, group or "")[1]
    split, originals = find_split(metadata, str(group)), set(metadata.originals)
    held = (*split.utts(metadata, "valid"), *split.utts(metadata, "test"))
    return c_sorted(utt for utt in held if utt in originals)


def parts_held_out(metadata: Metadata, group: str | None) -> Mapping[str, str]:
    """What folds call utterances by: their speaker, or their part of the split."""
    return find_split(metadata, str(group)).parts if is_split(group) else metadata.utt2spk


def tested_by(metadata: Metadata, tests: Iterable[tuple[str | None, str | None]]) -> dict[str, str]:
    """The name of the test speaker or part, by utterance that one of some folds tests.

    Args:
        tests: held-out group and test speaker or part of each fold.

    Raises:
        InputError: an utterance that is tested under two names.
    """
    names: dict[str | None, set[str | None]] = {}
    for group, test in tests:
        names.setdefault(group, set()).add(test)
    tested: dict[str, str] = {}
    for group, own in names.items():
        for utt, part in parts_held_out(metadata, group).items():
            if part in own and tested.setdefault(utt, part) != part:
                raise InputError(
                    f"{utt!r} is tested as {tested[utt]!r} and, with {group!r} held out, as "
                    f"{part!r}; infer their models apart, or without --test-speakers-only"
                )
    return tested


def unseen_speakers(metadata: Metadata, group: str, trained: Iterable[str]) -> list[str]:
    """The known speakers of what is held out, except those who were trained on.

    Speakers of a group count whether their utterances are labelled or not.
    """
    if is_split(group):
        names = {metadata.utt2spk[utt] for utt in held_out_utts(metadata, group)}
    else:
        names = {name for name, own in metadata.spk2group.items() if own == group}
    return c_sorted((names & set(metadata.speakers)) - set(trained))


def not_trained_on(metadata: Metadata, group: str | None) -> frozenset[str]:
    """The utterances of training speakers that a split keeps from training, originals and copies.

    None where speakers are held out: those who train do so with all their utterances.
    """
    if not is_split(group):
        return frozenset()
    split = find_split(metadata, str(group))
    return frozenset(
        utt
        for utt in metadata.utt2spk
        if (part := split.parts.get(utt)) is None or split.roles[part] != "train"
    )
