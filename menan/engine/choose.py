"""The engine that trains some models."""

from collections.abc import Sequence

import torch

from menan.config import TrainingConfig
from menan.engine.engine import Engine
from menan.engine.stacked.stacked import StackedEngine
from menan.engine.vmapped import VmappedEngine
from menan.model.network import Network, NetworkShape


def engine_for(shape: NetworkShape) -> type[Engine]:
    """The hand-written kernels for Table 1, ``torch.func.vmap`` for every other encoder."""
    return StackedEngine if StackedEngine.takes(shape) else VmappedEngine


def make_engine(
    networks: Sequence[Network],
    training: TrainingConfig,
    steps: Sequence[int],
    device: torch.device,
) -> Engine:
    """An engine for models of one shape; arguments as :class:`menan.engine.engine.Engine`."""
    return engine_for(networks[0].shape)(networks, training, steps, device)
