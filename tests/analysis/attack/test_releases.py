import numpy as np
import pytest
import torch
from sklearn.svm import SVC
from torch import nn

from menan.analysis.attack import nonlinear_erasure
from menan.analysis.attack.nonlinear_erasure import dependence, fit_nonlinear_erasure
from menan.analysis.attack.releases import fit_linear_erasure, standardiser


def spheres():
    """Two classes of equal mean: a small sphere within a large one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 5))
    classes = np.repeat([0, 1], 300)
    return x / np.linalg.norm(x, axis=1, keepdims=True) * (1 + classes[:, None]), classes


def test_linear_erasure_leaves_what_is_not_linear_and_nonlinear_erasure_does_not():
    x, classes = spheres()
    learn, test = np.arange(0, 600, 2), np.arange(1, 600, 2)

    def accuracy(fit):
        erase = fit(x[learn], classes[learn])
        svm = SVC().fit(erase(x[learn]), classes[learn])
        return svm.score(erase(x[test]), classes[test])

    assert accuracy(fit_linear_erasure) > 0.95
    assert accuracy(fit_nonlinear_erasure) < 0.7


def test_dependence_is_0_for_what_is_independent_and_grows_with_what_is_not():
    x, classes = (torch.from_numpy(part) for part in spheres())
    shuffled = classes[torch.randperm(len(classes), generator=torch.manual_seed(0))]
    assert dependence(x, shuffled)[0] < 0.02
    assert dependence(x, classes)[0] > 0.2
    assert dependence(x + 100 * classes[:, None], classes)[0] > 0.8


def hsic(x, classes):
    """The same criterion, as autograd takes it."""

    def centred(kernel):
        rows = kernel.mean(dim=0)
        return kernel - rows - rows[:, None] + kernel.mean()

    distance = torch.cdist(x, x).square()
    median = distance.detach().median().clamp(min=1e-6)
    kernel = torch.stack([torch.exp(-distance / (median * width)) for width in (0.1, 0.3, 1.0)])
    a, b = centred(kernel.mean(dim=0)), centred((classes[:, None] == classes).to(x.dtype))
    return (a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_median_is_that_of_pytorch(dtype):
    for size in (1, 2, 3, 40, 41):
        values = torch.rand(size, size, generator=torch.manual_seed(size), dtype=dtype)
        values.fill_diagonal_(0)
        for x in (values, values * 1e-30, values.round(decimals=1)):
            assert torch.equal(nonlinear_erasure._median(x), x.median())


@pytest.mark.parametrize("size", [60, 144, 257])
def test_value_and_gradient_of_the_dependence_are_those_of_autograd_to_the_bit(size):
    for seed in range(4):
        x = torch.randn(size, 24, generator=torch.manual_seed(seed), requires_grad=True)
        classes = torch.arange(size) % 9
        wanted = hsic(x, classes)
        (10.0 * wanted).backward()
        with torch.no_grad():
            value, gradient = dependence(x.detach(), classes, 10.0)
        assert torch.equal(value, wanted.detach())
        assert torch.equal(gradient, x.grad)


def test_the_nonlinear_erasure_is_that_of_autograd_to_the_bit(monkeypatch):
    monkeypatch.setattr(nonlinear_erasure, "STEPS", 20)
    x, classes = spheres()
    x, classes = x[::3], classes[::3]
    found = fit_nonlinear_erasure(x, classes)(x)
    plain, target = torch.from_numpy(standardiser(x)(x)).float(), torch.from_numpy(classes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        last = nn.Linear(128, x.shape[1])
        nn.init.zeros_(last.weight)
        change = nn.Sequential(nn.Linear(x.shape[1], 128), nn.ReLU(), last)
        optimizer = torch.optim.Adam(change.parameters(), lr=3e-3)
        for _ in range(20):
            rows = torch.randperm(len(plain))[:256]
            changed = plain[rows] + change(plain[rows])
            distortion = (changed - plain[rows]).square().mean()
            optimizer.zero_grad()
            (distortion + 10.0 * hsic(changed, target[rows])).backward()
            optimizer.step()
    wanted = (plain + change(plain)).detach().double().numpy()
    np.testing.assert_array_equal(found, wanted)
