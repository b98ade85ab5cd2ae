"""Nearest-neighbour purity: how far classes mix in a space."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Mixing(NamedTuple):
    """Fractions between 0 and 1 of neighbours with the same label.

    shuffled: the fraction if labels were shuffled.
    """

    same: float
    shuffled: float


def knn_mixing(points: np.ndarray, labels: Sequence[str], k: int = 10) -> Mixing:
    """Mean fraction of a point's k nearest neighbours that have its own label.

    Far above ``shuffled`` the classes form regions of their own; near it they are mixed.

    Args:
        points: float (n, dims), embeddings or coordinates on a plane; n at least 2.
        labels: one per point.
        k: number of neighbours, Euclidean; all others if there are fewer.

    >>> knn_mixing(np.array([[0.0], [1.0], [10.0], [11.0]]), ["a", "a", "b", "b"], k=1).same
    1.0
    """
    n = len(points)
    assert n == len(labels) >= 2, f"{n} points and {len(labels)} labels"
    from sklearn.neighbors import NearestNeighbors  # takes a second to import

    # Without an argument kneighbors() leaves each point out of its own neighbourhood.
    neighbours = NearestNeighbors(n_neighbors=min(k, n - 1)).fit(points).kneighbors()[1]
    names = np.asarray(labels)
    same = float((names[neighbours] == names[:, None]).mean())
    # Among the n - 1 others of a point with label c, n_c - 1 have c too.
    pairs = sum(count * (count - 1) for count in Counter(labels).values())
    return Mixing(same, pairs / (n * (n - 1)))
