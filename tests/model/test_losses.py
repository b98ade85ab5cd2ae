import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from menan.model.losses import cross_entropy, cross_entropy_to_uniform, entropy

logit_rows = st.lists(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=5, max_size=5), min_size=1, max_size=4
)


@given(logit_rows)
def test_entropy_lies_between_0_and_ln_k_with_finite_gradients(rows):
    logits = torch.tensor(rows, requires_grad=True)
    values = entropy(F.log_softmax(logits, dim=-1))
    values.sum().backward()
    assert (values >= -1e-6).all()
    assert (values <= math.log(5) + 1e-5).all()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_entropy_of_a_certain_posterior_is_0_with_finite_gradient(scale):
    logits = torch.tensor([[scale, -scale, -scale]], requires_grad=True)
    entropy(F.log_softmax(logits, dim=-1)).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_entropy_of_the_uniform_posterior_is_ln_k():
    log_p = F.log_softmax(torch.tensor([[0.0, 0.0], [1e4, -1e4]]), dim=-1)
    torch.testing.assert_close(entropy(log_p), torch.tensor([math.log(2), 0.0]))


def test_cross_entropies_are_torchs():
    log_p, labels = F.log_softmax(torch.randn(3, 6, 8), dim=-1), torch.randint(8, (3, 6))
    expected = F.nll_loss(log_p.flatten(0, 1), labels.flatten(), reduction="none")
    torch.testing.assert_close(cross_entropy(log_p, labels).flatten(), expected)
    uniform = F.cross_entropy(log_p.flatten(0, 1), torch.full((18, 8), 1 / 8), reduction="none")
    exists = torch.ones(8, dtype=torch.bool)
    torch.testing.assert_close(cross_entropy_to_uniform(log_p, exists).flatten(), uniform)


def test_a_class_that_does_not_exist_changes_nothing():
    logits = torch.randn(6, 5)
    more = torch.cat([logits, torch.full((6, 3), -1e30)], dim=1).requires_grad_()
    log_p, padded = F.log_softmax(logits, dim=-1), F.log_softmax(more, dim=-1)
    exists = torch.arange(8) < 5
    torch.testing.assert_close(entropy(padded), entropy(log_p))
    value = cross_entropy_to_uniform(padded, exists)
    torch.testing.assert_close(value, cross_entropy_to_uniform(log_p, exists[:5]))
    (value.sum() + entropy(padded).sum()).backward()
    assert torch.isfinite(more.grad).all()
    assert not more.grad[:, 5:].any()
