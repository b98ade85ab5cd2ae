"""The operations of stacked networks in PyTorch, for any device and precision.

The tests compare the kernels with them, and they run where there are no kernels. Every tensor
has a leading model axis; ``parameters`` is (models, numbers), in the order of ``layers``.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from menan.engine.engine import NO_CLASS
from menan.engine.stacked.layout import UNITS, Affine, Views, views
from menan.features.store import FrameStore


def gather(store: FrameStore, index: Tensor, rows: int, mean: Tensor, std: Tensor) -> Tensor:
    """Utterances of a frame store, repeated cyclically to ``rows`` frames and normalised.

    Args:
        index: int64 (models, batch), into the store.
        mean, std: (models, dims).

    Returns:
        (models, batch, rows * dims), frames end to end, in the type of ``mean``.
    """
    step = torch.arange(rows, device=index.device)
    places = store.first[index].unsqueeze(-1) + step % store.length[index].unsqueeze(-1)
    x = (store.frames[places].to(mean.dtype) - mean[:, None, None]) / std[:, None, None]
    return x.flatten(start_dim=2)


def windows(x: Tensor, layer: Views, stride: int) -> Tensor:
    """Affine maps of sliding windows, and a PReLU: a convolution, or a linear layer.

    Args:
        x: (models, sequences, length).
        stride: numbers between the beginnings of two windows.

    Returns:
        (models, sequences, windows of a sequence, outs).
    """
    cut = x.unfold(-1, layer.weight.shape[1], stride)  # (models, sequences, windows, size)
    rows = torch.baddbmm(layer.bias.unsqueeze(1), cut.flatten(1, 2), layer.weight)
    y = rows.unflatten(1, cut.shape[1:3])
    return y if layer.slope is None else torch.where(y > 0, y, layer.slope[:, :, None, None] * y)


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
    """Mean, standard deviation and maximum, as :func:`menan.model.encoders.statistics_pooling`.

    (models, batch, time, channels) to (models, batch, 3 * channels).
    """
    std = torch.sqrt(x.var(dim=2, correction=0) + 1e-5)
    return torch.cat([x.mean(dim=2), std, x.amax(dim=2)], dim=2)


def encode(
    store: FrameStore,
    index: Tensor,
    rows: int,
    mean: Tensor,
    std: Tensor,
    parameters: Tensor,
    layers: Sequence[Affine],
    recurrence: Callable[..., Tensor] = gru,
) -> Tensor:
    """v of Table 1's encoder, (models, batch, 3 * units).

    Args:
        store, index, rows, mean, std: as in :func:`gather`.
        layers: those of :func:`menan.engine.stacked.layout.encoder_layers`.
        recurrence: an implementation of :func:`gru`.
    """
    conv1, conv2, gates, recurrent, linear = views(parameters, layers)
    x = gather(store, index, rows, mean, std)
    for layer, stride in (
        (conv1, 2 * mean.shape[1]),
        (conv2, 2 * UNITS),
        (gates, UNITS),
    ):
        x = windows(x.flatten(start_dim=2), layer, stride)
    x = recurrence(x, recurrent.weight, recurrent.bias)
    return pooling(windows(x.flatten(start_dim=2), linear, UNITS))


def head(
    z: Tensor, parameters: Tensor, layers: Sequence[Affine], existing: Tensor, classes: int
) -> Tensor:
    """Log posteriors of a classifier in nats, (models, batch, classes).

    Args:
        z: (models, batch, size).
        layers: those of :func:`menan.engine.stacked.layout.head_layers`.
        existing: number of classes that each model has, int64 (models,); the log posterior of the
            others is -1e30.
    """
    for layer in views(parameters, layers):
        size = z.shape[2]
        x = z.reshape(len(z), 1, -1)  # the utterances end to end: a window is one of them
        z = windows(x, layer, stride=size).squeeze(1)
    missing = torch.arange(classes, device=z.device) >= existing[:, None, None]
    logits = z[..., :classes].masked_fill(missing, NO_CLASS)
    return F.log_softmax(logits, dim=-1)


def adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    done: Tensor,
    total: Tensor,
    lr: float,
    weight_decay: float,
    betas: tuple[float, float],
    eps: float,
    updated: Tensor,
) -> None:
    """One step of Adam (Kingma & Ba 2015) or, with weight decay, AdamW, each model at its own.

    Args:
        parameters, grad: (models, parameters).
        mean, square: moments, (models, parameters); they are changed in place.
        done, total: float64 (models,), steps before this one and in the whole training, at whose
            end the learning rate is 0.
        lr: learning rate of the first step.
        updated: where the new parameters are written, (models, parameters).
    """
    rate, n = lr * (1 - done / total), done + 1
    mean.lerp_(grad, 1 - betas[0])
    square.mul_(betas[1]).addcmul_(grad, grad, value=1 - betas[1])
    correction = torch.sqrt(1 - betas[1] ** n)
    below = (square.sqrt() / correction.to(square).unsqueeze(1)).add_(eps)
    kept = parameters * (1 - rate * weight_decay).to(square).unsqueeze(1)
    step = (rate / (1 - betas[0] ** n)).to(square).unsqueeze(1)
    torch.sub(kept, step * mean / below, out=updated)
