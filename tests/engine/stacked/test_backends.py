"""The CPU kernels against PyTorch's operations, and both against PyTorch's own modules."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from menan.engine.stacked import cpu_kernels as cpu
from menan.engine.stacked import reference
from menan.engine.stacked.compiler import kernels
from menan.features.store import FrameStore
from menan.model.encoders import statistics_pooling

pytestmark = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")
both = pytest.mark.parametrize("ops", [cpu, reference], ids=["kernels", "reference"])
precisions = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}
STORE = FrameStore(
    tuple("abcd"), torch.randn(19, 5), torch.tensor([0, 4, 5, 16]), torch.tensor([4, 1, 11, 3])
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def parameter(models, *shape, dtype=torch.float64):
    """A parameter as a layout gives it: a view into longer rows."""
    count = math.prod(shape)
    return torch.randn(models, count + 8, dtype=dtype)[:, 3 : 3 + count].view(models, *shape)


def windows_inputs(models, sequences, rows, size, outs, stride, dtype=torch.float64):
    """x with 5 numbers more than the windows need, weight, bias, slope."""
    x = torch.randn(models, sequences, (rows - 1) * stride + size + 5, dtype=dtype)
    return x, *(parameter(models, *shape, dtype=dtype) for shape in ((size, outs), (outs,), (1,)))


def gru_inputs(models, batch, time, dtype=torch.float64):
    """Gates, weight, bias."""
    gates = torch.randn(models, batch, time, 96, dtype=dtype)
    weight, bias = parameter(models, 32, 96, dtype=dtype), parameter(models, 96, dtype=dtype)
    return gates, weight.mul_(32**-0.5), bias


def with_gradients(function, *inputs, of=0):
    """The value, and the gradients of a made-up loss by the inputs from ``of`` on.

    What flows back is a view, and not contiguous.
    """
    leaves = [x.detach().requires_grad_(i >= of) for i, x in enumerate(inputs)]
    value = function(*leaves)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(value.transpose(0, 1).shape, generator=generator).to(value.dtype)
    return value.detach(), *torch.autograd.grad(value, leaves[of:], weights.transpose(0, 1))


def assert_alike(got, expected, tolerance):
    for a, b in zip(got, expected, strict=True):
        limit = tolerance * max(1, b.abs().max().item())  # of sums of many terms
        torch.testing.assert_close(a.double(), b.double(), rtol=0, atol=limit)


def assert_kernels_are_the_reference(name, *inputs, of=0, **options):
    """In the inputs' precision, against the reference in float64: values and gradients."""
    kernel, exact = (partial(getattr(ops, name), **options) for ops in (cpu, reference))
    got = with_gradients(kernel, *inputs, of=of)
    dtype = inputs[0].dtype
    assert {x.dtype for x in got} == {dtype}
    expected = with_gradients(exact, *(x.double() for x in inputs), of=of)
    assert_alike(got, expected, TOLERANCE[dtype])


@precisions
@pytest.mark.parametrize("outs", [16, 32, 96])
@pytest.mark.parametrize("rows", [*range(1, 10), 15, 16, 17, 35])
def test_windows_of_any_number_are_those_of_the_reference(rows, outs, dtype):
    inputs = windows_inputs(2, 3, rows, 32, outs, 20, dtype)
    assert_kernels_are_the_reference("windows", *inputs, stride=20)


@precisions
@pytest.mark.parametrize(("models", "sequences"), [(1, 1), (1, 4), (3, 1), (3, 2)])
@pytest.mark.parametrize(("size", "stride"), [(16, 16), (48, 48), (48, 7), (32, 50), (160, 64)])
def test_windows_may_overlap_and_leave_gaps(models, sequences, size, stride, dtype):
    inputs = windows_inputs(models, sequences, 11, size, 16, stride, dtype)
    assert_kernels_are_the_reference("windows", *inputs, stride=stride)


@precisions
def test_windows_without_a_prelu_and_of_features_are_those_of_the_reference(dtype):
    x, weight, bias, _ = windows_inputs(2, 3, 19, 48, 32, 16, dtype)
    assert_kernels_are_the_reference("windows", x, weight, bias, slope=None, stride=16)
    inputs = windows_inputs(2, 3, 9, 10 * 43, 32, 2 * 43, dtype)  # 430: no multiple of the lanes
    assert_kernels_are_the_reference("windows", *inputs, of=1, stride=2 * 43)


@precisions
@pytest.mark.parametrize("outs", [16, 32])
@pytest.mark.parametrize("rows", [5, 41])
def test_windows_that_repeat_are_those_of_the_reference(rows, outs, dtype):
    """Distinct windows of sequences, for every period and for none."""
    x, *leaves = windows_inputs(2, 45, rows, 48, outs, 16, dtype)
    distinct = torch.stack([torch.arange(45) + 1, torch.randperm(45) + 1])
    x = x.gather(2, torch.arange(x.shape[2]) % (16 * distinct[:, :, None]))
    assert_kernels_are_the_reference("windows", x, *leaves, stride=16, distinct=distinct)


