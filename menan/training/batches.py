"""The batches of an epoch, of many models side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from menan.model.bottlenecks import Bottleneck
from menan.model.network import EMBEDDING_DIMS
from menan.randomness import generator
from menan.training.lockstep import Batch
from menan.training.plan import RunData, UtteranceSet


class EpochBatches:
    """The training utterances of some runs in the order of one epoch, cut to batches.

    The order is a function of (seed, epoch) only. A run has as many batches as it needs, the last
    of them short.

    Args:
        runs: of one batch size, those with most utterances first.
        epoch: from 1.
    """

    def __init__(self, runs: Sequence[RunData], epoch: int):
        self.epoch = epoch
        self.seeds = [run.run.seed for run in runs]
        training = runs[0].training
        self.draws = training.noise_draws if Bottleneck.of(training).draws else 0
        self.size = runs[0].training.batch_size
        sets = [run.train for run in runs]
        self.lengths = [len(part) for part in sets]
        assert self.lengths == sorted(self.lengths, reverse=True), self.lengths
        orders = [_order(run, epoch) for run in runs]
        self.index, self.emotions, self.speakers = (
            pad_sequence(columns, batch_first=True)
            for columns in zip(*map(_in_order, sets, orders), strict=True)
        )
        device = self.index.device
        self.ends = torch.tensor(self.lengths, device=device)[:, None]
        self.columns = torch.arange(self.index.shape[1], device=device)

    def __len__(self) -> int:
        """Batches of the first run."""
        return -(-self.lengths[0] // self.size)

    def active(self, step: int) -> int:
        """How many runs, from the first, have a batch of this number (from 0)."""
        return sum(length > step * self.size for length in self.lengths)

    def batch(self, step: int) -> tuple[Batch, Tensor]:
        """The step's batch of each active run, and its true size, int64 (active,)."""
        models = slice(self.active(step))
        columns = slice(step * self.size, (step + 1) * self.size)
        there = self.columns[columns] < self.ends[models]
        sizes = there.sum(dim=1)
        parts = (part[models, columns] for part in (self.index, self.emotions, self.speakers))
        return Batch(*parts, weight=there / sizes[:, None]), sizes

    def noise(self, step: int) -> Tensor | None:
        """The bottleneck's in this step, (active, draws * batch, 96); None if it takes none.

        All utterances have their first draw before the second. A function of (seed, epoch, step).
        """
        if not self.draws:
            return None
        columns = len(self.columns[step * self.size : (step + 1) * self.size])
        generators = [
            generator(seed, "noise", self.epoch, step) for seed in self.seeds[: self.active(step)]
        ]
        shape = self.draws, self.size, EMBEDDING_DIMS
        whole = torch.stack([torch.randn(shape, generator=one) for one in generators])
        return whole[:, :, :columns].flatten(1, 2).to(self.index.device)


def _order(run: RunData, epoch: int) -> Tensor:
    draw = generator(run.run.seed, "order", epoch)
    return torch.randperm(len(run.train), generator=draw).to(run.train.index.device)


def _in_order(part: UtteranceSet, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return part.index[order], part.emotions[order], part.speakers[order]
