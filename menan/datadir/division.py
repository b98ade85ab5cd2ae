"""Who trains and who is held out: by a group of speakers, a corpus, or the official split."""

from collections.abc import Container

from menan.datadir.corpus_ids import corpus_id, corpus_of
from menan.datadir.folds import Fold, folds_of_corpus, folds_of_group
from menan.datadir.metadata import Metadata, name_fault
from menan.datadir.split import SPLIT, folds_of_split, utts_of_role
from menan.datadir.tables import c_sorted
from menan.datadir.validity import parts_of_group
from menan.errors import InputError


def folds_of(metadata: Metadata, group: str | None) -> list[Fold]:
    """The folds that one training serves.

    Args:
        group: what is held out: a group, a corpus, :data:`SPLIT`, or None for nothing.

    Raises:
        InputError: a group, corpus or split that cannot be held out.
    """
    if group is None:
        return []
    if group == SPLIT:
        if metadata.corpora:
            raise InputError(
                "official splits of several corpora are not joined; hold out each, corpus or "
                "groups, or train on one corpus"
            )
        return folds_of_split(metadata)
    if group not in metadata.corpora:
        return folds_of_group(metadata.spk2group, group)
    folds = folds_of_corpus(metadata.spk2group, group)
    if fault := name_fault("validation", folds[0].valid):
        raise InputError(f"{fault}; give the corpora shorter names in their files 'corpus'")
    return folds


def divided(metadata: Metadata, group: str | None) -> tuple[list[str], dict[str, str]]:
    """The labelled utterances that train, copies included, and the originals that are held out.

    A held-out original has the name of its part: its speaker, its part of the official split, or
    with a held-out corpus all groups that validate as one. Unknown speakers are in no group, and
    train unless their corpus is held out.

    Args:
        group: as for :func:`folds_of`.

    Raises:
        InputError: a corpus that cannot be held out, or without emotions on one side.
    """
    if group is None:
        return [utt for utt in metadata.utt2spk if metadata.utt2emo[utt]], {}
    if group == SPLIT:
        originals = set(metadata.originals)
        held = (*utts_of_role(metadata, "valid"), *utts_of_role(metadata, "test"))
        own = c_sorted(utt for utt in held if utt in originals)
        return utts_of_role(metadata, "train"), {utt: metadata.utt2split[utt] for utt in own}
    if group in metadata.corpora:
        return _without_corpus(metadata, group)
    train, heldout = parts_of_group(metadata, group)
    return train, {utt: metadata.utt2spk[utt] for utt in heldout}


def tested_as(metadata: Metadata, group: str | None, corpora: Container[str]) -> dict[str, str]:
    """The name by which each utterance tests: its speaker, part of the split, or corpus.

    Args:
        group: what the models of a system held out.
        corpora: those that they were trained on side by side.
    """
    if group == SPLIT:
        return metadata.utt2split
    if group not in corpora:
        return metadata.utt2spk
    if metadata.corpora:
        return {utt: corpus_of(utt) for utt in metadata.utt2spk}
    return dict.fromkeys(metadata.utt2spk, corpus_id(metadata.corpus))


def _without_corpus(metadata: Metadata, corpus: str) -> tuple[list[str], dict[str, str]]:
    (fold,) = folds_of_corpus(metadata.spk2group, corpus)
    labelled = {utt: spk for utt, spk in metadata.utt2spk.items() if metadata.utt2emo[utt]}
    trains = {*fold.train, *metadata.unknown_speakers}
    train = [utt for utt, spk in labelled.items() if spk in trains and corpus_of(utt) != corpus]
    part = {
        name: name if corpus_of(name) == corpus else fold.valid
        for name in metadata.spk2group.keys() - trains
    }
    originals = set(metadata.originals)
    held = {utt: part[spk] for utt, spk in labelled.items() if utt in originals and spk in part}
    if missing := {corpus, fold.valid} - {corpus_of(utt) for utt in held} - set(held.values()):
        raise InputError(
            f"holding out corpus {corpus!r}: no utterance of {min(missing)} has an emotion; label "
            "some"
        )
    return train, held