@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("sequences", [1, 2])
@pytest.mark.parametrize(
    "view",
    [
        lambda m, s: torch.randn(m, s, 4, 32)[:, :, 1:].flatten(2),  # as the GRU's states are
        lambda m, s: torch.randn(96, s, m).permute(2, 1, 0),
        lambda m, s: torch.randn(s, m, 96).transpose(0, 1),
        lambda m, s: torch.randn(1, 1, 96).expand(m, s, 96),
        lambda m, s: torch.randn(m, s, 96, 2)[..., 1],
    ],
    ids=["states", "reversed", "transposed", "expanded", "strided"],
)
def test_windows_of_a_view_are_those_of_what_it_shows(view, models, sequences):
    _, *leaves = windows_inputs(models, sequences, 3, 32, 32, 32, torch.float32)
    assert_kernels_are_the_reference("windows", view(models, sequences), *leaves, stride=32)


def test_parameters_may_be_any_view():
    for name, (x, *leaves), options in (
        ("windows", windows_inputs(2, 3, 4, 32, 32, 32), {"stride": 32}),
        ("gru", gru_inputs(2, 3, 4), {}),
    ):
        views = [leaf.transpose(0, -1).contiguous().transpose(0, -1) for leaf in leaves]
        assert_kernels_are_the_reference(name, x, *views, **options)


@both
@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.25])
def test_windows_are_a_convolution_over_frames_end_to_end(ops, slope):
    """The kink of the PReLU included: frames of zeros, a bias of zero."""
    x, weight, bias = (torch.randn(s).double() for s in ((3, 21, 16), (32, 16, 5), (32,)))
    x[0], bias[0] = 0, 0

    def windows(x, weight, bias, slope):
        by_frames = weight.transpose(1, 2).flatten(start_dim=1).t().contiguous()
        return ops.windows(x.flatten(1)[None], by_frames[None], bias[None], slope[None], 32)[0]

    def convolution(x, weight, bias, slope):
        return F.prelu(F.conv1d(x.mT, weight, bias, stride=2), slope).mT

    inputs = x, weight, bias, torch.full((1,), slope).double()
    got, expected = (with_gradients(f, *inputs) for f in (windows, convolution))
    assert_alike(got, expected, 1e-12)


@both
def test_windows_side_by_side_are_a_linear_layer(ops):
    def windows(x, weight, bias):
        weight = weight.t().contiguous()
        return ops.windows(x.flatten()[None, None], weight[None], bias[None], None, 96)[0, 0]

    inputs = [torch.randn(shape).double() for shape in ((7, 96), (16, 96), (16,))]
    got, expected = (with_gradients(f, *inputs) for f in (windows, F.linear))
    assert_alike(got, expected, 1e-12)


@precisions
@pytest.mark.parametrize("time", [1, 6])
@pytest.mark.parametrize("batch", [1, 5, 16, 17, 33])
@pytest.mark.parametrize("models", [1, 3])
def test_gru_is_that_of_the_reference(models, batch, time, dtype):
    gates, *leaves = gru_inputs(models, batch, time, dtype)
    assert_kernels_are_the_reference("gru", gates, *leaves)
    view = gates.transpose(1, 2).contiguous().transpose(1, 2)
    assert_kernels_are_the_reference("gru", view, *leaves)


@both
@precisions
def test_gru_is_torchs(ops, dtype):
    module = nn.GRU(32, 32, batch_first=True).to(dtype)
    names = [name for name, _ in module.named_parameters()]

    def stacked(x, w_ih, w_hh, b_ih, b_hh):
        gates = F.linear(x, w_ih, b_ih)
        return ops.gru(gates[None], w_hh.t().contiguous()[None], b_hh[None])[0]

    def torchs(x, *parameters):
        return functional_call(module, dict(zip(names, parameters, strict=True)), (x,))[0]

    inputs = torch.randn(19, 8, 32, dtype=dtype), *module.parameters()
    got, expected = (with_gradients(f, *inputs) for f in (stacked, torchs))
    assert_alike(got, expected, TOLERANCE[dtype])


@precisions
@pytest.mark.parametrize("shape", [(1, 1, 1, 16), (1, 3, 2, 32), (2, 5, 9, 32), (3, 1, 17, 48)])
def test_pooling_is_that_of_the_reference(shape, dtype):
    view = torch.randn(*shape[::-1], dtype=dtype).permute(3, 2, 1, 0)
    assert_kernels_are_the_reference("pooling", view)
    assert_kernels_are_the_reference("pooling", view.contiguous())


@both
def test_pooling_is_the_plain_networks_also_where_frames_share_the_maximum(ops):
    x = torch.randint(3, (2, 4, 7, 32)).double()
    x[0, 0] = 1  # channels that never change
    got = with_gradients(ops.pooling, x)
    expected = with_gradients(lambda x: torch.stack([statistics_pooling(part) for part in x]), x)
    assert_alike(got, expected, 1e-12)


