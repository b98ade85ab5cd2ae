"""How the parameters of Table 1's networks stand in the rows of one matrix, a row a model.

Every layer is an affine map, weight (size, outs) and bias (outs), most with a PReLU after it: what
:func:`menan.engine.stacked.reference.windows` computes. A convolution's window is its frames end
to end. Sizes of the heads are filled up with zeros to a multiple of 16, the lanes of the CPU
kernels; the filling gets no gradient and stays 0.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from menan.model.network import EMBEDDING_DIMS

LANES = 16  # as in kernels/lanes.h


@dataclass(frozen=True)
class Affine:
    """A layer, by the names of its parameters in the plain network.

    slope: the PReLU's; None for none.
    size, outs: numbers that go in (of a window) and out.
    """

    weight: str
    bias: str
    slope: str | None
    size: int
    outs: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.weight, self.bias, self.slope)))


@dataclass(frozen=True)
class Views:
    """A layer's parameters in all models: (models, size, outs), (models, outs), (models, 1)."""

    weight: Tensor
    bias: Tensor
    slope: Tensor | None


class Layout:
    """Where the parameters of some layers stand in a row of ``width`` numbers."""

    def __init__(self, layers: Iterable[Affine]):
        self.layers = tuple(layers)
        self.shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            shapes = ((layer.size, layer.outs), (layer.outs,), (1,))
            self.shapes |= dict(zip(layer.names, shapes, strict=False))
        self.widths = [torch.Size(shape).numel() for shape in self.shapes.values()]
        self.width = sum(self.widths)

    def split(self, matrix: Tensor) -> dict[str, Tensor]:
        """Views of each parameter, (models, ...), in a matrix (models, width)."""
        parts = matrix.split(self.widths, dim=1)
        return {
            name: part.view(-1, *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def views(self, tensors: Mapping[str, Tensor]) -> Iterator[Views]:
        """The layers in turn, of what :meth:`split` gave."""
        for layer in self.layers:
            slope = tensors[layer.slope] if layer.slope else None
            yield Views(tensors[layer.weight], tensors[layer.bias], slope)

    def pack(self, state: Mapping[str, Tensor]) -> Tensor:
        """A row (width,) of a plain network's parameters by name."""
        row = torch.zeros(1, self.width, dtype=next(iter(state.values())).dtype)
        for name, view in self.split(row).items():
            values = _to_windows(state[name])
            view[0][tuple(map(slice, values.shape))] = values
        return row[0]

    def unpack(self, row: Tensor, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The inverse of :meth:`pack`: tensors by name, in the shapes of ``like``."""
        state = {}
        for name, view in self.split(row[None]).items():
            values = view[0][tuple(map(slice, _to_windows(like[name]).shape))]
            state[name] = _from_windows(values, like[name].shape)
        return state


def main_layers(dims: int, emotions: int) -> tuple[Affine, ...]:
    """ENC (two convolutions, the GRU's input and recurrent part, the linear layer) and EC."""
    return (
        _layer("encoder.conv.0", "encoder.conv.1", 10 * dims, 32),
        _layer("encoder.conv.2", "encoder.conv.3", 5 * 32, 32),
        Affine("encoder.gru.weight_ih_l0", "encoder.gru.bias_ih_l0", None, 32, 96),
        Affine("encoder.gru.weight_hh_l0", "encoder.gru.bias_hh_l0", None, 32, 96),
        _layer("encoder.linear.0", "encoder.linear.1", 32, 32),
        *head_layers("emotion", emotions),
    )


def head_layers(head: str, classes: int) -> tuple[Affine, ...]:
    """EC (``emotion``) or SC (``speaker``)."""
    return (
        _layer(f"{head}.0", f"{head}.1", EMBEDDING_DIMS, 32),
        _layer(f"{head}.2", f"{head}.3", 32, _filled(10)),
        _layer(f"{head}.4", None, _filled(10), _filled(classes)),
    )


def _layer(affine: str, prelu: str | None, size: int, outs: int) -> Affine:
    slope = None if prelu is None else f"{prelu}.weight"
    return Affine(f"{affine}.weight", f"{affine}.bias", slope, size, outs)


def _filled(count: int) -> int:
    return -(-count // LANES) * LANES


def _to_windows(values: Tensor) -> Tensor:
    """Weights as (size, outs); a convolution's (outs, channels, kernel) by frames. Else as is."""
    if values.dim() == 1:
        return values
    if values.dim() == 3:
        values = values.transpose(1, 2).flatten(start_dim=1)
    return values.t()


def _from_windows(values: Tensor, shape: torch.Size) -> Tensor:
    if len(shape) == 1:
        return values.clone()
    if len(shape) == 3:
        outs, channels, kernel = shape
        return values.t().reshape(outs, kernel, channels).transpose(1, 2).contiguous()
    return values.t().contiguous()
