"""The operations of :mod:`.reference` by the CPU kernels, with the same arguments and results.

The kernels trust the pointers that they are given, so shapes, types and indices are checked before
(:mod:`.checks`).
"""

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from menan.engine.stacked import reference
from menan.engine.stacked.checks import (
    check_adam,
    check_gather,
    check_gru,
    check_pooling,
    check_windows,
)
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import LANES


class _Windows(ctypes.Structure):
    """struct Windows of kernels/windows.h."""

    _fields_ = [
        (name, ctypes.c_long)
        for name in (
            *("models", "sequences", "length", "size", "stride", "rows", "outs"),
            *("weight_step", "bias_step", "slope_step"),
        )
    ]


def gather(
    frames: Tensor,
    first: Tensor,
    length: Tensor,
    index: Tensor,
    count: int,
    mean: Tensor,
    std: Tensor,
) -> Tensor:
    check_gather(frames, first, length, index, mean, std)
    (models, batch), dims = index.shape, frames.shape[1]
    x = mean.new_empty(models, batch, count * dims)
    kernel = "gather_half" if frames.dtype == torch.float16 else "gather_single"
    tensors = (frames, first, length, index.contiguous(), mean.contiguous(), std.contiguous(), x)
    _call(kernel, models, batch, count, dims, *tensors)
    return x


def windows(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    slope: Tensor | None,
    stride: int,
    distinct: Tensor | None = None,
) -> Tensor:
    if weight.shape[1] < LANES:  # features of a single column
        return reference.windows(x, weight, bias, slope, stride, distinct)
    check_windows(x, weight, bias, slope, stride, distinct)
    return _WindowsFunction.apply(x, weight, bias, slope, stride, distinct)


def gru(gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    check_gru(gates, weight, bias)
    return _GruFunction.apply(gates, weight, bias)


def pooling(x: Tensor) -> Tensor:
    check_pooling(x)
    return _PoolingFunction.apply(x)


def adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    rate: Tensor,
    correction: Tensor,
    betas: tuple[float, float],
    eps: float,
) -> None:
    check_adam(parameters, grad, mean, square, rate, correction)
    real = parameters.dtype
    _call(
        "adam",
        *parameters.shape,
        *(ctypes.c_double(number) for number in (*betas, eps)),
        *(rate.to(real), correction.to(real), grad, parameters, mean, square),
    )


class _WindowsFunction(Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        slope: Tensor | None,
        stride: int,
        distinct: Tensor | None,
    ) -> Tensor:
        (models, sequences, length), (_, size, outs) = x.shape, weight.shape
        # The kernels take sequences with gaps between them, as in the GRU's states, of equal size.
        apart = x.stride(1) if sequences > 1 else x.stride(0)
        even = models == 1 or x.stride(0) == sequences * apart
        if not even or apart < length or x.stride(2) != 1:
            x, apart = x.contiguous(), length
        weight, bias = _dense(weight), _dense(bias)
        distinct = None if distinct is None else distinct.contiguous()
        rows = (length - size) // stride + 1
        plan = _Windows(models, sequences, apart, size, stride, rows, outs)
        plan.weight_step, plan.bias_step = weight.stride(0), bias.stride(0)
        plan.slope_step = 0 if slope is None else slope.stride(0)
        pre = x.new_empty(models, sequences, rows, outs)
        post = pre if slope is None else torch.empty_like(pre)
        _call("windows_forward", plan, distinct, x, weight, bias, slope, pre, post)
        ctx.plan = plan
        ctx.save_for_backward(x, weight, slope, pre, distinct)
        return post

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight, slope, pre, distinct = ctx.saved_tensors
        plan, grad, slope_grad = ctx.plan, grad.contiguous(), None
        if slope is not None:
            after, grad = grad, torch.empty_like(grad)
            slope_grad = slope.new_empty(slope.shape)
            numbers = (plan.models, pre[0].numel(), plan.slope_step)
            _call("prelu_backward", *numbers, pre, slope, after, grad, slope_grad)
        x_grad = _input_grad(plan, x, weight, grad) if ctx.needs_input_grad[0] else None
        if distinct is not None:
            assert slope is not None, "this gradient is shared and must not be changed"
            _call("windows_fold", plan, distinct, grad)
        return x_grad, *_weight_grads(plan, x, grad, distinct), slope_grad, None, None


