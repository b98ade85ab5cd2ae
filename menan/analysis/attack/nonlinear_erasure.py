"""Erasure of a class from finished embeddings that classifiers of any kind should not undo.

A small network changes the embeddings as little as it can, until they are independent of the class
by the Hilbert-Schmidt independence criterion (HSIC, Gretton et al., ALT 2005) with Gaussian
kernels. Obliviator (Akbari et al. 2026) minimises the same criterion step by step.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from menan.analysis.attack.releases import Transform, standardiser

UNITS = 128
STEPS, BATCH, LEARNING_RATE = 300, 256, 3e-3
WEIGHT = 10.0  # of the dependence, beside the mean square of the change
WIDTHS = (0.1, 0.3, 1.0)  # of the kernels, times the median square distance


def fit_nonlinear_erasure(x: np.ndarray, classes: np.ndarray) -> Transform:
    """Fit the erasure of a class on these embeddings.

    Args:
        x: (utterances, dims).
        classes: int (utterances,), such as the index of the speaker.
    """
    standardise = standardiser(x)
    plain, target = torch.from_numpy(standardise(x)).float(), torch.from_numpy(classes)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        change = _Change(x.shape[1])
        optimizer = torch.optim.Adam([change.parameters], lr=LEARNING_RATE)
        for _ in range(STEPS):
            rows = torch.randperm(len(plain))[:BATCH]
            change.set_gradient(plain[rows], target[rows])
            optimizer.step()

    @torch.inference_mode()
    def erase(new: np.ndarray) -> np.ndarray:
        own = torch.from_numpy(standardise(new)).float()
        return (own + change(own)).double().numpy()

    return erase


class _Change:
    """The small network: what it adds to embeddings (n, dims).

    Gradients are written out: on matrices of this size autograd would take most of the time.

    parameters: weights and biases of both layers, one after another.
    """

    def __init__(self, dims: int):
        layers = nn.Linear(UNITS, dims), nn.Linear(dims, UNITS)
        nn.init.zeros_(layers[0].weight)  # at first nothing is changed
        last, first = layers
        parts = [first.weight, first.bias, last.weight, last.bias]
        self.parameters = nn.Parameter(torch.cat([part.detach().ravel() for part in parts]))
        self.parameters.grad = torch.empty_like(self.parameters)
        sizes = [part.numel() for part in parts]
        self._parts, self._gradients = (
            [
                own.view(part.shape)
                for own, part in zip(flat.detach().split(sizes), parts, strict=True)
            ]
            for flat in (self.parameters, self.parameters.grad)
        )

    def __call__(self, x: Tensor) -> Tensor:
        first, first_bias, last, last_bias = self._parts
        return F.linear(F.relu(F.linear(x, first, first_bias)), last, last_bias)

    def set_gradient(self, x: Tensor, classes: Tensor) -> None:
        """Gradient of the loss of a batch: mean square of the change, and dependence."""
        first, first_bias, last, last_bias = self._parts
        hidden = F.relu(F.linear(x, first, first_bias))
        changed = x + F.linear(hidden, last, last_bias)
        _, of_changed = dependence(changed, classes, WEIGHT)
        of_changed += (changed - x).mul_(2).mul_(torch.ones(()) / x.numel())
        of_hidden = of_changed.mm(last).masked_fill_(hidden <= 0, 0)
        of_first, of_first_bias, of_last, of_last_bias = self._gradients
        torch.mm(of_changed.t(), hidden, out=of_last)
        torch.sum(of_changed, dim=0, out=of_last_bias)
        torch.mm(of_hidden.t(), x, out=of_first)
        torch.sum(of_hidden, dim=0, out=of_first_bias)


def dependence(x: Tensor, classes: Tensor, weight: float = 1.0) -> tuple[Tensor, Tensor]:
    """HSIC, normalised to between 0 and 1, of embeddings (n, dims) and classes (n,).

    Returns:
        The value; and the gradient of ``weight`` times the value, (n, dims), where the widths of
        the kernels are constants. Both are those of autograd to the bit.
    """
    distance = torch.cdist(x, x)
    square = distance.square()
    median = _median(square).clamp(min=1e-6)
    widths = [median * width for width in WIDTHS]
    kernels = [torch.div(square, width).neg_().exp_() for width in widths]
    a = _centred((kernels[0] + kernels[1]).add_(kernels[2]).div_(len(kernels)))
    b = _centred((classes[:, None] == classes).to(x.dtype))
    common, a_norm, b_norm = (a * b).sum(), a.norm(), b.norm()
    scale = (a_norm * b_norm).clamp(min=1e-12)
    value = common / scale

    of_value = torch.tensor(weight, dtype=x.dtype)
    of_a_norm = -of_value * (value / scale) * b_norm
    of_a = b.mul_(of_value / scale).add_(a.div_(a_norm).mul_(of_a_norm))
    of_rows = -(of_a.sum(dim=0) + of_a.sum(dim=1)) / len(x)
    of_kernel = (of_a + of_a.sum() / a.numel()).add_(of_rows).div_(len(kernels))
    wide, wider, narrow = (
        kernels[place].mul_(of_kernel).div_(widths[place]) for place in (1, 2, 0)
    )
    of_square = wide.add_(wider).add_(narrow).neg_()
    ratio = of_square.mul_(2 * distance).div_(distance).masked_fill_(distance == 0, 0)
    gradient = x * ratio.sum(dim=1, keepdim=True) - ratio.mm(x)
    gradient += x * ratio.sum(dim=0)[:, None] - ratio.t().mm(x)
    return value, gradient


def _median(square: Tensor) -> Tensor:
    """The lower median of values that are not negative, found without comparing them."""
    values = square.numpy().ravel()
    # Such numbers are in the order of their bits; the first 16 tell nearly where the median is.
    bits = values.view(f"i{values.itemsize}")
    first = bits >> (8 * values.itemsize - 16)
    below = np.cumsum(np.bincount(first))
    middle = (len(values) - 1) // 2
    place = int(np.searchsorted(below, middle, side="right"))
    near = values[first == place]
    return torch.from_numpy(np.sort(near))[middle - int(below[place]) + len(near)]


def _centred(kernel: Tensor) -> Tensor:
    rows = kernel.mean(dim=0)
    return kernel - rows - rows[:, None] + kernel.mean()
