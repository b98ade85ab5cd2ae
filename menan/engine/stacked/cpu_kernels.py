"""The operations of :mod:`.reference` by the CPU kernels, with the same arguments and results.

The kernels trust the pointers that they are given, so shapes, types and indices are checked before
(:mod:`.checks`).
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from menan.engine.stacked.checks import check_adam, check_encode, check_head
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import POOLED, Affine
from menan.features.store import FrameStore

GROUP = 4  # utterances of a task, as in kernels/encoder.h


class _Encoder(ctypes.Structure):
    """struct Encoder of kernels/encoder.h."""

    _fields_ = [
        (name, ctypes.c_long) for name in ("models", "batch", "frames", "dims", "parameter_row")
    ]


class _Head(ctypes.Structure):
    """struct Head of kernels/head.h."""

    _fields_ = [
        (name, ctypes.c_long) for name in ("models", "batch", "classes", "filled", "parameter_row")
    ]


def encode(
    store: FrameStore,
    index: Tensor,
    rows: int,
    mean: Tensor,
    std: Tensor,
    parameters: Tensor,
    layers: Sequence[Affine],
) -> Tensor:
    check_encode(store, index, rows, mean, std, parameters, layers)
    inputs = [store.frames, store.first, store.length]
    inputs += [part.contiguous() for part in (index, mean, std)]
    if torch.is_grad_enabled() and parameters.requires_grad:
        return _EncodeFunction.apply(parameters, rows, *inputs)
    return _encode(parameters, rows, inputs, None)


def head(
    z: Tensor, parameters: Tensor, layers: Sequence[Affine], existing: Tensor, classes: int
) -> Tensor:
    check_head(z, parameters, layers, existing, classes)
    return _HeadFunction.apply(z.contiguous(), parameters, layers[-1].outs, existing, classes)


def adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    done: Tensor,
    total: Tensor,
    lr: float,
    weight_decay: float,
    betas: tuple[float, float],
    eps: float,
    updated: Tensor,
) -> None:
    check_adam(parameters, grad, mean, square, done, total, updated)
    numbers = (ctypes.c_double(number) for number in (lr, weight_decay, *betas, eps))
    tensors = (done, total, parameters, grad, mean, square, updated)
    _call(parameters, "adam", *map(ctypes.c_long, parameters.shape), *numbers, *tensors)


class _EncodeFunction(Function):
    @staticmethod
    def forward(ctx: Any, parameters: Tensor, rows: int, *inputs: Tensor) -> Tensor:
        each = _kernels(parameters).encoder_kept(ctypes.c_long(rows))
        kept = parameters.new_empty(*inputs[3].shape, each)
        pooled = _encode(parameters, rows, inputs, kept)
        ctx.rows = rows
        ctx.save_for_backward(parameters, *inputs, kept, pooled)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        parameters, *inputs, kept, pooled = ctx.saved_tensors
        models, batch = inputs[3].shape
        # A model's batch is cut only where there are too few models for the threads.
        enough = models >= 4 * torch.get_num_threads() or torch.get_num_threads() == 1
        parts = 1 if enough else -(-batch // GROUP)
        gradients = parameters.new_empty(models, parts, parameters.shape[1])
        _call(
            parameters,
            "encoder_backward",
            *_encoder_arguments(parameters, ctx.rows, inputs),
            *(kept, pooled, grad.contiguous(), ctypes.c_long(parts), gradients),
        )
        return gradients[:, 0], *[None] * (1 + len(inputs))


class _HeadFunction(Function):
    @staticmethod
    def forward(
        ctx: Any, z: Tensor, parameters: Tensor, filled: int, existing: Tensor, classes: int
    ) -> Tensor:
        ctx.head = _Head(*z.shape[:2], classes, filled, parameters.stride(0))
        log_p = z.new_empty(*z.shape[:2], classes)
        _call(parameters, "head_forward", ctx.head, existing, z, parameters, log_p)
        ctx.save_for_backward(existing, z, parameters, log_p)
        return log_p

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        existing, z, parameters, log_p = ctx.saved_tensors
        gradient = torch.empty_like(parameters, memory_format=torch.contiguous_format)
        z_grad = torch.empty_like(z) if ctx.needs_input_grad[0] else None
        tensors = (existing, z, parameters, log_p, grad.contiguous(), gradient, z_grad)
        _call(parameters, "head_backward", ctx.head, *tensors)
        return z_grad, gradient, None, None, None


def _encode(parameters: Tensor, rows: int, inputs: Sequence[Tensor], kept: Tensor | None) -> Tensor:
    pooled = parameters.new_empty(*inputs[3].shape, POOLED)
    arguments = _encoder_arguments(parameters, rows, inputs)
    _call(parameters, "encoder_forward", *arguments, kept, pooled)
    return pooled


def _encoder_arguments(parameters: Tensor, rows: int, inputs: Sequence[Tensor]) -> list[Any]:
    frames, index = inputs[0], inputs[3]
    sizes = _Encoder(*index.shape, rows, frames.shape[1], parameters.stride(0))
    return [sizes, ctypes.c_bool(frames.dtype == torch.float16), *inputs, parameters]


def _kernels(parameters: Tensor) -> ctypes.CDLL:
    library = kernels(double=parameters.dtype == torch.float64)
    assert library is not None, "operations() gives these functions only with a compiler"
    return library


def _call(parameters: Tensor, name: str, *arguments: Any) -> None:
    """Run a kernel of the parameters' precision. Tensors are passed by address."""
    places = [
        ctypes.c_void_p(argument.data_ptr()) if isinstance(argument, Tensor) else argument
        for argument in arguments
    ]
    getattr(_kernels(parameters), name)(*places)
