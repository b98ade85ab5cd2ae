import numpy as np
import torch
from sklearn.svm import SVC

from menan.analysis.attack.nonlinear_erasure import dependence, fit_nonlinear_erasure
from menan.analysis.attack.releases import fit_linear_erasure


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
    assert dependence(x, shuffled) < 0.02
    assert dependence(x, classes) > 0.2
    assert dependence(x + 100 * classes[:, None], classes) > 0.8
