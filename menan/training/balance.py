"""Balanced corpora: the order of an epoch in which every corpus is drawn equally often.

Places of the epoch go to the corpora in turn, so that in any batch, and in the epoch, the numbers
of two corpora differ by one at most. The epoch is as long as without balance: an utterance of a
small corpus comes several times, and of a large one a part is drawn.
"""

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Generator, Tensor


def balanced_order(corpora: Sequence[str], draw: Generator) -> Tensor:
    """Utterances in the order of an epoch, int64 (utterances,).

    The generator first permutes the corpora, sorted by name: this is their turn. Then it permutes
    each corpus in this turn, again and again until its places are filled, so that no utterance
    comes twice before every other one of its corpus has come once.

    Args:
        corpora: the corpus of each utterance.

    >>> draw = torch.Generator().manual_seed(1)
    >>> order = balanced_order(["A", "B", "B", "B", "B", "B"], draw)
    >>> [int(i > 0) for i in order]  # 1 is corpus B
    [1, 0, 1, 0, 1, 0]
    """
    names = sorted(set(corpora))
    order = torch.empty(len(corpora), dtype=torch.int64)
    turn = torch.randperm(len(names), generator=draw).tolist()
    for place, number in enumerate(turn):
        own = torch.tensor([i for i, name in enumerate(corpora) if name == names[number]])
        places = len(order[place :: len(names)])
        rounds = -(-places // len(own))
        drawn = [torch.randperm(len(own), generator=draw) for _ in range(rounds)]
        order[place :: len(names)] = own[torch.cat(drawn)[:places]]
    return order


def mean_draws(corpora: Sequence[str]) -> list[float]:
    """How often :func:`balanced_order` draws each utterance on average.

    >>> mean_draws(["A", "B", "B", "B"])
    [2.0, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666]
    """
    counts = Counter(corpora)
    return [len(corpora) / (len(counts) * counts[name]) for name in corpora]
