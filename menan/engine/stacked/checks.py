"""Checks where Python meets the kernels, which trust every pointer that they are given.

A wrong shape, type or index raises ValueError or IndexError; it never reaches memory.
"""

import torch
from torch import Tensor

from menan.engine.stacked.layout import LANES, UNITS

REAL = (torch.float32, torch.float64)


def check_gather(
    frames: Tensor, first: Tensor, length: Tensor, index: Tensor, mean: Tensor, std: Tensor
) -> None:
    """Arguments of :func:`menan.engine.stacked.reference.gather`."""
    (models, batch), dims = index.shape, frames.shape[1]
    utts = len(first)
    _check("frames", frames, (None, dims), (torch.float32, torch.float16))
    _check("first", first, (utts,), (torch.int64,))
    _check("length", length, (utts,), (torch.int64,))
    _check("index", index, (models, batch), (torch.int64,))
    _check("mean", mean, (models, dims), REAL)
    _check("std", std, (models, dims), (mean.dtype,))
    if index.numel() and not 0 <= int(index.min()) <= int(index.max()) < utts:
        raise IndexError(f"index outside the {utts} utterances of the store")
    if not frames.is_contiguous() or not first.is_contiguous() or not length.is_contiguous():
        raise ValueError("the store's tensors must be contiguous")


def check_windows(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    slope: Tensor | None,
    stride: int,
    distinct: Tensor | None,
) -> None:
    """Arguments of :func:`menan.engine.stacked.reference.windows`."""
    (models, sequences, length), (size, outs) = x.shape, weight.shape[1:]
    _check("x", x, (models, sequences, None), REAL)
    _check("weight", weight, (models, size, None), (x.dtype,))
    _check("bias", bias, (models, outs), (x.dtype,))
    if slope is not None:
        _check("slope", slope, (models, 1), (x.dtype,))
    if distinct is not None:
        _check("distinct", distinct, (models, sequences), (torch.int64,))
    if outs % LANES or length < size or stride < 1:
        raise ValueError(
            f"windows of {size} in sequences of {length} to {outs} outputs: outputs must be a "
            f"multiple of {LANES}, and a sequence at least one window"
        )


def check_gru(gates: Tensor, weight: Tensor, bias: Tensor) -> None:
    """Arguments of :func:`menan.engine.stacked.reference.gru`; its width is fixed."""
    models, batch, time, _ = gates.shape
    _check("gates", gates, (models, batch, time, 3 * UNITS), REAL)
    _check("weight", weight, (models, UNITS, 3 * UNITS), (gates.dtype,))
    _check("bias", bias, (models, 3 * UNITS), (gates.dtype,))


def check_pooling(x: Tensor) -> None:
    """Argument of :func:`menan.engine.stacked.reference.pooling`."""
    _check("x", x, (None, None, None, None), REAL)
    if x.shape[-1] % LANES or x.shape[2] < 1:
        raise ValueError(f"pooling of {x.shape[-1]} channels: expected a multiple of {LANES}")


def check_adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    rate: Tensor,
    correction: Tensor,
) -> None:
    """Matrices and rates of :func:`menan.engine.stacked.reference.adam`."""
    real = parameters.dtype
    models, width = parameters.shape
    _check("parameters", parameters, (models, width), REAL)
    for name, matrix in (("grad", grad), ("mean", mean), ("square", square)):
        _check(name, matrix, (models, width), (real,))
    for matrix in (parameters, grad, mean, square):
        if not matrix.is_contiguous():
            raise ValueError("Adam's matrices must be contiguous")
    for name, numbers in (("rate", rate), ("correction", correction)):
        _check(name, numbers, (models,), (torch.float32, torch.float64))


def _check(
    name: str, tensor: Tensor, shape: tuple[int | None, ...], dtypes: tuple[torch.dtype, ...]
) -> None:
    """Raise ValueError unless a tensor has this shape (None: any size) and type, on the CPU."""
    fits = tensor.dim() == len(shape) and all(
        wanted in (None, size) for wanted, size in zip(shape, tensor.shape, strict=False)
    )
    if not fits or tensor.dtype not in dtypes or tensor.device.type != "cpu":
        raise ValueError(
            f"{name}: {tensor.dtype} {tuple(tensor.shape)} on {tensor.device}; the CPU kernels "
            f"expect {' or '.join(map(str, dtypes))} {shape} on cpu"
        )
