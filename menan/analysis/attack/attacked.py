"""The utterances that are attacked, with all that is known of them."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from menan.analysis.attack.attack_names import (
    TEXT,
    UNTRAINED,
)
from menan.analysis.attack.trial_plan import Unseen
from menan.analysis.leakage.splits import (
    FEWEST_UTTERANCES,
    MOST_SPEAKERS,
    ProbeSet,
    SpeakerLabels,
    probe_set,
)
from menan.datadir.tables import c_sorted
from menan.errors import InputError
from menan.randomness import derived_seed

FEWEST_UNSEEN = 2  # speakers of a block of trials: with one there is nobody to confuse it with


@dataclass(frozen=True)
class Spoken:
    """Utterances with their labels.

    path: the file that names them, for messages.
    corpus: name of the data in results.
    """

    path: Path
    utts: tuple[str, ...]
    labels: SpeakerLabels
    corpus: str = ""

    @property
    def speakers(self) -> list[str]:
        return c_sorted({self.labels.utt2spk[utt] for utt in self.utts})


@dataclass(frozen=True)
class Attacked:
    """Utterances, then others on which no network was trained.

    other: None if there are none.
    raw: statistics of the input, float64 (utterances, dims); None if it is unknown.
    labels: further labels by name, str (utterances,); "" where unknown.
    """

    dump: Spoken
    other: Spoken | None = None
    raw: np.ndarray | None = None
    labels: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.other is not None and (both := set(self.dump.utts) & set(self.other.utts)):
            raise InputError(
                f"{self.other.path}: {min(both)!r} is also in {self.dump.path}; give utterances "
                "that no network was trained on"
            )

    @property
    def parts(self) -> list[Spoken]:
        return [self.dump] if self.other is None else [self.dump, self.other]

    @cached_property
    def utts(self) -> tuple[str, ...]:
        return tuple(utt for part in self.parts for utt in part.utts)

    @cached_property
    def speakers(self) -> np.ndarray:
        """Who speaks, str (utterances,)."""
        return np.array([part.labels.utt2spk[utt] for part in self.parts for utt in part.utts])

    @cached_property
    def emotions(self) -> np.ndarray:
        """Emotions, str (utterances,); several of one utterance are joined by commas."""
        values = [",".join(part.labels.utt2emo[utt]) for part in self.parts for utt in part.utts]
        return np.array(values)

    @property
    def untrained_labels(self) -> dict[str, np.ndarray]:
        """Labels that no network was trained on, str (utterances,); "" where unknown."""
        if self.other is None:
            return self.labels
        emotions = self.emotions.copy()
        emotions[: len(self.dump.utts)] = ""
        return {UNTRAINED: emotions, **self.labels}

    def heard(
        self, speakers: tuple[str, ...], where: str, seed: int, without: Collection[str]
    ) -> ProbeSet:
        """The utterances of some speakers, except those in ``without``; the others left out."""
        return probe_set(self.dump.labels, self.dump.utts, speakers, where, seed, without)

    def unheard(self, speakers: tuple[str, ...], where: str, seed: int) -> ProbeSet | None:
        """The other utterances of some speakers; None without any."""
        if self.other is None:
            return None
        chosen = probe_set(self.other.labels, self.other.utts, speakers, where, seed)
        return replace(chosen, rows=chosen.rows + len(self.dump.utts))

    def verifiable(self, speakers: Sequence[str], seed: int) -> tuple[str, ...]:
        """Those of some speakers who can be attacked in an open set: four utterances or more each.

        A hundred are drawn if there are more. Nobody if there are fewer than two.
        """
        spoken = Counter(self.dump.labels.utt2spk[utt] for utt in self.dump.utts)
        enough = [name for name in speakers if spoken[name] >= FEWEST_UTTERANCES]
        drawn = sorted(enough, key=lambda name: derived_seed(seed, "unseen", name))[:MOST_SPEAKERS]
        return tuple(c_sorted(drawn)) if len(drawn) > 1 else ()

    def unseen(self, speakers: tuple[str, ...]) -> Unseen:
        """The utterances of some speakers, the others left out.

        Trials are formed within a gender if every gender is known and has two of them or more.
        """
        of_utt = self.speakers[: len(self.dump.utts)]
        rows = np.flatnonzero(np.isin(of_utt, speakers))
        place = {name: number for number, name in enumerate(speakers)}
        text = self.labels.get(TEXT)
        return Unseen(
            rows=rows,
            speaker=np.array([place[name] for name in of_utt[rows]]),
            block=self.blocks(speakers),
            condition=self.emotions[rows],
            text=None if text is None else text[rows],
        )

    def blocks(self, speakers: tuple[str, ...]) -> np.ndarray:
        """Speakers whose voices are compared with each other, int (speakers,)."""
        gender = np.array([self.dump.labels.spk2gender.get(name, "") for name in speakers])
        counts = [int((gender == one).sum()) for one in np.unique(gender)]
        by_gender = set(gender) <= {"f", "m"} and min(counts, default=0) >= FEWEST_UNSEEN
        return (gender == "m").astype(int) if by_gender else np.zeros(len(speakers), dtype=int)
