"""Closed set: which of the training speakers is heard in N utterances?"""

from dataclasses import dataclass

import numpy as np

from menan.analysis.attack import learners
from menan.analysis.attack.learners import Lesson
from menan.analysis.attack.measures import bits
from menan.analysis.attack.recordings import Recordings
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


@dataclass(frozen=True)
class Sessions:
    """Sessions of one or more utterances by one speaker, who is to be named.

    recordings: (sessions,), positions in a :class:`ProbeSet`.
    speaker, half: int (sessions,).
    """

    recordings: Recordings
    speaker: np.ndarray
    half: np.ndarray


@dataclass(frozen=True)
class ClosedSetPlan:
    """What is learned from and tested in a closed set, by every release and attacker.

    chosen: the utterances of the training speakers.
    extra: other utterances of the same speakers, learned from in full.
    sessions: by amount; an amount is missing where a speaker has fewer utterances in a half.
    """

    chosen: ProbeSet
    extra: ProbeSet | None
    sessions: dict[str, Sessions]


def plan_closed_set(chosen: ProbeSet, extra: ProbeSet | None, seed: int) -> ClosedSetPlan:
    """Draw the sessions of a closed set."""
    drawn = {amount: _sessions(chosen, amount, seed) for amount in AMOUNTS}
    sessions = {amount: one for amount, one in drawn.items() if one is not None}
    return ClosedSetPlan(chosen, extra, sessions)


def attack_closed_set(
    release: Release, level: str, plan: ClosedSetPlan, seed: int, with_curve: bool = False
) -> ClosedAttack:
    """Learn on one half, name the speakers of the other, and the other way round.

    Args:
        release: rows as in ``plan.chosen.rows``.
        with_curve: learn from half as much too.
    """
    chosen, extra = plan.chosen, plan.extra
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
    one = plan.sessions["1"]
    return ClosedAttack(
        {
            amount: {name: _identified(x, sessions) for name, x in found.items()}
            for amount, sessions in plan.sessions.items()
        },
        {name: _right(one.recordings.sums(x), one) for name, x in with_less.items()},
    )


def _fill(found: dict[str, np.ndarray], scores: dict[str, np.ndarray], place: np.ndarray) -> None:
    for name, own in scores.items():
        found.setdefault(name, np.zeros((len(place), own.shape[1])))[place] = own


def _sessions(chosen: ProbeSet, amount: str, seed: int) -> Sessions | None:
    """Sessions of an amount; None if a speaker has fewer utterances in a half.

    One utterance: each once. All: one session of each speaker and half. Otherwise random sessions.
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
    recordings = Recordings.of(sessions, (len(sessions),))
    return Sessions(recordings, np.array(speakers), np.array(halves))


def _identified(scores: np.ndarray, sessions: Sessions) -> Identified:
    added = sessions.recordings.sums(scores)
    return Identified(_right(added, sessions), bits(added, sessions.speaker, sessions.half))


def _right(added: np.ndarray, sessions: Sessions) -> np.ndarray:
    """Share of each speaker's sessions that are named rightly, float64 (speakers,)."""
    right = added.argmax(axis=1) == sessions.speaker
    return np.bincount(sessions.speaker, right) / np.bincount(sessions.speaker)
