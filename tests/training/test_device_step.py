"""Where the tensors of a training step live, shown without a GPU."""

import sys

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from menan.config import TrainingConfig
from menan.features.store import FrameStore
from menan.network.model import Network
from menan.training.objectives import OBJECTIVES, make_objective
from menan.training.players import Players


class Watch(TorchDispatchMode):
    """Notes every operation that gives a tensor on the CPU."""

    def __init__(self):
        super().__init__()
        self.on_cpu = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in torch.utils._pytree.tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and tensor.device.type == "cpu":
                self.on_cpu.append(str(function))
        return out


@pytest.mark.parametrize("name", OBJECTIVES)
def test_no_tensor_of_a_step_is_made_on_the_cpu(name, monkeypatch):
    # The meta device computes shapes only, and like a GPU it is not the CPU. The fused Adam runs
    # on it as on any device, but is not listed to.
    module = sys.modules[torch.optim.Optimizer.__module__]
    listed = module._get_fused_kernels_supported_devices()
    monkeypatch.setattr(module, "_get_fused_kernels_supported_devices", lambda: [*listed, "meta"])
    with torch.device("meta"):
        network = Network(43, 5)
        store = FrameStore(
            ("a", "b"), torch.empty(90, 43), torch.tensor([0, 40]), torch.tensor([40, 50])
        )
        index = torch.empty(6, dtype=torch.int64)
        emotions = speakers = torch.zeros(6, dtype=torch.int64)
    players = Players(network, TrainingConfig(sc_steps=2), steps=10)
    objective = make_objective(name, 0.5)
    with Watch() as watch:
        measured = objective.update(players, store.gather(index, 60), emotions, speakers)
    assert watch.on_cpu == []
    assert all(value.device.type == "meta" for value in measured.values())
