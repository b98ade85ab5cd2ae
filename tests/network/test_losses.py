import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from menan.network.losses import cross_entropy_to_uniform, entropy, reverse_gradient

logit_rows = st.lists(
    st.lists(st.floats(-1e4, 1e4, width=32), min_size=5, max_size=5), min_size=1, max_size=4
)


@given(logit_rows)
def test_entropy_lies_between_0_and_ln_k_with_finite_gradients(rows):
    logits = torch.tensor(rows, requires_grad=True)
    value = entropy(logits)
    value.backward()
    assert -1e-6 <= value.item() <= math.log(5) + 1e-5
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_entropy_of_a_certain_posterior_is_0_with_finite_gradient(scale):
    logits = torch.tensor([[scale, -scale, -scale]], requires_grad=True)
    entropy(logits).backward()
    assert torch.isfinite(logits.grad).all()


def test_entropy_of_the_uniform_posterior_is_ln_k_and_the_mean_over_the_batch():
    logits = torch.tensor([[0.0, 0.0], [1e4, -1e4]])
    assert entropy(logits).item() == pytest.approx(math.log(2) / 2)


def test_cross_entropy_to_uniform_is_torchs_with_uniform_targets():
    logits = torch.randn(6, 8)
    expected = F.cross_entropy(logits, torch.full((6, 8), 1 / 8))
    torch.testing.assert_close(cross_entropy_to_uniform(logits), expected)


@pytest.mark.parametrize("scale", [0.25, 0.5])
def test_reversed_gradient_is_minus_scale_times_the_plain_one_once(scale):
    v = torch.randn(4, 96, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(96, 8, dtype=torch.float64)
    speakers = torch.tensor([0, 3, 7, 1])
    (plain,) = torch.autograd.grad(F.cross_entropy(v @ weight, speakers), v)
    shown = reverse_gradient(v, scale)
    assert torch.equal(shown, v)
    (reversed_,) = torch.autograd.grad(F.cross_entropy(shown @ weight, speakers), v)
    torch.testing.assert_close(reversed_, -scale * plain, rtol=0, atol=0)
