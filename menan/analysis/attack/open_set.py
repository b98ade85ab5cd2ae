"""Open set: are two recordings by one speaker, whom neither network nor attacker has heard?"""

from dataclasses import dataclass

import numpy as np

from menan.analysis.attack.attack_names import IGNORANT, INFORMED, KNOWN
from menan.analysis.attack.back_ends import BackEnd, fit_back_ends
from menan.analysis.attack.learners import DRAWS
from menan.analysis.attack.recordings import Recordings
from menan.analysis.attack.releases import Release
from menan.analysis.attack.trial_plan import TrialPlan
from menan.randomness import derived_seed

MOST_VALUES = 4_000_000  # compared at once: a value for each pair of speakers and dimension


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


def attack_open_set(
    release: Release, level: str, known: np.ndarray, speaker: np.ndarray, plan: TrialPlan, seed: int
) -> dict[tuple[str, str, str], Trials]:
    """Trials by kind of trial and by the amounts of enrolment and test, scored by each back-end.

    Args:
        known: int, rows of the speakers whom the attacker knows.
        speaker: (rows known,), who speaks in them.
        plan: the same for every release and level, so that differences between them are paired.
    """
    rng = np.random.default_rng(derived_seed(seed, "back-ends", level))
    learned_from = release.bare if level in (IGNORANT, KNOWN) else release.released
    draws, x = [learned_from[known]], release.bare if level == KNOWN else release.released
    if level == INFORMED and release.draw is not None:
        draws = [release.draw(known, rng) for _ in range(DRAWS)]
    x_known = np.concatenate(draws)
    speaker = np.tile(np.unique(speaker, return_inverse=True)[1], len(draws))
    x_unseen = x[plan.rows]
    if release.fit_eraser is not None:
        erase = release.fit_eraser(x_known, speaker)
        x_known, x_unseen = erase(x_known), erase(x_unseen)
    back_ends = fit_back_ends(x_known, speaker)
    found = {}
    for key, (enrolled, tested) in plan.recordings.items():
        scores = _scores(back_ends, x_unseen, enrolled, tested, plan)
        splits = len(enrolled.count)
        found[key] = Trials(scores, np.tile(plan.first, splits), np.tile(plan.second, splits))
    return found


def _scores(
    back_ends: dict[str, BackEnd],
    x: np.ndarray,
    enrolled: Recordings,
    tested: Recordings,
    plan: TrialPlan,
) -> dict[str, np.ndarray]:
    """Scores of the pairs of all splits, one split after another, by back-end: (trials,)."""
    splits, speakers = enrolled.count.shape
    at_once = max(1, MOST_VALUES // (speakers * speakers * x.shape[1]))
    found: dict[str, list[np.ndarray]] = {name: [] for name in back_ends}
    for start in range(0, splits, at_once):
        one, other = enrolled[start : start + at_once], tested[start : start + at_once]
        a, b = one.means(x), other.means(x)
        for name, score in back_ends.items():
            pairs = score(a, one.count, b, other.count)
            found[name].append(pairs[:, plan.first, plan.second].ravel())
    return {name: np.concatenate(parts) for name, parts in found.items()}
