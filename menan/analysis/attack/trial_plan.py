"""Which utterances of unseen speakers are compared: the same for every release and attacker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from menan.analysis.attack.attack_names import ANY, OTHER_TEXT, SAME_EMOTION
from menan.analysis.attack.recordings import Recordings
from menan.randomness import derived_seed

SPLITS = 100  # of each speaker's utterances into enrolment and test
# Utterances of enrolment and of test.
AMOUNTS = (("1", "1"), ("2", "2"), ("5", "5"), ("10", "10"), ("all", "1"), ("all", "all"))


@dataclass(frozen=True)
class Unseen:
    """Utterances of speakers who are attacked. Arrays are (utterances,).

    rows: int, rows of the release.
    speaker: int, 0 to K - 1.
    block: int (K,); trials are formed within a block, such as a gender.
    condition: condition that enrolment and test share, such as the emotion.
    text: what is said, different in enrolment and test; None where it is unknown.
    """

    rows: np.ndarray
    speaker: np.ndarray
    block: np.ndarray
    condition: np.ndarray
    text: np.ndarray | None


@dataclass(frozen=True)
class TrialPlan:
    """Trials of unseen speakers.

    rows: int (utterances,), rows of the release.
    first, second: int (pairs,), the speakers whose recordings are compared in each split.
    recordings: for enrolment and for test, each (splits, speakers), by kind of trial and amounts.
    """

    rows: np.ndarray
    first: np.ndarray
    second: np.ndarray
    recordings: dict[tuple[str, str, str], tuple[Recordings, Recordings]]


@dataclass(frozen=True)
class Split:
    """Utterances of each speaker for enrolment and for test, in random order; positions."""

    enrol: list[np.ndarray]
    test: list[np.ndarray]


def split_any(unseen: Unseen, rng: np.random.Generator) -> Split:
    """Halves of each speaker's utterances."""
    return _halves(unseen, np.ones(len(unseen.rows), dtype=bool), rng)


def split_matched(unseen: Unseen, rng: np.random.Generator) -> Split:
    """Halves of each speaker's utterances under one condition, which is drawn."""
    condition = rng.choice(np.unique(unseen.condition))
    return _halves(unseen, unseen.condition == condition, rng)


def split_by_text(unseen: Unseen, rng: np.random.Generator) -> Split:
    """Half of the texts for enrolment, the others for test."""
    assert unseen.text is not None
    texts = rng.permutation(np.unique(unseen.text))
    is_enrolment = np.isin(unseen.text, texts[: len(texts) // 2])
    order = rng.permutation(len(unseen.rows))
    speakers = range(len(unseen.block))
    return Split(
        *(
            [order[(unseen.speaker[order] == one) & chosen[order]] for one in speakers]
            for chosen in (is_enrolment, ~is_enrolment)
        )
    )


SPLITTERS: dict[str, Callable[[Unseen, np.random.Generator], Split]] = {
    ANY: split_any,
    SAME_EMOTION: split_matched,
    OTHER_TEXT: split_by_text,
}


def plan_trials(unseen: Unseen, seed: int) -> TrialPlan:
    """Splits into enrolment and test for every kind of trial.

    Amounts that a speaker does not have are left out.
    """
    recordings: dict[tuple[str, str, str], tuple[Recordings, Recordings]] = {}
    for kind, splitter in SPLITTERS.items():
        if kind == OTHER_TEXT and (unseen.text is None or len(np.unique(unseen.text)) < 2):
            continue
        rng = np.random.default_rng(derived_seed(seed, "trials", kind))
        taken: dict[tuple[str, str], tuple[list[np.ndarray], list[np.ndarray]]] = {}
        for split in [splitter(unseen, rng) for _ in range(SPLITS)]:
            for enrol, test in AMOUNTS:
                enrolled, tested = _taken(split.enrol, enrol), _taken(split.test, test)
                if enrolled is not None and tested is not None:
                    both = taken.setdefault((enrol, test), ([], []))
                    both[0].extend(enrolled)
                    both[1].extend(tested)
        for (enrol, test), (enrolled, tested) in taken.items():
            shape = (-1, len(unseen.block))
            recordings[kind, enrol, test] = (
                Recordings.of(enrolled, shape),
                Recordings.of(tested, shape),
            )
    first, second = np.nonzero(unseen.block[:, None] == unseen.block)
    return TrialPlan(unseen.rows, first, second, recordings)


def _halves(unseen: Unseen, chosen: np.ndarray, rng: np.random.Generator) -> Split:
    order = rng.permutation(len(unseen.rows))
    of = [order[(unseen.speaker[order] == one) & chosen[order]] for one in range(len(unseen.block))]
    return Split([own[: len(own) // 2] for own in of], [own[len(own) // 2 :] for own in of])


def _taken(of: list[np.ndarray], amount: str) -> list[np.ndarray] | None:
    """Each speaker's first utterances; None if a speaker has too few."""
    wanted = 1 if amount == "all" else int(amount)
    if min(map(len, of)) < wanted:
        return None
    return of if amount == "all" else [own[:wanted] for own in of]
