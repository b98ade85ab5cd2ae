"""The batches of one epoch, for many models side by side."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from menan.model.bottlenecks import make_bottleneck
from menan.model.network import empty_network
from menan.randomness import generator
from menan.training.balance import balanced_order
from menan.training.lockstep import Batch
from menan.training.plan import RunData, UtteranceSet


class EpochBatches:
    """The training utterances of some runs in the order of one epoch, cut into batches.

    The order is a function of (seed, epoch) only. A run has as many batches as it needs; its last
    one may be shorter. With balanced corpora some utterances come several times, others not at all
    (:func:`menan.training.balance.balanced_order`).

    known: number of utterances of each run whose speaker is known, as often as they come.

    Args:
        runs: runs with one batch size and one model, those with most utterances first.
        epoch: counted from 1.
    """

    def __init__(self, runs: Sequence[RunData], epoch: int):
        self.epoch = epoch
        self.seeds = [run.run.seed for run in runs]
        self.bottleneck = make_bottleneck(runs[0].model.bottleneck)
        self.encoder = empty_network(runs[0].shape).encoder
        self.size = runs[0].training.batch_size
        sets = [run.train for run in runs]
        self.lengths = [len(part) for part in sets]
        assert self.lengths == sorted(self.lengths, reverse=True), self.lengths
        orders = [_order(run, epoch) for run in runs]
        columns = list(zip(*map(_in_order, sets, orders), strict=True))
        self.known = [int((speakers >= 0).sum()) for speakers in columns[-1]]
        index, emotions, speakers = (
            pad_sequence(list(column), batch_first=True) for column in columns
        )
        column = torch.arange(index.shape[1], device=index.device)
        there = column < torch.tensor(self.lengths, device=index.device)[:, None]
        known = there & (speakers >= 0)
        self.sizes, weight = self._weights(there)
        _, speaker_weight = self._weights(known)
        self.whole = Batch(index, emotions, speakers.clamp(min=0), weight, speaker_weight)

    def __len__(self) -> int:
        """Number of batches of the first run."""
        return -(-self.lengths[0] // self.size)

    def active(self, step: int) -> int:
        """Number of runs, from the first, that have a batch with this number (from 0)."""
        return sum(length > step * self.size for length in self.lengths)

    def batch(self, step: int) -> tuple[Batch, Tensor]:
        """The batch of each active run in a step, and its true size, int64 (active,)."""
        models, columns = slice(self.active(step)), self._columns(step)
        batch = Batch(*(part[models, columns] for part in vars(self.whole).values()))
        return batch, self.sizes[models, step]

    def _columns(self, step: int) -> slice:
        return slice(step * self.size, (step + 1) * self.size)

    def _weights(self, counted: Tensor) -> tuple[Tensor, Tensor]:
        """Utterances that count, of each run and batch, and each one's weight in its batch mean."""
        filled = F.pad(counted, (0, len(self) * self.size - counted.shape[1]))
        batches = filled.unflatten(1, (len(self), self.size))
        sizes = batches.sum(dim=2)
        weights = batches / sizes.clamp(min=1)[..., None]
        return sizes, weights.flatten(1)[:, : counted.shape[1]]

    def noise(self, step: int) -> Tensor | None:
        """Noise of a stochastic bottleneck in a step, (active, draws * batch, dims of v), or None.

        All utterances have their first draw before the second. A function of (seed, epoch, step).
        """
        if not self.bottleneck.is_stochastic:
            return None
        columns = self.whole.index[0, self._columns(step)].shape[0]
        shape = self.bottleneck.draws, self.size, self.encoder.dims_out

        def draw(seed: int) -> Tensor:
            whole = torch.randn(shape, generator=generator(seed, "noise", self.epoch, step))
            return whole[:, :columns].flatten(0, 1)

        return self._by_seed(draw, step)

    def kept(self, step: int) -> Tensor | None:
        """What dropout leaves of the encoder's units in a step, (active, batch, units), or None.

        Zeros, and 1 / (1 - dropout) elsewhere. A function of (seed, epoch, step).
        """
        rate = self.encoder.dropout
        if not rate:
            return None
        columns = self.whole.index[0, self._columns(step)].shape[0]
        shape = self.size, self.encoder.dropout_units

        def draw(seed: int) -> Tensor:
            own = generator(seed, "dropout", self.epoch, step)
            return torch.empty(shape).bernoulli_(1 - rate, generator=own)[:columns] / (1 - rate)

        return self._by_seed(draw, step)

    def _by_seed(self, draw: Callable[[int], Tensor], step: int) -> Tensor:
        """A draw for each active run in a step; runs with one seed share one, without a copy."""
        seeds = self.seeds[: self.active(step)]
        draws = {seed: draw(seed).to(self.whole.index.device) for seed in dict.fromkeys(seeds)}
        if len(draws) == 1:
            return draws[seeds[0]].expand(len(seeds), -1, -1)
        return torch.stack([draws[seed] for seed in seeds])


def _order(run: RunData, epoch: int) -> Tensor:
    if run.training.balance == "corpus":
        order = balanced_order(run.train.corpora, generator(run.run.seed, "balance", epoch))
    else:
        order = torch.randperm(len(run.train), generator=generator(run.run.seed, "order", epoch))
    return order.to(run.train.index.device)


def _in_order(part: UtteranceSet, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return part.index[order], part.emotions[order], part.speakers[order]
