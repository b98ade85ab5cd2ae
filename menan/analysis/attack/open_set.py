"""Open set: are two recordings by one speaker, whom neither network nor attacker has heard?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.covariance import ledoit_wolf

from menan.analysis.attack.attack_names import (
    ANY,
    IGNORANT,
    INFORMED,
    KNOWN,
    OTHER_TEXT,
    SAME_EMOTION,
)
from menan.analysis.attack.learners import DRAWS
from menan.analysis.attack.releases import Release
from menan.randomness import derived_seed

SPLITS = 100  # of each speaker's utterances into enrolment and test
# Utterances of enrolment and of test.
AMOUNTS = (("1", "1"), ("2", "2"), ("5", "5"), ("10", "10"), ("all", "1"), ("all", "all"))

# Scores (m, n) of pairs from means of some utterances: (enrolled (m, dims), number of utterances
# of each (m,), tested (n, dims), their numbers (n,)).
BackEnd = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


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
class Trials:
    """Pairs of recordings, each of one or more utterances. All arrays are (trials,).

    enrolled, tested: int, speakers.
    """

    scores: dict[str, np.ndarray]
    enrolled: np.ndarray
    tested: np.ndarray

    @property
    def target(self) -> np.ndarray:
        """Whether both recordings are by one speaker."""
        return self.enrolled == self.tested


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


def _halves(unseen: Unseen, chosen: np.ndarray, rng: np.random.Generator) -> Split:
    order = rng.permutation(len(unseen.rows))
    of = [order[(unseen.speaker[order] == one) & chosen[order]] for one in range(len(unseen.block))]
    return Split([own[: len(own) // 2] for own in of], [own[len(own) // 2 :] for own in of])


def attack_open_set(
    release: Release, level: str, known: np.ndarray, speaker: np.ndarray, unseen: Unseen, seed: int
) -> dict[tuple[str, str, str], Trials]:
    """Trials by kind of trial and by the amounts of enrolment and test, scored by each back-end.

    Amounts that a speaker does not have are left out.

    Args:
        known: int, rows of the speakers whom the attacker knows.
        speaker: (rows known,), who speaks in them.
    """
    rng = np.random.default_rng(derived_seed(seed, "back-ends", level))
    learned_from = release.bare if level in (IGNORANT, KNOWN) else release.released
    draws, x = [learned_from[known]], release.bare if level == KNOWN else release.released
    if level == INFORMED and release.draw is not None:
        draws = [release.draw(known, rng) for _ in range(DRAWS)]
    x_known = np.concatenate(draws)
    speaker = np.tile(np.unique(speaker, return_inverse=True)[1], len(draws))
    x_unseen = x[unseen.rows]
    if release.fit_eraser is not None:
        erase = release.fit_eraser(x_known, speaker)
        x_known, x_unseen = erase(x_known), erase(x_unseen)
    back_ends = fit_back_ends(x_known, speaker)
    trials: dict[tuple[str, str, str], list[Trials]] = {}
    for kind, splitter in SPLITTERS.items():
        if kind == OTHER_TEXT and (unseen.text is None or len(np.unique(unseen.text)) < 2):
            continue
        # The same splits for every release and level: differences between them are paired.
        rng = np.random.default_rng(derived_seed(seed, "trials", kind))
        for _ in range(SPLITS):
            split = splitter(unseen, rng)
            for enrol, test in AMOUNTS:
                sides = _means(x_unseen, split.enrol, enrol), _means(x_unseen, split.test, test)
                if sides[0] is not None and sides[1] is not None:
                    own = _trials(back_ends, sides[0], sides[1], unseen.block)
                    trials.setdefault((kind, enrol, test), []).append(own)
    return {key: _joined(own) for key, own in trials.items()}


def fit_back_ends(x: np.ndarray, speaker: np.ndarray) -> dict[str, BackEnd]:
    """Cosine, cosine after LDA, and PLDA, from utterances of speakers whom the attacker knows.

    The within-speaker covariance shrinks by Ledoit and Wolf (2004). PLDA has two covariances
    (Brümmer and de Villiers, Odyssey 2010); a mean of n utterances has 1 / n of the second one.

    Args:
        x: (utterances, dims).
        speaker: int (utterances,), 0 to K - 1.
    """
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = (x - mean) / scale
    counts = np.bincount(speaker)
    centres = np.stack([x[speaker == one].mean(axis=0) for one in range(len(counts))])
    within, _ = ledoit_wolf(x - centres[speaker], assume_centered=True)
    within = within + 1e-6 * np.eye(len(within))
    # Centres of few utterances vary by themselves; what remains is between speakers.
    between = np.cov(centres.T, bias=True).reshape(within.shape) - within * (1 / counts).mean()
    # The directions of LDA: within becomes I, between becomes diagonal.
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    strength, rotation = np.linalg.eigh(whiten.T @ between @ whiten)
    kept = strength > 1e-6
    project, strength = whiten @ rotation[:, kept], strength[kept]

    def standardised(y: np.ndarray) -> np.ndarray:
        return (y - mean) / scale

    back_ends: dict[str, BackEnd] = {
        "cosine": lambda a, n_a, b, n_b: _cosine(standardised(a), standardised(b))
    }
    if kept.any():
        back_ends["LDA"] = lambda a, n_a, b, n_b: _cosine(
            standardised(a) @ project, standardised(b) @ project
        )
        back_ends["PLDA"] = lambda a, n_a, b, n_b: _plda(
            standardised(a) @ project, n_a, standardised(b) @ project, n_b, strength
        )
    return back_ends


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    tiny = np.finfo(float).tiny
    a = a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), tiny)
    b = b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), tiny)
    return a @ b.T


def _plda(
    a: np.ndarray, n_a: np.ndarray, b: np.ndarray, n_b: np.ndarray, strength: np.ndarray
) -> np.ndarray:
    """Log likelihood ratio of one speaker against two, where within is I and between diagonal."""
    var_a = (strength + 1 / n_a[:, None])[:, None]  # (m, 1, dims)
    var_b = (strength + 1 / n_b[:, None])[None]
    a, b = a[:, None], b[None]
    determinant = var_a * var_b - strength**2
    joint = (var_b * a**2 - 2 * strength * a * b + var_a * b**2) / determinant
    apart = a**2 / var_a + b**2 / var_b
    logs = np.log(determinant) - np.log(var_a * var_b)
    return -0.5 * (joint - apart + logs).sum(axis=2)


def _means(
    x: np.ndarray, of: list[np.ndarray], amount: str
) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean of each speaker's first utterances, and their number; None if a speaker has too few."""
    wanted = 1 if amount == "all" else int(amount)
    if min(map(len, of)) < wanted:
        return None
    taken = of if amount == "all" else [own[:wanted] for own in of]
    return np.stack([x[own].mean(axis=0) for own in taken]), np.array([len(own) for own in taken])


def _trials(
    back_ends: dict[str, BackEnd],
    enrolled: tuple[np.ndarray, np.ndarray],
    tested: tuple[np.ndarray, np.ndarray],
    block: np.ndarray,
) -> Trials:
    first, second = np.nonzero(block[:, None] == block)
    return Trials(
        {name: score(*enrolled, *tested)[first, second] for name, score in back_ends.items()},
        first,
        second,
    )


def _joined(trials: list[Trials]) -> Trials:
    return Trials(
        {name: np.concatenate([one.scores[name] for one in trials]) for name in trials[0].scores},
        np.concatenate([one.enrolled for one in trials]),
        np.concatenate([one.tested for one in trials]),
    )
