"""Random generators seeded by what they are for: (seed, purpose, epoch)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derived_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed from a run's seed and the purpose of the draw.

    >>> derived_seed(0, "order", 1) == derived_seed(0, "order", 1)
    True
    >>> derived_seed(0, "order", 1) == derived_seed(0, "order", 2)
    False
    """
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> torch.Generator:
    """A CPU generator whose state depends only on the arguments."""
    import torch  # here, because commands on data directories draw seeds and need no PyTorch

    return torch.Generator().manual_seed(derived_seed(seed, *names))
