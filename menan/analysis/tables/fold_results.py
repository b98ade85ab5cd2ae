"""The folds of trainings under a selection rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from menan.analysis.runs import TrainedRun
from menan.errors import InputError
from menan.scoring.accuracy import unweighted_accuracy, weighted_accuracy
from menan.training.selection import Last, selection_rule

LAST_EPOCHS = 10  # over which the spread of the test UA is taken


@dataclass(frozen=True)
class SpeakerPosteriors:
    """One speaker's utterances at the chosen epoch: labels (n,), log posteriors (n, emotions)."""

    labels: np.ndarray
    log_posteriors: np.ndarray

    @property
    def guesses(self) -> np.ndarray:
        """Int (n,)."""
        return self.log_posteriors.argmax(axis=-1)

    @property
    def wa(self) -> float:
        return float(weighted_accuracy(self.labels, self.guesses))

    @property
    def ua(self) -> float:
        return float(unweighted_accuracy(self.labels, self.guesses))


@dataclass(frozen=True)
class FoldResult:
    """One fold of one training under one rule.

    group: the group or split that the training held out.
    valid_speaker, valid: None where the fold has no validation.
    epoch: from 1; None for a rule that mixes epochs.
    epoch_sd: standard deviation of the test UA over the last ten epochs.
    """

    system: str
    seed: int
    group: str
    valid_speaker: str | None
    test_speaker: str
    epoch: int | None
    valid: SpeakerPosteriors | None
    test: SpeakerPosteriors
    epoch_sd: float


def fold_results(runs: Sequence[TrainedRun], rule: str) -> list[FoldResult]:
    """Every fold of every training, the epoch chosen by ``rule``.

    Raises:
        InputError: a rule that looks at the validation speaker, of whom a fold has none.
    """
    return [fold for run in runs for fold in _folds_of_run(run, rule)]


def mean_test_ua(folds: Sequence[FoldResult]) -> float:
    """Mean over folds and seeds, per cent."""
    return 100 * float(np.mean([fold.test.ua for fold in folds]))


def _folds_of_run(run: TrainedRun, rule: str) -> Iterator[FoldResult]:
    chosen = selection_rule(rule)
    for test_speaker, valid_speaker in run.folds:
        valid = run.heldout.of_speaker(valid_speaker)
        test = run.heldout.of_speaker(test_speaker)
        if not chosen.is_possible(valid):
            raise InputError(
                f"{run.directory}: no part for validation, which the rule {rule} needs; choose "
                f"--rule {Last.name}"
            )
        epoch, valid_log_p, test_log_p = chosen.select(valid, test)
        yield FoldResult(
            system=run.system,
            seed=run.seed,
            group=str(run.config.hold_out),
            valid_speaker=valid_speaker,
            test_speaker=test_speaker,
            epoch=epoch,
            valid=SpeakerPosteriors(valid.labels, valid_log_p) if valid_speaker else None,
            test=SpeakerPosteriors(test.labels, test_log_p),
            epoch_sd=float(test.ua()[-LAST_EPOCHS:].std()),
        )
