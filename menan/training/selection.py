"""Selection of an epoch after training, from the held-out posteriors of every epoch.

The paper names no rule; all of these are applied to each run.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from menan.errors import InputError
from menan.files.atomic import atomic_path
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy


@dataclass(frozen=True)
class HeldOut:
    """Posteriors of a training, after every epoch, for utterances of held-out speakers.

    utts, speakers: str (utterances,); with a split, its parts stand for the speakers.
    labels: int (utterances,), indices into the label set.
    log_posteriors: float32 (epochs, utterances, emotions), in nats.
    """

    utts: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray
    log_posteriors: np.ndarray

    def of_speaker(self, speaker: str | None) -> "HeldOut":
        """The utterances of one speaker, or of one part; none of them for None."""
        rows = self.speakers == speaker if speaker is not None else np.zeros(len(self.utts), bool)
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
        """Read a file of :meth:`save`.

        Raises:
            InputError: missing, or another kind of file.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})
        except FileNotFoundError:
            raise InputError(f"{path}: missing; has this training finished?") from None
        except Exception as error:  # numpy lets errors of zipfile, zlib and struct through
            raise InputError(f"{path}: not the posteriors of a training ({error})") from None


class SelectionRule(ABC):
    """How an epoch is chosen after training.

    name: what ``--rule`` calls it.
    description: one line for reports.
    sees_test: whether it looks at the test speaker; such a figure is an upper bound only.
    needs_valid: whether it looks at the validation speaker.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    sees_test: ClassVar[bool] = False
    needs_valid: ClassVar[bool] = False

    def is_possible(self, valid: HeldOut) -> bool:
        """Whether a fold has what the rule looks at; ``valid`` is empty without validation."""
        return len(valid.utts) > 0 or not self.needs_valid

    @abstractmethod
    def select(self, valid: HeldOut, test: HeldOut) -> tuple[int | None, np.ndarray, np.ndarray]:
        """The choice for one fold.

        Returns:
            The epoch (from 1; None for a mean of several), and the log posteriors of the
            validation and the test speaker, (utterances, emotions) each.
        """


class EpochRule(SelectionRule):
    """A rule that chooses one epoch by the validation speaker alone."""

    @abstractmethod
    def epoch(self, valid: HeldOut) -> int:
        """Index of the epoch, from 0; the earliest of equals."""

    def select(self, valid: HeldOut, test: HeldOut) -> tuple[int | None, np.ndarray, np.ndarray]:
        epoch = self.epoch(valid)
        return epoch + 1, valid.log_posteriors[epoch], test.log_posteriors[epoch]


class BestUa(EpochRule):
    name = "best-ua"
    description = "the epoch with the best UA of the validation speaker"
    needs_valid = True

    def epoch(self, valid: HeldOut) -> int:
        return int(valid.ua().argmax())


class BestWa(EpochRule):
    name = "best-wa"
    description = "the epoch with the best WA of the validation speaker"
    needs_valid = True

    def epoch(self, valid: HeldOut) -> int:
        return int(valid.wa().argmax())


class BestLoss(EpochRule):
    name = "best-loss"
    description = "the epoch with the lowest emotion loss of the validation speaker"
    needs_valid = True

    def epoch(self, valid: HeldOut) -> int:
        return int(valid.loss().argmin())


class Last(EpochRule):
    name = "last"
    description = "the last epoch"

    def epoch(self, valid: HeldOut) -> int:
        return len(valid.log_posteriors) - 1


class LastTen(SelectionRule):
    name = "last10"
    description = "the mean posterior of the last ten epochs"

    def select(self, valid: HeldOut, test: HeldOut) -> tuple[int | None, np.ndarray, np.ndarray]:
        means = [np.exp(part.log_posteriors[-10:]).mean(axis=0) for part in (valid, test)]
        return None, np.log(means[0]), np.log(means[1])


class Oracle(SelectionRule):
    name = "oracle"
    description = "the epoch with the best UA of the test speaker: an upper bound"
    sees_test = True

    def select(self, valid: HeldOut, test: HeldOut) -> tuple[int | None, np.ndarray, np.ndarray]:
        epoch = BestUa().epoch(test)
        return epoch + 1, valid.log_posteriors[epoch], test.log_posteriors[epoch]


RULES: dict[str, SelectionRule] = {
    rule.name: rule for rule in (BestUa(), BestWa(), BestLoss(), Last(), LastTen(), Oracle())
}
# The rules for which training writes model files.
EPOCH_RULES = {name: rule for name, rule in RULES.items() if isinstance(rule, EpochRule)}


def selection_rule(name: str) -> SelectionRule:
    """The rule of that name.

    Raises:
        InputError: there is none.
    """
    if name not in RULES:
        raise InputError(f"unknown selection rule {name!r}; choose from {', '.join(RULES)}")
    return RULES[name]
