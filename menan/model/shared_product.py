"""A matrix product whose right factor many models may share, for ``torch.func.vmap``."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def product(own: Tensor, shared: Tensor) -> Tensor:
    """``own @ shared``, (batch, n, size) and (batch, size, columns).

    ``torch.func.vmap`` would copy a right factor that models share for each of them. Here all their
    left factors stand below one another in a single product.
    """
    return _Product.apply(own, shared)


class _Product(Function):
    @staticmethod
    def forward(own: Tensor, shared: Tensor) -> Tensor:
        return own @ shared

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        own, shared = ctx.saved_tensors
        needed = ctx.needs_input_grad
        return grad @ shared.mT if needed[0] else None, own.mT @ grad if needed[1] else None

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, int | None], own: Tensor, shared: Tensor
    ) -> tuple[Tensor, int]:
        of_own, of_shared = in_dims
        if of_own is not None and of_shared is None:
            below = own.movedim(of_own, 1)  # (batch, models, n, size)
            whole = product(below.flatten(1, 2), shared)
            return whole.unflatten(1, below.shape[1:3]), 1
        factors = [
            factor.unsqueeze(0) if dim is None else factor.movedim(dim, 0)
            for factor, dim in ((own, of_own), (shared, of_shared))
        ]
        return torch.matmul(*factors), 0
