"""What makes an evaluation look valid although it is not: named where it happens."""

from collections.abc import Collection, Iterable, Mapping

from menan.datadir.corpus_ids import corpus_of
from menan.datadir.metadata import Metadata
from menan.datadir.same_audio import across, described
from menan.labels import LabelSet

_FIRST = 5  # speakers that are named


def untrained(metadata: Metadata, train: Iterable[str], heldout: Iterable[str]) -> list[str]:
    """The emotions of held-out utterances that no training utterance has, in their order."""
    learnt, asked = (
        {emotion for utt in utts for emotion in metadata.utt2emo[utt]} for utts in (train, heldout)
    )
    return list(metadata.emotions.in_order(asked - learnt))


def untrained_finding(group: str, emotions: Iterable[str]) -> str:
    """One line on the classes of a held-out group that nobody can learn.

    >>> untrained_finding("g01", ["ang", "neu"])
    'g01: nothing of ang, neu to train on, so that their recall is 0'
    """
    return f"{group}: nothing of {', '.join(emotions)} to train on, so that their recall is 0"


def unknown_finding(metadata: Metadata) -> str:
    """One line on utterances of unknown speakers; empty without any."""
    unknown = [
        utt for utt in metadata.originals if metadata.utt2spk[utt] in metadata.unknown_speakers
    ]
    if not unknown:
        return ""
    return (
        f"{len(unknown)} of {len(metadata.originals)} utterances are of unknown speakers: they "
        "train the emotion wherever a group is held out, and some may be of held-out speakers"
    )


def unknown_in_corpus_finding(metadata: Metadata, corpus: str) -> str:
    """One line on utterances of a held-out corpus that do not test; empty without any."""
    own = [utt for utt in metadata.originals if corpus_of(utt) == corpus]
    unknown = [utt for utt in own if metadata.utt2spk[utt] in metadata.unknown_speakers]
    if not unknown:
        return ""
    return (
        f"{len(unknown)} of {len(own)} utterances of {corpus} are of unknown speakers: they "
        "neither train nor test while it is held out"
    )


def speakers_finding(metadata: Metadata, identical: list[tuple[str, ...]]) -> str:
    """One line on audio that is there under two speakers; empty without any.

    Args:
        identical: groups of utterances (:func:`menan.datadir.same_audio.identical_audio`).
    """
    if not (groups := across(identical, metadata.utt2spk)):
        return ""
    return (
        f"identical audio under two speakers, so that a fold trains on what it tests: "
        f"{described(groups)}; leave one of each out"
    )


def split_finding(
    parts: Mapping[str, str], identical: list[tuple[str, ...]], what: str = "parts of the split"
) -> str:
    """One line on audio that is in two parts of a split, or in two folds; empty without any.

    Args:
        parts: part or fold by utterance.
    """
    if not (groups := across(identical, parts)):
        return ""
    return f"identical audio in two {what}: {described(groups)}; leave one of each out"


def trained_finding(speakers: Collection[str], trained: Collection[str]) -> str:
    """One line on evaluated speakers that a model was trained on; empty without any.

    >>> trained_finding(["a", "b"], ["b", "c"])
    '1 of 2 speakers are ones it was trained on (b): not unseen speakers'
    """
    if not (shared := [name for name in speakers if name in set(trained)]):
        return ""
    more = ", ..." if len(shared) > _FIRST else ""
    return (
        f"{len(shared)} of {len(speakers)} speakers are ones it was trained on "
        f"({', '.join(shared[:_FIRST])}{more}): not unseen speakers"
    )


def unpredicted_finding(emotions: LabelSet, predicted: Iterable[str], asked: Iterable[str]) -> str:
    """One line on classes that are never predicted; empty if all are.

    Args:
        asked: the emotions that occur in the references; where these are unknown, all emotions.
    """
    never = emotions.in_order(set(asked) - set(predicted))
    return f"never predicted: {', '.join(never)}" if never else ""


def folds_findings(metadata: Metadata, identical: list[tuple[str, ...]]) -> list[str]:
    """What a look at the folds of a directory should tell, one line each.

    Args:
        identical: groups of utterances with the same audio.
    """
    alone = _emotions_of_one_group(metadata)
    lines = [
        untrained_finding(group, metadata.emotions.in_order(alone[group]))
        for group in sorted(alone)
    ]
    found = (
        unknown_finding(metadata),
        speakers_finding(metadata, identical),
        split_finding(metadata.utt2split, identical),
        split_finding(metadata.utt2fold, identical, "folds"),
    )
    return [*lines, *filter(None, found)]


def _emotions_of_one_group(metadata: Metadata) -> dict[str, set[str]]:
    """By group, the emotions that nobody outside it has; in one pass over the utterances.

    Unknown speakers are outside all groups.
    """
    groups: dict[str, set[str | None]] = {}
    for utt, speaker in metadata.utt2spk.items():
        for emotion in metadata.utt2emo[utt]:
            groups.setdefault(emotion, set()).add(metadata.spk2group.get(speaker))
    alone: dict[str, set[str]] = {}
    for emotion, of_emotion in groups.items():
        (group,) = of_emotion if len(of_emotion) == 1 else (None,)
        if group is not None:
            alone.setdefault(group, set()).add(emotion)
    return alone
