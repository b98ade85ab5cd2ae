"""The operations of stacked networks in PyTorch, for any device and precision.

The tests compare the kernels with them, and they run where there are no kernels. Every tensor
has a leading model axis; ``weight`` is (models, size, outs), as in :mod:`.layout`.
"""

import torch
from torch import Tensor


def gather(
    frames: Tensor,
    first: Tensor,
    length: Tensor,
    index: Tensor,
    count: int,
    mean: Tensor,
    std: Tensor,
) -> Tensor:
    """Utterances of a frame store, repeated cyclically to ``count`` frames and normalised.

    Args:
        frames, first, length: fields of a :class:`menan.features.store.FrameStore`.
        index: int64 (models, batch), into the store.
        mean, std: (models, dims).

    Returns:
        (models, batch, count * dims), frames end to end, in the type of ``mean``.
    """
    step = torch.arange(count, device=frames.device)
    rows = first[index].unsqueeze(-1) + step % length[index].unsqueeze(-1)
    x = (frames[rows].to(mean.dtype) - mean[:, None, None]) / std[:, None, None]
    return x.flatten(start_dim=2)


def windows(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    slope: Tensor | None,
    stride: int,
    distinct: Tensor | None = None,
) -> Tensor:
    """Affine maps of sliding windows, and a PReLU: a convolution, or a linear layer.

    Args:
        x: (models, sequences, length).
        bias: (models, outs).
        slope: the PReLU's, (models, 1); None leaves it out.
        stride: numbers between the beginnings of two windows.
        distinct: int64 (models, sequences), the number of windows after which a sequence's begin
            again because its input repeats itself: what need not be computed twice, and is here.

    Returns:
        (models, sequences, windows of a sequence, outs).
    """
    size = weight.shape[1]
    cut = x.unfold(-1, size, stride)  # (models, sequences, windows, size)
    rows = torch.baddbmm(bias.unsqueeze(1), cut.flatten(1, 2), weight)
    y = rows.unflatten(1, cut.shape[1:3])
    return y if slope is None else torch.where(y > 0, y, slope[:, :, None, None] * y)


def gru(gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """torch.nn.GRU's recurrence from 0, gates in its order r, z, n.

    Args:
        gates: (models, batch, time, 3 * units), the input's part, its bias included.
        weight: (models, units, 3 * units), W_h transposed.
        bias: (models, 3 * units), b_h.

    Returns:
        The hidden states, (models, batch, time, units).
    """
    h = gates.new_zeros(*gates.shape[:2], weight.shape[1])
    states = []
    for x in gates.unbind(dim=2):
        x_r, x_z, x_n = x.chunk(3, dim=-1)
        h_r, h_z, h_n = torch.baddbmm(bias.unsqueeze(1), h, weight).chunk(3, dim=-1)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
        h = n + z * (h - n)
        states.append(h)
    return torch.stack(states, dim=2)


def pooling(x: Tensor) -> Tensor:
    """Mean, standard deviation and maximum, as :func:`menan.model.network.statistics_pooling`.

    (models, batch, time, channels) to (models, batch, 3 * channels).
    """
    std = torch.sqrt(x.var(dim=2, correction=0) + 1e-5)
    return torch.cat([x.mean(dim=2), std, x.amax(dim=2)], dim=2)


def adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    rate: Tensor,
    correction: Tensor,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """One step of Adam in place (Kingma & Ba 2015), each model at its own.

    Args:
        parameters, grad, mean, square: (models, parameters).
        rate: (models,), lr / (1 - beta1^n) in the n-th step.
        correction: (models,), sqrt(1 - beta2^n).
    """
    mean.lerp_(grad, 1 - betas[0])
    square.mul_(betas[1]).addcmul_(grad, grad, value=1 - betas[1])
    below = square.sqrt().div_(correction.unsqueeze(1)).add_(eps)
    parameters.sub_(rate.unsqueeze(1) * mean / below)