class _GruFunction(Function):
    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        gates, weight, bias = gates.contiguous(), _dense(weight), _dense(bias)
        (models, batch, time, _), units = gates.shape, weight.shape[1]
        hidden = gates.new_empty(models, batch, time + 1, units)
        hidden[:, :, 0] = 0
        saved = gates.new_empty(models, -(-batch // LANES), time, 4, units, LANES)
        numbers = (models, batch, time, weight.stride(0), bias.stride(0))
        _call("gru_forward", *numbers, gates, weight, bias, hidden, saved)
        ctx.save_for_backward(weight, hidden, saved)
        return hidden[:, :, 1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        weight, hidden, saved = ctx.saved_tensors
        models, batch, steps, units = hidden.shape
        time = steps - 1
        gates_grad = hidden.new_empty(models, batch, time, 3 * units)
        of_n = hidden.new_empty(models, batch, time, units)  # gradient of W_hn h + b_hn
        numbers = (models, batch, time, weight.stride(0))
        tensors = (weight, hidden, saved, grad.contiguous(), gates_grad, of_n)
        _call("gru_backward", *numbers, *tensors)
        plan = _Windows(models, batch, steps * units, units, units, time)
        parts = []
        for plan.outs, part in ((2 * units, gates_grad), (units, of_n)):
            parts.append(_weight_grads(plan, hidden, part))
        weight_grad, bias_grad = (torch.cat(pair, dim=-1) for pair in zip(*parts, strict=True))
        return gates_grad, weight_grad, bias_grad


def _dense(parameter: Tensor) -> Tensor:
    """A parameter in which the numbers of each model are contiguous."""
    return parameter if parameter[0].is_contiguous() else parameter.contiguous()


def _weight_grads(
    plan: _Windows, x: Tensor, grad: Tensor, distinct: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Gradients of weight and bias, from the first ``plan.outs`` numbers of the rows of grad."""
    weight_grad = x.new_empty(plan.models, plan.size, plan.outs)
    bias_grad = x.new_empty(plan.models, plan.outs)
    numbers = (plan, distinct, grad.shape[-1])
    _call("windows_backward_weight", *numbers, x, grad, weight_grad, bias_grad)
    return weight_grad, bias_grad


def _input_grad(plan: _Windows, x: Tensor, weight: Tensor, grad: Tensor) -> Tensor:
    assert plan.size % LANES == 0, plan.size
    x_grad = x.new_empty(x.shape)
    dense = _Windows.from_buffer_copy(plan)
    dense.length = x.shape[2]
    _call("windows_backward_input", dense, grad, weight.transpose(1, 2).contiguous(), x_grad)
    return x_grad


class _PoolingFunction(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.contiguous()
        models, batch, time, channels = x.shape
        v = x.new_empty(models, batch, 3 * channels)
        _call("pooling_forward", models * batch, time, channels, x, v)
        ctx.save_for_backward(x, v)
        return v

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, v = ctx.saved_tensors
        models, batch, time, channels = x.shape
        x_grad = torch.empty_like(x)
        tensors = (x, v, grad.contiguous(), x_grad)
        _call("pooling_backward", models * batch, time, channels, *tensors)
        return x_grad


def _call(name: str, *arguments: Any) -> None:
    """Run a kernel. Tensors are passed by address; all but the store's have one precision."""
    real = arguments[-1].dtype
    places = []
    for argument in arguments:
        if isinstance(argument, Tensor):
            argument = ctypes.c_void_p(argument.data_ptr())
        elif isinstance(argument, int):
            argument = ctypes.c_long(argument)
        places.append(argument)
    getattr(kernels(double=real == torch.float64), name)(*places)
