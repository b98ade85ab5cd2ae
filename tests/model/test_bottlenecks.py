"""The arithmetic of bottlenecks: z, its noise, and the number of bits that it can hold."""

import itertools
import math

import pytest
import torch

from menan.model.bottlenecks import make_bottleneck, utterance_noise
from menan.settings import BottleneckSettings

DIMS = 96


def bottleneck(name, **settings):
    return make_bottleneck(BottleneckSettings.named(name)(**settings))


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def normalised(v):
    return (v - v.mean(-1, keepdim=True)) / torch.sqrt(v.var(-1, correction=0, keepdim=True) + 1e-5)


def bits_of(one, v):
    weight = torch.full(v.shape[:2], 1 / v.shape[1], dtype=v.dtype)
    return one.bits(one.observed(v, weight))


def test_without_a_bottleneck_z_is_v_and_has_no_bits():
    v = randn(1, 5, DIMS)
    assert bottleneck("none")(v) is v
    assert bits_of(bottleneck("none"), v) is None


def test_noise_is_added_to_v_of_mean_square_1_whatever_its_scale():
    v, noise = 7 * randn(5, DIMS) + 3, randn(5, DIMS, seed=1)
    z = bottleneck("noise", sigma=0.5)(v, noise)
    torch.testing.assert_close(z, normalised(v) + 0.5 * noise)
    small = bottleneck("noise", sigma=0.5)(v * 1e-1, noise)
    torch.testing.assert_close(small, z, atol=1e-3, rtol=0)


@pytest.mark.parametrize("levels", [2, 3, 4, 5])
def test_codes_are_the_nearest_levels_and_depend_on_v_in_no_other_way(levels):
    v = randn(50, DIMS)
    z = bottleneck("fsq", levels=levels)(v)
    grid = torch.arange(levels, dtype=v.dtype) / ((levels - 1) / 2) - 1
    assert set(z.flatten().tolist()) <= set(grid.tolist())
    nearest = grid[(torch.tanh(normalised(v)).unsqueeze(-1) - grid).abs().argmin(-1)]
    assert torch.equal(z, nearest)


def test_gradient_of_codes_is_that_of_tanh():
    v = randn(3, DIMS).requires_grad_()
    towards = randn(3, DIMS, seed=2)
    (got,) = torch.autograd.grad((bottleneck("fsq")(v) * towards).sum(), v)
    (wanted,) = torch.autograd.grad((torch.tanh(normalised(v)) * towards).sum(), v)
    torch.testing.assert_close(got, wanted)


def test_bits_of_noise_are_the_capacity_of_the_gaussian_channel():
    v = randn(2, 400, DIMS)
    u = normalised(v)
    for model, found in enumerate(bits_of(bottleneck("noise", sigma=2.0), v)):
        covariance = torch.cov(u[model].T, correction=0)
        wanted = torch.logdet(torch.eye(DIMS, dtype=v.dtype) + covariance / 4) / 2 / math.log(2)
        assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
        assert found < DIMS / 2 * math.log2(1 + 1 / 4)


def test_bits_of_codes_are_their_entropy():
    # Every dimension has one code in half of the utterances and another in the rest.
    v = randn(1, DIMS).sign() * torch.tensor([1.0, -1.0], dtype=torch.float64)[:, None]
    v = v.repeat(10, 1).unsqueeze(0)
    assert bits_of(bottleneck("fsq", levels=2), v).item() == pytest.approx(DIMS)
    alike = v[:, :1].expand(1, 20, DIMS)
    assert bits_of(bottleneck("fsq", levels=2), alike).item() == pytest.approx(0, abs=1e-9)


def test_bits_do_not_depend_on_how_utterances_are_batched():
    one, v, means = bottleneck("noise"), randn(1, 30, DIMS), {}
    for part in v.split((16, 14), dim=1):
        weight = torch.full(part.shape[:2], 1 / part.shape[1], dtype=v.dtype)
        for name, mean in one.observed(part, weight).items():
            means[name] = means.get(name, 0) + mean * part.shape[1] / 30
    torch.testing.assert_close(one.bits(means), bits_of(one, v))


def test_noise_of_an_utterance_depends_on_its_name_and_the_seed_alone():
    whole = utterance_noise(["a", "b", "c"], DIMS, seed=3)
    assert torch.equal(utterance_noise(["c"], DIMS, seed=3), whole[2:])
    rows = [*whole, *utterance_noise(["a"], DIMS, seed=4)]
    assert not any(torch.equal(one, other) for one, other in itertools.combinations(rows, 2))


def test_many_draws_average_the_noise_away():
    one, mean = (utterance_noise([f"u{n}" for n in range(50)], DIMS, 0, n) for n in (1, 32))
    assert one.std() == pytest.approx(1, rel=0.05)
    assert mean.std() == pytest.approx(1 / math.sqrt(32), rel=0.05)
