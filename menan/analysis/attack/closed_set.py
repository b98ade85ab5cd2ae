"""Closed set: which of the training speakers is heard in N utterances?"""

from dataclasses import dataclass

import numpy as np

from menan.analysis.attack import learners
from menan.analysis.attack.learners import Lesson
from menan.analysis.attack.measures import bits
from menan.analysis.attack.releases import Release
from menan.analysis.leakage.splits import ProbeSet
from menan.randomness import derived_seed

AMOUNTS = ("1", "2", "5", "10", "all")
SESSIONS = 50  # of each speaker and half, drawn without replacement within a session


@dataclass(frozen=True)
class Identified:
    """How well one learner names the speakers of sessions of N utterances.

    right: float64 (speakers,), the share of each speaker's sessions; chance is 1 / speakers.
    bits: information about the speaker in a session.
    """

    right: np.ndarray
    bits: float


@dataclass(frozen=True)
class ClosedAttack:
    """One level of attack on one release, against one network.

    by_amount: by amount and learner; an amount is missing where a speaker has fewer utterances.
    with_less: ``right`` for one utterance by learner, having learned from half as much; empty if
        that was not tried, or is too little.
    """

    by_amount: dict[str, dict[str, Identified]]
    with_less: dict[str, np.ndarray]


def attack_closed_set(
    release: Release,
    level: str,
    chosen: ProbeSet,
    extra: ProbeSet | None,
    seed: int,
    with_curve: bool = False,
) -> ClosedAttack:
    """Learn on one half, name the speakers of the other, and the other way round.

    Args:
        release: rows as in ``chosen.rows``.
        chosen: the utterances of the training speakers.
        extra: other utterances of the same speakers, learned from in full.
        with_curve: learn from half as much too.
    """
    size = len(release.released)
    speaker, quarter = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for part in (chosen, extra):
        if part is not None:
            speaker[part.rows], quarter[part.rows] = part.speaker, part.quarter
    found: dict[str, np.ndarray] = {}
    with_less: dict[str, np.ndarray] = {}
    for half in (0, 1):
        learn = chosen.rows[chosen.half != half]
        if extra is not None:
            learn = np.concatenate([learn, extra.rows])
        place = chosen.half == half
        lesson = Lesson(learn, chosen.rows[place], speaker, quarter)
        _fill(found, learners.attack(release, level, lesson, seed), place)
        if with_curve and (less := lesson.less()) is not None:
            _fill(with_less, learners.attack(release, level, less, seed), place)
    by_amount: dict[str, dict[str, Identified]] = {}
    for amount in AMOUNTS:
        sessions = _sessions(chosen, amount, seed)
        if sessions is not None:
            by_amount[amount] = {name: _identified(x, *sessions) for name, x in found.items()}
    one = _sessions(chosen, "1", seed)
    assert one is not None, "a set of probes has a speaker without utterances"
    return ClosedAttack(
        by_amount, {name: _identified(x, *one).right for name, x in with_less.items()}
    )


def _fill(found: dict[str, np.ndarray], scores: dict[str, np.ndarray], place: np.ndarray) -> None:
    for name, own in scores.items():
        found.setdefault(name, np.zeros((len(place), own.shape[1])))[place] = own


def _sessions(
    chosen: ProbeSet, amount: str, seed: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray] | None:
    """Sessions as positions in ``chosen``, their speakers and halves.

    One utterance: each once. All: one session of each speaker and half. Otherwise random sessions.
    None if a speaker has fewer utterances in a half.
    """
    rng = np.random.default_rng(derived_seed(seed, "sessions", amount))
    sessions: list[np.ndarray] = []
    speakers: list[int] = []
    halves: list[int] = []
    for half in (0, 1):
        for speaker in range(len(chosen.speakers)):
            own = np.flatnonzero((chosen.half == half) & (chosen.speaker == speaker))
            if amount == "all":
                drawn = [own]
            elif len(own) < int(amount):
                return None
            elif amount == "1":
                drawn = list(own[:, None])
            else:
                drawn = [rng.permutation(own)[: int(amount)] for _ in range(SESSIONS)]
            sessions += drawn
            speakers += [speaker] * len(drawn)
            halves += [half] * len(drawn)
    return sessions, np.array(speakers), np.array(halves)


def _identified(
    scores: np.ndarray, sessions: list[np.ndarray], speaker: np.ndarray, half: np.ndarray
) -> Identified:
    added = np.stack([scores[session].sum(axis=0) for session in sessions])
    right = added.argmax(axis=1) == speaker
    counts = np.bincount(speaker)
    return Identified(np.bincount(speaker, right) / counts, bits(added, speaker, half))
