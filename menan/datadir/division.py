"""Who trains, validates and tests: by a group of speakers, a corpus, or a split of utterances.

What is held out is called ``group`` below: the name of a group or corpus, the name of a split
(:func:`menan.datadir.folds.is_split`), or None for nothing.
"""

from collections.abc import Container, Iterable, Mapping

from menan.datadir.corpus_ids import corpus_id, corpus_of
from menan.datadir.folds import (
    FOLDS,
    SPLIT,
    Fold,
    fold_of_corpus,
    folds_of_group,
    held_out_groups,
    is_split,
)
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.split import find_split, folds_of_split, split_names
from menan.datadir.tables import c_sorted
from menan.errors import InputError


def held_out(metadata: Metadata, wanted: Iterable[str]) -> list[str | None]:
    """The groups, corpora and splits that ``--hold-out`` chooses; [None] for ``none``.

    Raises:
        InputError: an unknown group, a split that the data lack, a split of several corpora, or a
            group that is called like a split.
    """
    wanted = list(wanted)
    if metadata.corpora and any(name == FOLDS or is_split(name) for name in wanted):
        raise InputError(
            "official splits and folds of several corpora are not joined; hold out each, corpus "
            "or groups, or train on one corpus"
        )
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
    return held_out_groups(metadata.spk2group, wanted, metadata.corpora)


def folds_of(metadata: Metadata, group: str | None) -> tuple[Fold, ...]:
    """The folds that one training serves; none if nothing is held out.

    Raises:
        InputError: a group, corpus or split that cannot be held out.
    """
    if group is None:
        return ()
    if is_split(group):
        return tuple(folds_of_split(metadata, find_split(metadata, group)))
    if group not in metadata.corpora:
        return tuple(folds_of_group(metadata.spk2group, group))
    fold = fold_of_corpus(metadata.spk2group, group)
    if fault := name_fault("validation", str(fold.valid)):
        raise InputError(f"{fault}; give the corpora shorter names in their files 'corpus'")
    return (fold,)


def divided(metadata: Metadata, group: str | None) -> tuple[list[str], dict[str, str]]:
    """The labelled utterances that train, copies included, and the originals that are held out.

    A held-out original has the name of its part: its speaker, its part of the split, or with a
    held-out corpus all groups that validate as one. Unknown speakers are in no group, and train
    unless their corpus is held out.

    Raises:
        InputError: a split that the data lack, or a corpus that cannot be held out or without
            emotions on one side.
    """
    originals = set(metadata.originals)
    if is_split(group):
        split = find_split(metadata, str(group))
        held = (*split.utts(metadata, "valid"), *split.utts(metadata, "test"))
        own = c_sorted(utt for utt in held if utt in originals)
        return split.utts(metadata, "train"), {utt: split.parts[utt] for utt in own}
    labelled = {utt: spk for utt, spk in metadata.utt2spk.items() if metadata.utt2emo[utt]}
    parts = _parts_of_speakers(metadata, group)
    train = [utt for utt, spk in labelled.items() if spk not in parts]
    heldout = {
        utt: parts[spk] for utt, spk in labelled.items() if parts.get(spk) and utt in originals
    }
    if group in metadata.corpora and len(tests := {corpus_of(utt) == group for utt in heldout}) < 2:
        lacks = "validate" if tests == {True} else "test"
        raise InputError(
            f"holding out corpus {group!r}: no utterance with an emotion is left to {lacks}; label "
            "some"
        )
    return train, heldout


def tested_by(
    metadata: Metadata, tests: Iterable[tuple[str | None, str | None]], corpora: Container[str]
) -> dict[str, str]:
    """The name under which it tests, by utterance that one of some folds tests.

    Args:
        tests: what is held out and the test speaker, part of a split or corpus of each fold.
        corpora: those that the models of the folds were trained on side by side. The data may be
            one of them alone.

    Raises:
        InputError: an utterance that is tested under two names, or a split that the data lack.
    """
    names: dict[str | None, set[str | None]] = {}
    for group, test in tests:
        names.setdefault(group, set()).add(test)
    tested: dict[str, str] = {}
    for group, own in names.items():
        for utt, part in _test_names(metadata, group, corpora).items():
            if part in own and tested.setdefault(utt, part) != part:
                raise InputError(
                    f"{utt!r} is tested as {tested[utt]!r} and, with {group!r} held out, as "
                    f"{part!r}; infer their models apart, or without --test-speakers-only"
                )
    return tested


def unseen_speakers(metadata: Metadata, group: str, trained: Iterable[str]) -> list[str]:
    """The known speakers of what is held out, except those who were trained on.

    Speakers of a group or corpus count whether their utterances are labelled or not.
    """
    if is_split(group):
        names = {metadata.utt2spk[utt] for utt in divided(metadata, group)[1]}
    else:
        is_corpus = group in metadata.corpora
        names = {
            name
            for name, own in metadata.spk2group.items()
            if group == (corpus_of(own) if is_corpus else own)
        }
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


def _test_names(
    metadata: Metadata, group: str | None, corpora: Container[str]
) -> Mapping[str, str]:
    """What folds call utterances by: their speaker, part of the split, or corpus."""
    if is_split(group):
        return find_split(metadata, str(group)).parts
    if group not in corpora:
        return metadata.utt2spk
    if metadata.corpora:
        return {utt: corpus_of(utt) for utt in metadata.utt2spk}
    return dict.fromkeys(metadata.utt2spk, corpus_id(metadata.corpus))


def _parts_of_speakers(metadata: Metadata, group: str | None) -> dict[str, str]:
    """The part of each speaker who does not train; empty for one who is not evaluated either."""
    if group not in metadata.corpora:
        return {speaker: speaker for speaker, own in metadata.spk2group.items() if own == group}
    fold = fold_of_corpus(metadata.spk2group, str(group))
    parts = {
        speaker: speaker if corpus_of(speaker) == group else str(fold.valid)
        for speaker in metadata.spk2group.keys() - set(fold.train)
    }
    unknown = (name for name in metadata.unknown_speakers if corpus_of(name) == group)
    return parts | dict.fromkeys(unknown, "")
