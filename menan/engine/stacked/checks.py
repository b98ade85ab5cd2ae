"""Checks where Python meets the kernels, which trust every pointer that they are given.

A wrong shape, type or index raises ValueError or IndexError; it never reaches memory.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from menan.engine.stacked.layout import FIRST_KERNEL, LANES, POOLED, Affine
from menan.features.store import FrameStore
from menan.model.encoders import Table1Encoder

REAL = (torch.float32, torch.float64)


def check_encode(
    store: FrameStore,
    index: Tensor,
    rows: int,
    mean: Tensor,
    std: Tensor,
    parameters: Tensor,
    layers: Sequence[Affine],
) -> None:
    """Arguments of :func:`menan.engine.stacked.reference.encode`."""
    frames, first, length = store.frames, store.first, store.length
    (models, batch), dims, utts = index.shape, frames.shape[1], len(first)
    _check("frames", frames, (None, dims), (torch.float32, torch.float16))
    _check("first", first, (utts,), (torch.int64,))
    _check("length", length, (utts,), (torch.int64,))
    _check("index", index, (models, batch), (torch.int64,))
    _check_parameters(parameters, models, layers)
    _check("mean", mean, (models, dims), (parameters.dtype,))
    _check("std", std, (models, dims), (parameters.dtype,))
    if index.numel():
        lowest, highest = index.aminmax()
        if not 0 <= int(lowest) <= int(highest) < utts:
            raise IndexError(f"index outside the {utts} utterances of the store")
    if not frames.is_contiguous() or not first.is_contiguous() or not length.is_contiguous():
        raise ValueError("the store's tensors must be contiguous")
    if layers[0].size != FIRST_KERNEL * dims:
        raise ValueError(f"parameters for {layers[0].size // FIRST_KERNEL} columns, not {dims}")
    if rows < Table1Encoder.shortest_input:
        raise ValueError(f"{rows} frames; the encoder needs {Table1Encoder.shortest_input}")


def check_head(
    z: Tensor, parameters: Tensor, layers: Sequence[Affine], existing: Tensor, classes: int
) -> None:
    """Arguments of :func:`menan.engine.stacked.reference.head`."""
    models, batch, _ = z.shape
    _check_parameters(parameters, models, layers)
    _check("z", z, (models, batch, POOLED), (parameters.dtype,))
    _check("existing", existing, (models,), (torch.int64,))
    outs = layers[-1].outs
    if batch < 1 or outs % LANES or not 1 <= classes <= outs:
        raise ValueError(f"{batch} utterances and {classes} classes in {outs} outputs")


def check_adam(
    parameters: Tensor,
    grad: Tensor,
    mean: Tensor,
    square: Tensor,
    done: Tensor,
    total: Tensor,
    updated: Tensor,
) -> None:
    """Matrices and steps of :func:`menan.engine.stacked.reference.adam`."""
    real = parameters.dtype
    models, width = parameters.shape
    _check("parameters", parameters, (models, width), REAL)
    others = {"grad": grad, "mean": mean, "square": square, "updated": updated}
    for name, matrix in others.items():
        _check(name, matrix, (models, width), (real,))
    for matrix in (parameters, *others.values()):
        if not matrix.is_contiguous():
            raise ValueError("Adam's matrices must be contiguous")
    for name, numbers in (("done", done), ("total", total)):
        _check(name, numbers, (models,), (torch.float64,))


def _check_parameters(parameters: Tensor, models: int, layers: Sequence[Affine]) -> None:
    width = sum(layer.width for layer in layers)
    _check("parameters", parameters, (models, width), REAL)
    if parameters.stride(1) != 1:
        raise ValueError("the numbers of a model must be contiguous")


def _check(
    name: str, tensor: Tensor, shape: tuple[int | None, ...], dtypes: tuple[torch.dtype, ...]
) -> None:
    """Raise ValueError unless a tensor has this shape (None: any size) and type, on the CPU."""
    fits = tensor.shape == shape or (
        tensor.dim() == len(shape)
        and all(wanted in (None, size) for wanted, size in zip(shape, tensor.shape, strict=False))
    )
    if not fits or tensor.dtype not in dtypes or tensor.device.type != "cpu":
        raise ValueError(
            f"{name}: {tensor.dtype} {tuple(tensor.shape)} on {tensor.device}; the CPU kernels "
            f"expect {' or '.join(map(str, dtypes))} {shape} on cpu"
        )
