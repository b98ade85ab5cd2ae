"""The utterances that speaker probes learn on and are tested on, and their control labels."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from menan.analysis.leakage.result import SetFacts
from menan.errors import InputError
from menan.randomness import derived_seed

FEWEST_UTTERANCES = 4  # per speaker: one in each quarter
MOST_SPEAKERS = 100  # per set: where each video counts as a speaker there are thousands
FEWEST_OF_A_GENDER = 2  # speakers: one on either side


class SpeakerLabels(Protocol):
    """What is known of utterances: the label files of a dump, or labels of anybody's embeddings."""

    @property
    def utt2spk(self) -> Mapping[str, str]: ...

    @property
    def utt2emo(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def spk2gender(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class ProbeSet:
    """Utterances whose speakers the probes identify. Arrays are (utterances,).

    utts, emotions: utterance ids, and their ``utt2emo`` values, "" where none are known.
    rows: int, positions of the utterances among all originals.
    speaker: int, an index into ``speakers``.
    half: 0 or 1; a probe learns on one and is tested on the other, and the other way round.
    quarter: 0 or 1 within each half, for the probe's own model selection.
    control: int, labels of the same number of classes that do not depend on the speaker.
    gender: 0 or 1, and gender_half: 0 or 1, with each speaker on one side; None if there are
        too few speakers of either gender.
    left_out: number of utterances of the speakers who were left out.
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

    def facts(self) -> SetFacts:
        """Sizes, chance levels and entropies."""
        counts = np.zeros((len(self.speakers), len(set(self.emotions))))
        emotion = np.unique(self.emotions, return_inverse=True)[1]
        np.add.at(counts, (self.speaker, emotion), 1)
        share = counts / counts.sum(axis=0)
        logs = np.log(share, out=np.zeros_like(share), where=share > 0)
        return SetFacts(
            utterances=len(self.utts),
            left_out=self.left_out,
            speakers=len(self.speakers),
            chance=1 / len(self.speakers),
            majority=float(counts.sum(axis=1).max() / counts.sum()),
            uniform_nats=math.log(len(self.speakers)),
            floor_nats=float(-(counts * logs).sum() / counts.sum()) if any(self.emotions) else None,
        )


def probe_set(
    labels: SpeakerLabels,
    originals: Sequence[str],
    speakers: Collection[str],
    where: str,
    seed: int,
    without: Collection[str] = (),
) -> ProbeSet:
    """The original utterances of some speakers, split.

    Speakers with fewer than 4 utterances are left out; if more than 100 remain, 100 are drawn.

    Args:
        without: utterances that are not used.

    Raises:
        InputError: fewer than two speakers are left; ``where`` begins the message.
    """
    spoken = Counter(labels.utt2spk[utt] for utt in originals if utt not in without)
    kept = [name for name in speakers if spoken[name] >= FEWEST_UTTERANCES]
    kept = sorted(kept, key=lambda name: derived_seed(seed, "speaker", name))[:MOST_SPEAKERS]
    if len(kept) < 2:
        raise InputError(
            f"{where}: {len(kept)} speaker(s) with {FEWEST_UTTERANCES} utterances or more; "
            "a probe needs at least two, add more data"
        )
    rows = [
        row
        for row, utt in enumerate(originals)
        if labels.utt2spk[utt] in set(kept) and utt not in without
    ]
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


def halves(
    ids: Sequence[str], within: Sequence[str], strata: Sequence[str], seed: int
) -> np.ndarray:
    """Split ids in two, by a hash of each, evenly within each unit and stratum.

    Args:
        within: the unit of each id, such as its speaker; its halves differ by one id at most.
        strata: a division of each unit, such as the emotion, split as evenly.

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

    In the order of a hash of their ids the utterances of each half get the labels 0, 1, ..,
    classes - 1 in turn: no class is missing or frequent, and none depends on the speaker.
    """
    order = sorted(range(len(utts)), key=lambda i: derived_seed(seed, "control", utts[i]))
    dealt = [0, 0]
    labels = np.empty(len(utts), dtype=np.int64)
    for i in order:
        labels[i] = dealt[half[i]] % classes
        dealt[half[i]] += 1
    return labels


def _genders(
    spk2gender: Mapping[str, str], speakers: list[str], seed: int
) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """Gender and side of each speaker; None and None with too few of a gender."""
    values = [spk2gender.get(name, "") for name in speakers]
    counts = Counter(values)
    if set(counts) != {"f", "m"} or min(counts.values()) < FEWEST_OF_A_GENDER:
        return None, None
    return np.array([value == "m" for value in values], dtype=np.int64), halves(
        speakers, values, values, seed
    )