@both
@precisions
@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_gather_is_the_stores_and_then_normalises_to_the_bit(ops, count, models, dtype):
    index = torch.randint(4, (7, models)).t()
    mean, std = torch.randn(2, 5, models, dtype=dtype).abs().mT
    x = ops.gather(STORE.frames, STORE.first, STORE.length, index, count, mean, std)
    for model in range(models):
        frames = STORE.gather(index[model], count).to(dtype)
        assert torch.equal(x[model], ((frames - mean[model]) / std[model]).flatten(start_dim=1))


@both
@precisions
def test_twenty_steps_of_adam_are_torchs_with_models_at_different_steps(ops, dtype):
    scale = torch.tensor([1, 1e-8, 0], dtype=dtype).repeat(5)  # 1e-8 feels the epsilon
    done, parameters = torch.tensor([0.0, 7.0, 200.0]).double(), torch.randn(3, 15, dtype=dtype)
    mean, square = torch.zeros_like(parameters), torch.zeros_like(parameters)
    rows = [nn.Parameter(row.clone()) for row in parameters]
    plain = torch.optim.Adam(rows, lr=0.01)
    for row, steps in zip(rows, done, strict=True):
        zeros = [torch.zeros_like(row) for _ in range(2)]
        plain.state[row] = {"step": steps.float(), "exp_avg": zeros[0], "exp_avg_sq": zeros[1]}
    for _ in range(20):
        grad = scale * torch.randn(3, 15, dtype=dtype)
        done += 1
        rate, correction = 0.01 / (1 - 0.9**done), torch.sqrt(1 - 0.999**done)
        ops.adam(parameters, grad, mean, square, rate, correction, (0.9, 0.999), 1e-8)
        for row, values in zip(rows, grad, strict=True):
            row.grad = values
        plain.step()
    torch.testing.assert_close(parameters, torch.stack(rows), rtol=0, atol=TOLERANCE[dtype])
    expected = torch.stack([plain.state[row]["exp_avg_sq"] for row in rows])
    torch.testing.assert_close(square, expected, rtol=TOLERANCE[dtype], atol=0)


def test_gradcheck():
    inputs = [t.requires_grad_() for t in windows_inputs(1, 2, 3, 16, 16, 3)]
    check = torch.autograd.gradcheck
    assert check(lambda *inputs: cpu.windows(*inputs, 3), inputs, fast_mode=True)
    assert check(cpu.gru, [t.requires_grad_() for t in gru_inputs(1, 2, 3)], fast_mode=True)
    assert check(cpu.pooling, torch.randn(1, 2, 3, 16).double().requires_grad_())


def test_a_second_derivative_is_refused_and_not_wrong():
    for operation, inputs in (
        (partial(cpu.windows, stride=16), windows_inputs(1, 2, 3, 16, 16, 16)),
        (cpu.gru, gru_inputs(1, 2, 3)),
        (cpu.pooling, [torch.randn(1, 2, 3, 16)]),
    ):
        x, *others = (leaf.detach().requires_grad_() for leaf in inputs)
        (grad,) = torch.autograd.grad(operation(x, *others).square().sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable"):
            (x * grad).sum().backward()


@precisions
def test_extreme_gates_saturate_and_only_a_nan_gives_a_nan(dtype):
    gates, weight, bias = gru_inputs(2, 3, 5, dtype)
    assert_kernels_are_the_reference("gru", 1e4 * gates.sign(), weight, bias)
    assert set(cpu.gru(1e4 * gates.sign(), weight, bias).unique().tolist()) <= {-1, 0, 1}
    results = with_gradients(cpu.gru, gates, 1e4 * weight, 1e4 * bias)
    assert all(x.isfinite().all() for x in results)
    gates[0, 1, 1, 40] = torch.nan
    assert cpu.pooling(cpu.gru(gates, weight, bias)).isnan().any(dim=2).tolist() == [
        [False, True, False],
        [False, False, False],
    ]


@precisions
def test_tanh_and_sigmoid_are_right_to_the_rounding(dtype):
    """h_1 = n = tanh(x) where z is 0; its derivative by b_hn is then r = sigmoid(x)."""
    x = torch.linspace(-20, 20, 32 * 1000, dtype=dtype).view(1000, 1, 1, 32)
    zero, weight, bias = torch.zeros_like(x), torch.zeros(1000, 32, 96), torch.zeros(1000, 96)
    parameters = weight.to(dtype), bias.to(dtype).requires_grad_()
    tanh = cpu.gru(torch.cat([zero, zero - 1e4, x], dim=-1), *parameters)
    assert (tanh - torch.tanh(x.double())).abs().max() < 2.5 * torch.finfo(dtype).eps
    cpu.gru(torch.cat([x, zero - 1e4, zero], dim=-1), *parameters).sum().backward()
    sigmoid, exact = parameters[1].grad[:, 64:], torch.sigmoid(x.double()).view(1000, 32)
    assert ((sigmoid - exact) / exact).abs().max() < 2 * torch.finfo(dtype).eps
