"""How long generated utterances are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from menan.errors import InputError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Lengths:
    """The range of utterance lengths, which are drawn uniformly; seconds.

    Raises:
        InputError: not 0.5 <= shortest <= longest <= 60.
    """

    shortest: float = 1.2
    longest: float = 3.5

    def __post_init__(self) -> None:
        if not 0.5 <= self.shortest <= self.longest <= 60:
            raise InputError(
                f"--min-seconds {self.shortest:g}, --max-seconds {self.longest:g}; expected 0.5 <= "
                "min-seconds <= max-seconds <= 60"
            )

    def draw(self, rng: "np.random.Generator") -> float:
        return rng.uniform(self.shortest, self.longest)
