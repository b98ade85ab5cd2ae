"""The device of a training step's tensors, tested without a GPU."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from menan.config import TrainingConfig
from menan.engine.stacked.backends import REFERENCE
from menan.engine.stacked.stacked import StackedEngine
from menan.features.store import FrameStore
from menan.settings import ObjectiveSettings
from menan.training.lockstep import Batch, LockStep
from menan.training.objectives import make_objective
from tests.training.training_example import build_network, model_with


class Watch(TorchDispatchMode):
    """Records every operation whose result is on the CPU."""

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
    meta, models = torch.device("meta"), len(ObjectiveSettings.table)
    networks = [build_network(43, 5, 0, model_with(kind)) for _ in ObjectiveSettings.table]
    engine = StackedEngine(networks, TrainingConfig(sc_steps=2), [9] * models, meta, REFERENCE)
    with meta:
        store = FrameStore(
            ("a", "b"), torch.empty(90, 43), torch.tensor([0, 40]), torch.tensor([40, 50])
        )
        whole = torch.empty(models, 6, dtype=torch.int64)
        batch = Batch(whole, whole, whole, torch.empty(models, 6), torch.empty(models, 6))
        noise = torch.empty(models, 4 * 6, 96) if kind == "noise" else None
    objectives = [make_objective(settings()) for settings in ObjectiveSettings.table.values()]
    lockstep = LockStep(engine, objectives, 2, store, rows=60)
    with Watch() as watch:
        measured = lockstep.update(batch, noise)
    assert watch.on_cpu == []
    assert all(value.device.type == "meta" for value in measured.values())
