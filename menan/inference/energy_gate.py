"""The energy gate: which windows of a long recording hold more than silence."""

from functools import cached_property

import numpy as np

FRAME_SECONDS = 0.1
# A frame counts as sound if it lies this far above the noise floor, the level that a tenth of the
# frames does not exceed.
ABOVE_FLOOR_DB = 10.0
FLOOR_PERCENTILE = 10
# That bound is kept within this distance below the loudest frame. Calm speech is up to 50 dB below
# shouting (RAVDESS); the floor of a recording without pauses is speech.
MOST_BELOW_DB, LEAST_BELOW_DB = 60.0, 40.0
FEWEST_FRAMES = 3  # of sound that a window needs: the length of a word, longer than a click


class EnergyGate:
    """Listens to a recording block by block and remembers the energy of each 0.1 s.

    Args:
        rate: sampling rate in Hz.
    """

    left_out = "silent"

    def __init__(self, rate: int):
        self.size = round(FRAME_SECONDS * rate)
        self.samples = 0
        self._energies: list[float] = []

    def hear(self, samples: np.ndarray) -> None:
        """Take in a block, float32 (n,)."""
        frames = (self.samples + np.arange(len(samples))) // self.size
        first = self.samples // self.size
        sums = np.bincount(frames - first, weights=samples.astype(np.float64) ** 2).tolist()
        if len(self._energies) > first:
            self._energies[first] += sums.pop(0)
        self._energies += sums
        self.samples += len(samples)

    @cached_property
    def _is_sound(self) -> np.ndarray:
        with np.errstate(divide="ignore"):  # digital silence: -inf dB
            levels = 10 * np.log10(np.array(self._energies))
        loudest = levels.max(initial=-np.inf)
        floor = np.percentile(levels, FLOOR_PERCENTILE, method="lower")
        bound = np.clip(floor + ABOVE_FLOOR_DB, loudest - MOST_BELOW_DB, loudest - LEAST_BELOW_DB)
        return levels > bound

    def passes(self, start: int, end: int) -> bool:
        """Whether the samples ``start`` to ``end`` hold more than silence, once all is heard."""
        sound = self._is_sound[start // self.size : -(-end // self.size)]
        return bool(sound.sum() >= min(FEWEST_FRAMES, len(sound)))
