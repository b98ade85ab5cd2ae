"""Selection of an epoch after training, from the held-out posteriors of every epoch.

The paper names no rule; all of these are applied to one run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from menan.errors import InputError
from menan.files.atomic import atomic_path
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy


@dataclass(frozen=True)
class HeldOut:
    """What one training said of utterances whose speakers it never saw.

    utts, speakers: str (utterances,).
    labels: int (utterances,), indices into EMOTIONS.
    log_posteriors: float32 (epochs, utterances, 4), in nats.
    """

    utts: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray
    log_posteriors: np.ndarray

    def of_speaker(self, speaker: str | None) -> "HeldOut":
        """The utterances of one speaker; all of them for None."""
        if speaker is None:
            return self
        rows = self.speakers == speaker
        return HeldOut(
            self.utts[rows], self.speakers[rows], self.labels[rows], self.log_posteriors[:, rows]
        )

    @property
    def guesses(self) -> np.ndarray:
        """int (epochs, utterances)."""
        return self.log_posteriors.argmax(axis=-1)

    def wa(self) -> np.ndarray:
        """float (epochs,)."""
        return weighted_accuracy(self.labels, self.guesses)

    def ua(self) -> np.ndarray:
        """float (epochs,)."""
        return unweighted_accuracy(self.labels, self.guesses)

    def loss(self) -> np.ndarray:
        """Emotion cross-entropy in nats, float (epochs,)."""
        rows = np.arange(len(self.labels))
        return -self.log_posteriors[:, rows, self.labels].mean(axis=-1, dtype=np.float64)

    def save(self, path: str | Path) -> None:
        with atomic_path(path) as beside:
            np.savez_compressed(beside, **vars(self))

    @classmethod
    def load(cls, path: str | Path) -> "HeldOut":
        """Raises InputError for a file that :meth:`save` did not write."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})
        except FileNotFoundError:
            raise InputError(f"{path}: missing; has this training finished?") from None
        except Exception as error:  # numpy lets errors of zipfile, zlib and struct through
            raise InputError(f"{path}: not the posteriors of a training ({error})") from None


# Each gives the index of an epoch from what one speaker's utterances saw; argmax and argmin
# return the first of equals, so the earliest epoch wins.
EPOCH_RULES: dict[str, Callable[[HeldOut], int]] = {
    "best-ua": lambda valid: int(valid.ua().argmax()),
    "best-wa": lambda valid: int(valid.wa().argmax()),
    "best-loss": lambda valid: int(valid.loss().argmin()),
    "last": lambda valid: len(valid.log_posteriors) - 1,
}

# last10 averages posteriors and has no one epoch; oracle looks at the test speaker.
RULES = (*EPOCH_RULES, "last10", "oracle")


def check_rule(rule: str) -> None:
    """Raises InputError for a name that is not in RULES."""
    if rule not in RULES:
        raise InputError(f"unknown selection rule {rule!r}; there are {', '.join(RULES)}")


def selected_log_posteriors(
    rule: str, valid: HeldOut, test: HeldOut
) -> tuple[int | None, np.ndarray, np.ndarray]:
    """What a rule makes of a fold: log posteriors of its validation and its test speaker.

    Returns:
        The epoch (from 1; None for last10), and (utterances, 4) of either speaker.
    """
    check_rule(rule)
    if rule == "last10":
        last = [np.exp(part.log_posteriors[-10:]).mean(axis=0) for part in (valid, test)]
        return None, *(np.log(mean) for mean in last)
    if rule == "oracle":
        epoch = EPOCH_RULES["best-ua"](test)
    else:
        epoch = EPOCH_RULES[rule](valid)
    return epoch + 1, valid.log_posteriors[epoch], test.log_posteriors[epoch]
