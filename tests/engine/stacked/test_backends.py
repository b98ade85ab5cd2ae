"""The CPU kernels against PyTorch's operations, in values and gradients."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from menan.engine.stacked import cpu_kernels as cpu
from menan.engine.stacked import reference
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import encoder_layers, head_layers
from menan.features.store import FrameStore

pytestmark = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")
both = pytest.mark.parametrize("ops", [cpu, reference], ids=["kernels", "reference"])
precisions = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def make_store(dims, longest=60):
    """One utterance of each length: shorter and longer than the input, of every remainder."""
    length = torch.arange(1, longest + 1)
    return FrameStore(
        tuple(map(str, range(longest))),
        torch.randn(int(length.sum()), dims),
        length.cumsum(0) - length,
        length,
    )


def make_parameters(models, layers, dtype=torch.float64):
    """As a player gives them: columns of a longer row. A third of the slopes is negative."""
    parts = []
    for layer in layers:
        for shape in layer.shapes.values():
            scale = layer.size**-0.5 if len(shape) > 1 else 0.5
            parts.append(scale * torch.randn(models, *shape, dtype=dtype).flatten(1))
    row = torch.cat([torch.zeros(models, 3, dtype=dtype), *parts], dim=1)
    return row[:, 3:]


def encoder_inputs(models, batch, rows, dims=5, dtype=torch.float64, store=None):
    """Arguments of encode before the parameters, and these."""
    store = store or make_store(dims)
    index = torch.randint(len(store.utts), (models, batch))
    mean, std = torch.randn(2, models, dims, dtype=dtype)
    return (store, index, rows, mean, 0.5 + std.abs()), make_parameters(
        models, encoder_layers(dims), dtype
    )


def with_gradients(function, *inputs):
    """The value, and the gradients of a made-up loss; what flows back is a view."""
    leaves = [x.detach().requires_grad_() for x in inputs]
    value = function(*leaves)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(value.mT.shape, generator=generator).to(value.dtype).mT
    return value.detach(), *torch.autograd.grad(value, leaves, weights)


def assert_alike(got, expected, tolerance):
    for a, b in zip(got, expected, strict=True):
        limit = tolerance * max(1, b.abs().max().item())  # of sums of many terms
        torch.testing.assert_close(a.double(), b.double(), rtol=0, atol=limit)


def assert_encodes_as_the_reference(arguments, parameters):
    layers = encoder_layers(arguments[3].shape[1])
    got = with_gradients(lambda p: cpu.encode(*arguments, p, layers), parameters)
    assert {x.dtype for x in got} == {parameters.dtype}
    store, index, rows, *normaliser = arguments
    double = (store, index, rows, *(part.double() for part in normaliser))
    expected = with_gradients(lambda p: reference.encode(*double, p, layers), parameters.double())
    assert_alike(got, expected, TOLERANCE[parameters.dtype])
    with torch.no_grad():
        assert torch.equal(cpu.encode(*arguments, parameters, layers), got[0])


@precisions
@pytest.mark.parametrize("rows", [18, 19, 21, 22, 47, 58])
def test_utterances_of_every_length_are_encoded_as_by_the_reference(rows, dtype):
    (store, _, *others), parameters = encoder_inputs(1, 1, rows, dtype=dtype)
    index = torch.arange(len(store.utts))[None]
    assert_encodes_as_the_reference((store, index, *others), parameters)


@precisions
@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5, 11])
def test_batches_of_any_size_are_encoded_as_by_the_reference(models, batch, dtype):
    assert_encodes_as_the_reference(*encoder_inputs(models, batch, 40, dtype=dtype))


@precisions
@pytest.mark.parametrize("dims", [1, 3, 16, 43, 80])
def test_features_of_any_width_are_encoded_as_by_the_reference(dims, dtype):
    assert_encodes_as_the_reference(*encoder_inputs(2, 3, 50, dims, dtype))


@precisions
def test_a_float16_store_is_read_like_its_values_as_float32(dtype):
    store = make_store(5)
    half = replace(store, frames=store.frames.half())
    (_, *others), parameters = encoder_inputs(2, 7, 40, dtype=dtype)
    got = [
        with_gradients(lambda p, s=s: cpu.encode(s, *others, p, encoder_layers(5)), parameters)
        for s in (half, replace(half, frames=half.frames.float()))
    ]
    assert all(torch.equal(a, b) for a, b in zip(*got, strict=True))


@pytest.mark.parametrize("scale", [100, 1e4])
def test_extreme_parameters_saturate_and_only_a_nan_gives_a_nan(scale):
    arguments, parameters = encoder_inputs(2, 6, 40, dtype=torch.float32)
    layers = encoder_layers(5)
    results = with_gradients(lambda p: cpu.encode(*arguments, p, layers), scale * parameters)
    assert all(x.isfinite().all() for x in results)
    store, index, *others = arguments
    index[0, 4], index[1], index[0, :4] = 30, 2, 3
    frames = store.frames.clone()
    frames[store.first[30] + 2, 1] = torch.nan
    v = cpu.encode(replace(store, frames=frames), index, *others, parameters, layers)
    bad = [[index[0, i] == 30 for i in range(6)], [False] * 6]
    assert v.isnan().any(dim=2).tolist() == bad


def head_inputs(models, batch, classes, dtype=torch.float64):
    z = torch.randn(models, batch, 96, dtype=dtype)
    return z, make_parameters(models, head_layers("speaker", classes), dtype)


@precisions
@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("batch", [1, 7, 16])
@pytest.mark.parametrize(("classes", "existing"), [(4, 4), (16, 9), (32, 17), (48, 2)])
def test_a_head_is_that_of_the_reference(models, batch, classes, existing, dtype):
    inputs, layers = head_inputs(models, batch, classes, dtype), head_layers("speaker", classes)
    counts = torch.tensor([existing, 1, classes][:models])

    there = torch.arange(classes) < counts[:, None, None]

    def by(ops):
        def log_p(z, p):
            whole = ops.head(z, p, layers, counts, classes)
            assert (whole.masked_select(~there) < -1e29).all()
            return whole.where(there, 0)

        return log_p

    got = with_gradients(by(cpu), *inputs)
    expected = with_gradients(by(reference), *(x.double() for x in inputs))
    assert_alike(got, expected, 10 * TOLERANCE[dtype])


def test_a_head_of_a_view_is_that_of_what_it_shows():
    z, parameters = head_inputs(3, 7, 16)
    rest = head_layers("speaker", 16), torch.full((3,), 9), 16
    view = z.transpose(0, 1).contiguous().transpose(0, 1)
    assert torch.equal(cpu.head(view, parameters, *rest), cpu.head(z, parameters, *rest))


@both
@precisions
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_twenty_steps_of_adam_are_torchs_with_models_at_different_steps(ops, dtype, decay):
    scale = torch.tensor([1, 1e-8, 0], dtype=dtype).repeat(15)  # 1e-8 feels the epsilon
    done, parameters = torch.tensor([0.0, 7.0, 200.0]).double(), torch.randn(3, 45, dtype=dtype)
    total = torch.tensor([100.0, 50.0, 1000.0]).double()
    mean, square = torch.zeros_like(parameters), torch.zeros_like(parameters)
    rows = [nn.Parameter(row.clone()) for row in parameters]
    plain = [torch.optim.AdamW([row], lr=0.01, weight_decay=decay) for row in rows]
    for row, optimizer, steps in zip(rows, plain, done, strict=True):
        zeros = [torch.zeros_like(row) for _ in range(2)]
        state = {"step": steps.float(), "exp_avg": zeros[0], "exp_avg_sq": zeros[1]}
        optimizer.state[row] = state
    for _ in range(20):
        grad, updated = scale * torch.randn(3, 45, dtype=dtype), torch.empty_like(parameters)
        moments = (mean, square, done, total)
        ops.adam(parameters, grad, *moments, 0.01, decay, (0.9, 0.999), 1e-8, updated)
        for model, (row, optimizer) in enumerate(zip(rows, plain, strict=True)):
            row.grad = grad[model]
            optimizer.param_groups[0]["lr"] = 0.01 * float(1 - done[model] / total[model])
            optimizer.step()
        parameters = updated
        done += 1
    torch.testing.assert_close(parameters, torch.stack(rows), rtol=0, atol=TOLERANCE[dtype])
    expected = torch.stack([o.state[row]["exp_avg_sq"] for o, row in zip(plain, rows, strict=True)])
    torch.testing.assert_close(square, expected, rtol=TOLERANCE[dtype], atol=0)


def test_gradcheck():
    check = torch.autograd.gradcheck
    arguments, parameters = encoder_inputs(1, 2, 22, dims=2)
    layers = encoder_layers(2)
    leaf = parameters.clone().requires_grad_()
    assert check(lambda p: cpu.encode(*arguments, p, layers), leaf, fast_mode=True)
    head, existing = head_layers("speaker", 16), torch.full((1,), 5)
    inputs = [x.clone().requires_grad_() for x in head_inputs(1, 3, 16)]
    assert check(lambda z, p: cpu.head(z, p, head, existing, 16)[..., :5], inputs, fast_mode=True)


def test_a_second_derivative_is_refused_and_not_wrong():
    z, parameters = (x.requires_grad_() for x in head_inputs(1, 3, 16))
    log_p = cpu.head(z, parameters, head_layers("speaker", 16), torch.full((1,), 5), 16)
    (grad,) = torch.autograd.grad(log_p.square().sum(), z, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        (z * grad).sum().backward()
