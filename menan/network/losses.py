"""The losses of the paper and the gradient reversal of its rival. Batch means, in nats."""

import torch
from torch import Tensor
from torch.nn import functional as F


def entropy(logits: Tensor) -> Tensor:
    """Mean entropy of the posteriors, eq. 2.

    Args:
        logits: (batch, classes).

    Returns:
        Scalar between 0 and ln(classes).
    """
    log_p = F.log_softmax(logits, dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1).mean()


def cross_entropy_to_uniform(logits: Tensor) -> Tensor:
    """Mean cross-entropy of the posteriors against the uniform one (Tzeng et al. 2015, eq. 3).

    Args:
        logits: (batch, classes).

    Returns:
        Scalar, at least ln(classes).
    """
    return -F.log_softmax(logits, dim=-1).mean()


class _ScaleGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return v.view_as(v)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return ctx.scale * gradient, None


def scale_gradient(v: Tensor, scale: float) -> Tensor:
    """``v`` itself; the gradient that comes back through it is multiplied by ``scale``."""
    return _ScaleGradient.apply(v, scale)


def reverse_gradient(v: Tensor, scale: float) -> Tensor:
    """The gradient-reversal layer of Ganin et al. 2016, section 3.1: ``scale`` is positive."""
    return scale_gradient(v, -scale)
