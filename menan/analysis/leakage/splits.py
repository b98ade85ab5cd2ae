"""What speaker probes learn on and are tested on, and the labels of their control task."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from menan.datadir.metadata import Metadata
from menan.errors import InputError
from menan.randomness import derived_seed

FEWEST_UTTERANCES = 4  # of a speaker: one in each half of either half
MOST_SPEAKERS = 100  # of a set: where a video stands for a speaker there are thousands
FEWEST_OF_A_GENDER = 2  # speakers: one on either side


@dataclass(frozen=True)
class ProbeSet:
    """Utterances whose speakers are to be told. Arrays are (utterances,).

    utts, emotions: utterance ids, and their ``utt2emo`` values.
    rows: int, where the utterances stand among all originals.
    speaker: int, an index into ``speakers``.
    half: 0 or 1; a probe learns on one and is tested on the other, and the other way round.
    quarter: 0 or 1 within each half, for what a probe chooses by itself.
    control: int, labels of as many classes that tell nothing of who speaks.
    gender: 0 or 1, and gender_half: 0 or 1, all of a speaker on one side; None if there are
        too few speakers of either gender.
    left_out: utterances of the speakers who were left out.
    """

    utts: tuple[str, ...]
    emotions: tuple[str, ...]
    rows: np.ndarray
    speakers: tuple[str, ...]
    speaker: np.ndarray
    half: np.ndarray
    quarter: np.ndarray
    control: np.ndarray
    gender: np.ndarray | None
    gender_half: np.ndarray | None
    left_out: int

    def facts(self) -> dict[str, float]:
        """Sizes and what needs no embedding, entropies in nats.

        ``floor_nats`` is the entropy of the speaker given the emotion, by the counts of the set:
        the cross-entropy of the best predictor that hears nothing but the emotion.
        """
        counts = np.zeros((len(self.speakers), len(set(self.emotions))))
        emotion = np.unique(self.emotions, return_inverse=True)[1]
        np.add.at(counts, (self.speaker, emotion), 1)
        share = counts / counts.sum(axis=0)
        logs = np.log(share, out=np.zeros_like(share), where=share > 0)
        return {
            "utterances": len(self.utts),
            "left_out": self.left_out,
            "speakers": len(self.speakers),
            "chance": 1 / len(self.speakers),
            "majority": counts.sum(axis=1).max() / counts.sum(),
            "uniform_nats": np.log(len(self.speakers)),
            "floor_nats": -(counts * logs).sum() / counts.sum(),
        }


def probe_set(
    labels: Metadata, originals: Sequence[str], speakers: Collection[str], where: str, seed: int
) -> ProbeSet:
    """The original utterances of some speakers, split.

    Speakers with fewer than 4 utterances are left out; of more than 100 speakers, 100 are drawn.

    Raises:
        InputError: fewer than two speakers are left; ``where`` begins the message.
    """
    spoken = Counter(labels.utt2spk[utt] for utt in originals)
    kept = [name for name in speakers if spoken[name] >= FEWEST_UTTERANCES]
    kept = sorted(kept, key=lambda name: derived_seed(seed, "speaker", name))[:MOST_SPEAKERS]
    if len(kept) < 2:
        raise InputError(
            f"{where}: {len(kept)} speaker(s) with {FEWEST_UTTERANCES} utterances or more; "
            "a probe needs two to tell apart, dump more"
        )
    rows = [row for row, utt in enumerate(originals) if labels.utt2spk[utt] in set(kept)]
    utts = [originals[row] for row in rows]
    of = [labels.utt2spk[utt] for utt in utts]
    emotions = [",".join(labels.utt2emo[utt]) for utt in utts]
    names, speaker = np.unique(of, return_inverse=True)
    half = halves(utts, of, emotions, seed)
    within = [f"{name} {part}" for name, part in zip(of, half, strict=True)]
    gender, gender_half = _genders(labels.spk2gender, names.tolist(), seed)
    return ProbeSet(
        utts=tuple(utts),
        emotions=tuple(emotions),
        rows=np.array(rows),
        speakers=tuple(names.tolist()),
        speaker=speaker,
        half=half,
        quarter=halves(utts, within, emotions, seed),
        control=control_labels(utts, half, len(names), seed),
        gender=None if gender is None else gender[speaker],
        gender_half=None if gender_half is None else gender_half[speaker],
        left_out=sum(spoken[name] for name in speakers) - len(utts),
    )


def halves(ids: Sequence[str], within: Sequence[str], strata: Sequence[str], seed: int):
    """Split ids in two, by a hash of each, evenly within each unit and stratum.

    Args:
        within: the unit of each id, such as its speaker; its halves differ by one id at most.
        strata: a division of each unit, such as the emotion; the same holds of it.

    Returns:
        int (ids,), 0 or 1.
    """
    keys = [
        (unit, stratum, derived_seed(seed, "half", name))
        for name, unit, stratum in zip(ids, within, strata, strict=True)
    ]
    half = np.empty(len(ids), dtype=np.int64)
    turn: dict[str, int] = {}
    for i in sorted(range(len(ids)), key=keys.__getitem__):
        unit = within[i]
        half[i] = turn.get(unit, derived_seed(seed, "first half", unit) % 2)
        turn[unit] = 1 - half[i]
    return half


def control_labels(utts: Sequence[str], half: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Labels of a control task (Hewitt and Liang, EMNLP 2019), int (utterances,).

    In the order of a hash of their ids the utterances of each half are dealt the labels 0, 1, ..,
    classes - 1 in turn: no class is missing or frequent, and none knows who speaks.
    """
    order = sorted(range(len(utts)), key=lambda i: derived_seed(seed, "control", utts[i]))
    dealt = [0, 0]
    labels = np.empty(len(utts), dtype=np.int64)
    for i in order:
        labels[i] = dealt[half[i]] % classes
        dealt[half[i]] += 1
    return labels


def _genders(spk2gender: dict[str, str], speakers: list[str], seed: int):
    """Gender and side of each speaker, or twice None."""
    values = [spk2gender.get(name, "") for name in speakers]
    counts = Counter(values)
    if set(counts) != {"f", "m"} or min(counts.values()) < FEWEST_OF_A_GENDER:
        return None, None
    return np.array([value == "m" for value in values], dtype=np.int64), halves(
        speakers, values, values, seed
    )
