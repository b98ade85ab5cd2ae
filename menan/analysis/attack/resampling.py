"""A bootstrap over speakers for all figures of an attack."""

from collections.abc import Sequence

import numpy as np

from menan.analysis.attack.measures import weighted_eer
from menan.analysis.attack.open_set import Trials

RESAMPLES = 1000


class Resampling:
    """Means over networks: the observed one first, then one for each resample of the speakers.

    A speaker is drawn or left out for all networks and figures at once. Differences between two
    figures are thereby paired.
    """

    def __init__(self, speakers: Sequence[str], seed: int):
        self.place = {name: number for number, name in enumerate(speakers)}
        count = len(speakers)
        drawn = np.random.default_rng(seed).multinomial(
            count, np.full(count, 1 / count), size=RESAMPLES
        )
        self.weights = np.concatenate([np.ones((1, count)), drawn])

    def mean(self, speakers: Sequence[tuple[str, ...]], values: Sequence[np.ndarray]) -> np.ndarray:
        """Mean of a value of each speaker of each network, float64 (1 + resamples,).

        Args:
            speakers: the speakers of each network.
            values: (speakers,) of each network; NaN is left out.
        """
        value = np.concatenate(values)
        place = np.array([self.place[name] for of_network in speakers for name in of_network])
        known = np.isfinite(value)
        weights = self.weights[:, place[known]]
        with np.errstate(invalid="ignore"):
            return weights @ value[known] / weights.sum(axis=1)

    def eer(
        self, speakers: Sequence[tuple[str, ...]], trials: Sequence[Trials], back_end: str
    ) -> np.ndarray:
        """Mean over networks of their EER, float64 (1 + resamples,).

        A trial counts as often as both of its speakers were drawn.
        """
        return self._eer(speakers, trials, back_end, self.weights)

    def observed_eer(
        self, speakers: Sequence[tuple[str, ...]], trials: Sequence[Trials], back_end: str
    ) -> float:
        """The first of :meth:`eer`."""
        return float(self._eer(speakers, trials, back_end, self.weights[:1])[0])

    def _eer(
        self,
        speakers: Sequence[tuple[str, ...]],
        trials: Sequence[Trials],
        back_end: str,
        weights: np.ndarray,
    ) -> np.ndarray:
        eers = []
        for unseen, one in zip(speakers, trials, strict=True):
            of_unseen = weights[:, [self.place[name] for name in unseen]]
            of_pair = of_unseen[:, :, None] * of_unseen[:, None, :]
            # Both recordings of a target trial are by one speaker, which counts once.
            np.einsum("rss->rs", of_pair)[:] = of_unseen
            pair = one.enrolled * len(unseen) + one.tested
            of_pair = of_pair.reshape(len(weights), -1)
            eers.append(weighted_eer(one.scores[back_end], one.target, pair, of_pair))
        # A resample may lack a network's speakers: its mean is over the others.
        found = np.stack(eers)
        known = np.isfinite(found)
        with np.errstate(invalid="ignore"):
            return np.where(known, found, 0).sum(axis=0) / known.sum(axis=0)
