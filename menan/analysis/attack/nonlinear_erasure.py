"""Erasure of a class from finished embeddings that classifiers of any kind should not undo.

A small network changes the embeddings as little as it can, until they are independent of the class
by the Hilbert-Schmidt independence criterion (HSIC, Gretton et al., ALT 2005) with Gaussian
kernels. Obliviator (Akbari et al. 2026) minimises the same criterion step by step.
"""

import numpy as np
import torch
from torch import Tensor, nn

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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        dims = x.shape[1]
        last = nn.Linear(UNITS, dims)
        nn.init.zeros_(last.weight)  # at first nothing is changed
        change = nn.Sequential(nn.Linear(dims, UNITS), nn.ReLU(), last)
        optimizer = torch.optim.Adam(change.parameters(), lr=LEARNING_RATE)
        for _ in range(STEPS):
            rows = torch.randperm(len(plain))[:BATCH]
            changed = plain[rows] + change(plain[rows])
            distortion = (changed - plain[rows]).square().mean()
            loss = distortion + WEIGHT * dependence(changed, target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    @torch.inference_mode()
    def erase(new: np.ndarray) -> np.ndarray:
        own = torch.from_numpy(standardise(new)).float()
        return (own + change(own)).double().numpy()

    return erase


def dependence(x: Tensor, classes: Tensor) -> Tensor:
    """HSIC, normalised to between 0 and 1, of embeddings (n, dims) and classes (n,)."""
    distance = torch.cdist(x, x).square()
    median = distance.detach().median().clamp(min=1e-6)
    kernel = torch.stack([torch.exp(-distance / (median * width)) for width in WIDTHS]).mean(dim=0)
    same = (classes[:, None] == classes).to(x.dtype)
    a, b = _centred(kernel), _centred(same)
    return (a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-12)


def _centred(kernel: Tensor) -> Tensor:
    rows = kernel.mean(dim=0)
    return kernel - rows - rows[:, None] + kernel.mean()
