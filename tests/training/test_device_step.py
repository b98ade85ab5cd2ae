"""Where the tensors of a training step live, shown without a GPU."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from menan.engine.stacked.backends import REFERENCE
from menan.engine.stacked.stacked import StackedNetwork
from menan.features.store import FrameStore
from menan.model.bottlenecks import Bottleneck
from menan.model.network import EMBEDDING_DIMS, build_network
from menan.training.lockstep import Batch, LockStep
from menan.training.objectives import OBJECTIVES, make_objective


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


@pytest.mark.parametrize("kind", ["none", "noise", "fsq"])
def test_no_tensor_of_a_step_is_made_on_the_cpu(kind):
    # The meta device computes shapes only, and like a GPU it is not the CPU.
    meta, models = torch.device("meta"), len(OBJECTIVES)
    networks = [build_network(43, 5, 0, Bottleneck(kind)) for _ in OBJECTIVES]
    network = StackedNetwork(networks, 1e-3, [9] * models, 2, meta, REFERENCE)
    with meta:
        store = FrameStore(
            ("a", "b"), torch.empty(90, 43), torch.tensor([0, 40]), torch.tensor([40, 50])
        )
        whole = torch.empty(models, 6, dtype=torch.int64)
        batch = Batch(whole, whole, whole, torch.empty(models, 6))
        noise = torch.empty(models, 4 * 6, EMBEDDING_DIMS) if kind == "noise" else None
    objectives = [make_objective(name, 0.5) for name in OBJECTIVES]
    game = LockStep(network, objectives, 2, store, frames=60)
    with Watch() as watch:
        measured = game.update(batch, noise)
    assert watch.on_cpu == []
    assert all(value.device.type == "meta" for value in measured.values())
