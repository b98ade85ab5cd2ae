"""Voices of a training that consists of these tensors."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ExampleVoices:
    """One emotion; ``x`` are the means of the voices, or features (batch, rows, dims) of one."""

    x: Tensor

    def means(self) -> Tensor:
        return self.x

    def within(self, read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        found = read(self.x.float()).double()
        return found.mean(dim=0), torch.cov(found.T, correction=0)
