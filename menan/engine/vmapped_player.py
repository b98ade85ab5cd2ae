"""One player's modules of many models, called as one by ``torch.func.vmap``."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from menan.config import TrainingConfig
from menan.engine.parameters import Parameters
from menan.engine.row_layout import RowLayout
from menan.errors import InputError
from menan.model.network import Network


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
            name: tuple(map(max, zip(*(own[name].shape for own in templates), strict=True)))
            for name in templates[0]
        }
        self.parameters = Parameters(RowLayout(largest), templates, training, steps, adam, device)
        buffers = [_named(network, parts, nn.Module.named_buffers) for network in networks]
        self.buffers = {
            name: torch.stack([own[name] for own in buffers]).to(device) for name in buffers[0]
        }
        # Structure only: the weights are given at each call.
        self.modules = {
            part: copy.deepcopy(getattr(networks[0], part)).to("meta") for part in parts
        }

    def call(self, part: str, *inputs: Tensor) -> Tensor:
        """One module of all active models on inputs with a leading model axis.

        Raises:
            InputError: the module has an operation that cannot be stacked, such as ``nn.GRU``.
        """
        active = self.parameters.active
        weights = _below(part, self.parameters.leaves)
        buffers = {name: value[:active] for name, value in _below(part, self.buffers).items()}

        def one(weights: dict[str, Tensor], buffers: dict[str, Tensor], *inputs: Tensor) -> Tensor:
            return functional_call(self.modules[part], (weights, buffers), inputs)

        try:
            return vmap(one)(weights, buffers, *inputs)
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


def _below(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of one module, by their names in it."""
    return {
        name.removeprefix(f"{part}."): value
        for name, value in tensors.items()
        if name.startswith(f"{part}.")
    }
