"""How the parameters of one model stand in one row of numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor


class RowLayout:
    """Named parameters end to end in a row; one row per model makes a matrix.

    A model's parameter may be smaller than ``shapes`` says, as models have different numbers of
    speakers. The rest is filled with zeros, and must get no gradient.

    Args:
        shapes: shape of each parameter in the row, by name.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]):
        self.shapes = dict(shapes)
        self.widths = [torch.Size(shape).numel() for shape in self.shapes.values()]
        self.width = sum(self.widths)

    def split(self, matrix: Tensor) -> dict[str, Tensor]:
        """Views of each parameter, (models, ...), in a matrix (models, width)."""
        parts = matrix.split(self.widths, dim=1)
        return {
            name: part.view(-1, *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def leaves(self, matrix: Tensor) -> dict[str, Tensor]:
        """Views that gradients are computed for; side by side they are the whole matrix."""
        return self.split(matrix)

    def pack(self, state: Mapping[str, Tensor]) -> Tensor:
        """The row (width,) of a model's parameters."""
        row = torch.zeros(1, self.width, dtype=next(iter(state.values())).dtype)
        for name, view in self.split(row).items():
            values = self.to_row(state[name])
            view[0][tuple(map(slice, values.shape))] = values
        return row[0]

    def unpack(self, row: Tensor, template: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The inverse of :meth:`pack`: tensors by name, in the shapes of ``template``."""
        state = {}
        for name, view in self.split(row[None]).items():
            shape = template[name].shape
            values = view[0][tuple(map(slice, self.to_row(template[name]).shape))]
            state[name] = self.from_row(values, shape)
        return state

    def to_row(self, values: Tensor) -> Tensor:
        """A parameter in the axes of ``shapes``."""
        return values

    def from_row(self, values: Tensor, shape: torch.Size) -> Tensor:
        """The inverse of :meth:`to_row`, in memory of its own."""
        return values.clone()
