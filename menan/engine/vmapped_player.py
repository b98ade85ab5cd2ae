"""One player's modules of many models, called as one by ``torch.func.vmap``."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from menan.config import TrainingConfig
from menan.engine.parameters import Parameters
from menan.engine.row_layout import RowLayout
from menan.errors import InputError
from menan.model.network import Network


class TransposedLayout(RowLayout):
    """A :class:`RowLayout` in which matrices stand transposed.

    So the gradient of a linear layer's weight needs no copy: ``torch.func`` computes it transposed.
    """

    def to_row(self, values: Tensor) -> Tensor:
        return values.T if values.dim() == 2 else values

    def from_row(self, values: Tensor, shape: torch.Size) -> Tensor:
        return self.to_row(values).clone(memory_format=torch.contiguous_format)


class VmappedPlayer:
    """Modules of many models, called as one.

    Where models have modules of different sizes (numbers of speakers), the smaller are filled with
    zeros; that suits linear layers.

    Args:
        networks: the models at their start.
        parts: names of the network's modules that this player updates, such as ``speaker``.
        training, steps, adam: as :class:`menan.engine.parameters.Parameters`.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        parts: Sequence[str],
        training: TrainingConfig,
        steps: Sequence[int],
        adam: Callable[..., None],
        device: torch.device,
    ):
        templates = [_named(network, parts, nn.Module.named_parameters) for network in networks]
        largest = {
            name: torch.Size(map(max, zip(*(own[name].shape for own in templates), strict=True)))
            for name in templates[0]
        }
        in_row = {
            name: (shape[::-1] if len(shape) == 2 else shape) for name, shape in largest.items()
        }
        layout = TransposedLayout(in_row)
        self.parameters = Parameters(layout, templates, training, steps, adam, device)
        buffers = [_named(network, parts, nn.Module.named_buffers) for network in networks]
        self.buffers = {
            name: torch.stack([own[name] for own in buffers]).to(device) for name in buffers[0]
        }
        # Where a model's buffers are other than those of the model before it.
        self.changes = {part: _changes(_below(part, self.buffers).values()) for part in parts}
        # Structure only: the weights are given at each call.
        self.modules = {
            part: copy.deepcopy(getattr(networks[0], part)).to("meta") for part in parts
        }

    def alike(self, part: str) -> int:
        """The largest n such that every n neighbouring active models have equal buffers in a
        module."""
        active = self.parameters.active
        return math.gcd(active, *(place for place in self.changes[part] if place < active))

    def call(self, part: str, *own: Tensor, shared: Sequence[Tensor] = ()) -> Tensor:
        """One module of all active models.

        Args:
            own: inputs with a leading model axis.
            shared: inputs before them, with a leading axis of groups of neighbouring models. The
                models of a group have equal buffers. What depends on shared inputs and buffers only
                is computed once per group.

        Raises:
            InputError: the module has an operation that cannot be stacked, such as ``nn.GRU``.
        """
        active = self.parameters.active
        groups = len(shared[0]) if shared else active
        each = active // groups

        def grouped(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: value.unflatten(0, (groups, each)) for name, value in tensors.items()}

        leaves = _below(part, self.parameters.leaves)
        plain = {name: leaf.mT if leaf.dim() == 3 else leaf for name, leaf in leaves.items()}
        weights = grouped(plain)
        buffers = {name: value[:active:each] for name, value in _below(part, self.buffers).items()}
        inputs = [value.unflatten(0, (groups, each)) for value in own]

        def one(
            weights: dict[str, Tensor],
            buffers: dict[str, Tensor],
            shared: Sequence[Tensor],
            own: Sequence[Tensor],
        ) -> Tensor:
            return functional_call(self.modules[part], (weights, buffers), (*shared, *own))

        try:
            of_group = vmap(one, in_dims=(0, None, None, 0))
            return vmap(of_group)(weights, buffers, tuple(shared), tuple(inputs)).flatten(0, 1)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            if "vmap" not in reason and "atching rule" not in reason:
                raise
            raise InputError(
                f"torch.func cannot stack the {part} of class "
                f"{type(self.modules[part]).__name__} ({reason[:200]}); use operations that "
                "torch.func.vmap supports"
            ) from error


def _named(
    network: Network,
    parts: Sequence[str],
    named: Callable[[nn.Module], Iterator[tuple[str, Tensor]]],
) -> dict[str, Tensor]:
    """Parameters or buffers of some modules, by their names in the network."""
    return {
        f"{part}.{name}": value.detach()
        for part in parts
        for name, value in named(getattr(network, part))
    }


def _changes(buffers: Iterable[Tensor]) -> list[int]:
    """The models, from 1, of which some buffer is not equal to that of the model before."""
    changes: set[int] = set()
    for value in buffers:
        flat = value.flatten(start_dim=1)
        differs = (flat[1:] != flat[:-1]).any(dim=1)
        changes |= set((differs.nonzero().flatten() + 1).tolist())
    return sorted(changes)


def _below(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of one module, by their names in it."""
    return {
        name.removeprefix(f"{part}."): value
        for name, value in tensors.items()
        if name.startswith(f"{part}.")
    }
