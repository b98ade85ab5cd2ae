"""How the parameters of Table 1's networks stand in the rows of one matrix, one row per model.

Every layer is an affine map, weight (size, outs) and bias (outs), most with a PReLU after it, as
:func:`menan.engine.stacked.reference.windows` computes it. A convolution's window is its frames end
to end. Sizes of the heads are filled up with zeros to a multiple of 16, the lanes of the CPU
kernels; the filling gets no gradient and stays 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from menan.engine.row_layout import RowLayout
from menan.errors import InputError

LANES = 16  # BLOCK in kernels/lanes.h
FIRST_KERNEL = 10  # frames
UNITS = 32  # hidden units of the GRU, as in kernels/gru.h and gru_triton.py
POOLED = 3 * UNITS  # size of v: mean, standard deviation and maximum of 32 channels


@dataclass(frozen=True)
class Affine:
    """A layer, by the names of its parameters in the plain network.

    slope: slope of the PReLU; None without one.
    size, outs: numbers in (one window) and out.
    """

    weight: str
    bias: str
    slope: str | None
    size: int
    outs: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Its parameters in the order of the row."""
        own = {self.weight: (self.size, self.outs), self.bias: (self.outs,)}
        return own if self.slope is None else {**own, self.slope: (1,)}

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return (self.size + 1) * self.outs + (self.slope is not None)


@dataclass(frozen=True)
class Views:
    """A layer's parameters in all models: (models, size, outs), (models, outs), (models, 1)."""

    weight: Tensor
    bias: Tensor
    slope: Tensor | None


def views(parameters: Tensor, layers: Sequence[Affine]) -> Iterator[Views]:
    """The layers in turn, in (models, numbers)."""
    shapes = [shape for layer in layers for shape in layer.shapes.values()]
    parts = parameters.split([torch.Size(shape).numel() for shape in shapes], dim=1)
    shaped = iter([part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)])
    for layer in layers:
        yield Views(next(shaped), next(shaped), None if layer.slope is None else next(shaped))


class Layout(RowLayout):
    """Where the parameters of some parts of the network stand in a row.

    Args:
        parts: layers of each part (``encoder``, ``emotion``, ``speaker``).
    """

    def __init__(self, parts: Mapping[str, Sequence[Affine]]):
        self.parts = dict(parts)
        layers = [layer for part in self.parts.values() for layer in part]
        super().__init__({name: shape for layer in layers for name, shape in layer.shapes.items()})

    def leaves(self, matrix: Tensor) -> dict[str, Tensor]:
        """Each part as a whole."""
        widths = [sum(layer.width for layer in part) for part in self.parts.values()]
        return dict(zip(self.parts, matrix.split(widths, dim=1), strict=True))

    def check(self, network: nn.Module) -> None:
        """Refuse a network whose parameters are not those of the layers.

        Raises:
            InputError: another name or another width than Table 1 has.
        """
        found = {
            name: tuple(self.to_row(value).shape)
            for name, value in network.named_parameters()
            if name.partition(".")[0] in self.parts
        }
        for name in {**self.shapes, **found}:
            wanted, own = self.shapes.get(name), found.get(name)
            if wanted == own:
                continue
            # Heads are filled up: their layers may be smaller than their place.
            in_head = not name.startswith("encoder.")
            smaller = own and wanted and all(map(int.__le__, own, wanted))
            if not (in_head and smaller):
                raise InputError(
                    f"the stacked engine trains the paper's Table 1 only: {name} has the shape "
                    f"{own}, expected {wanted}; train other sizes by an encoder of their own"
                )

    def to_row(self, values: Tensor) -> Tensor:
        """Weights as (size, outs): a convolution's (outs, channels, kernel) by frames."""
        if values.dim() == 1:
            return values
        if values.dim() == 3:
            values = values.transpose(1, 2).flatten(start_dim=1)
        return values.t()

    def from_row(self, values: Tensor, shape: torch.Size) -> Tensor:
        if len(shape) == 1:
            return values.clone()
        if len(shape) == 3:
            outs, channels, kernel = shape
            return values.t().reshape(outs, kernel, channels).transpose(1, 2).contiguous()
        return values.t().contiguous()


def encoder_layers(dims: int) -> tuple[Affine, ...]:
    """Two convolutions, the GRU's input and recurrent part, the linear layer."""
    return (
        _layer("encoder.conv.0", "encoder.conv.1", FIRST_KERNEL * dims, 32),
        _layer("encoder.conv.2", "encoder.conv.3", 5 * 32, 32),
        Affine("encoder.gru.weight_ih_l0", "encoder.gru.bias_ih_l0", None, 32, 96),
        Affine("encoder.gru.weight_hh_l0", "encoder.gru.bias_hh_l0", None, 32, 96),
        _layer("encoder.linear.0", "encoder.linear.1", 32, 32),
    )


def head_layers(head: str, classes: int) -> tuple[Affine, ...]:
    """EC (``emotion``) or SC (``speaker``)."""
    return (
        _layer(f"{head}.0", f"{head}.1", POOLED, 32),
        _layer(f"{head}.2", f"{head}.3", 32, _filled(10)),
        _layer(f"{head}.4", None, _filled(10), _filled(classes)),
    )


def _layer(affine: str, prelu: str | None, size: int, outs: int) -> Affine:
    slope = None if prelu is None else f"{prelu}.weight"
    return Affine(f"{affine}.weight", f"{affine}.bias", slope, size, outs)


def _filled(count: int) -> int:
    return -(-count // LANES) * LANES
