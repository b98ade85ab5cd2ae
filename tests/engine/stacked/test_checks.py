"""A wrong shape, type or index is an error before it reaches a kernel."""

import pytest
import torch
from torch import nn

from menan.config import TrainingConfig
from menan.engine.stacked import cpu_kernels
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.layout import encoder_layers, head_layers
from menan.engine.stacked.stacked import StackedEngine
from menan.errors import InputError
from menan.features.store import FrameStore
from tests.training.lockstep_example import FRAMES, make_store
from tests.training.training_example import CPU, build_network

needs_kernels = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")


def encode(**changes):
    store = {
        "frames": torch.zeros(50, 3),
        "first": torch.tensor([0, 20]),
        "length": torch.tensor([20, 30]),
    }
    arguments = {
        "index": torch.tensor([[0, 1, 1]]),
        "rows": 18,
        "mean": torch.zeros(1, 3),
        "std": torch.ones(1, 3),
        "parameters": torch.zeros(1, sum(layer.width for layer in encoder_layers(3))),
        "layers": encoder_layers(3),
    }
    fields = {name: changes.pop(name, value) for name, value in store.items()}
    return cpu_kernels.encode(FrameStore(("a", "b"), **fields), **arguments | changes)


@needs_kernels
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"index": torch.tensor([[0, 2]])}, IndexError),
        ({"index": torch.tensor([[-1, 0]])}, IndexError),
        ({"index": torch.tensor([[0, 1]], dtype=torch.int32)}, ValueError),
        ({"rows": 17}, ValueError),
        ({"frames": torch.zeros(50, 3, dtype=torch.float64)}, ValueError),
        ({"frames": torch.zeros(3, 50).t()}, ValueError),
        ({"first": torch.tensor([0.0, 20.0])}, ValueError),
        ({"length": torch.tensor([20])}, ValueError),
        ({"mean": torch.zeros(2, 3)}, ValueError),
        ({"std": torch.ones(1, 4)}, ValueError),
        ({"std": torch.ones(1, 3, dtype=torch.float64)}, ValueError),
        ({"parameters": torch.zeros(1, 1000)}, ValueError),
        (
            {"frames": torch.zeros(50, 4), "mean": torch.zeros(1, 4), "std": torch.ones(1, 4)},
            ValueError,
        ),
    ],
)
def test_encode_refuses(changes, error):
    assert encode().shape == (1, 3, 96)
    with pytest.raises(error):
        encode(**changes)


@needs_kernels
def test_a_head_refuses_what_does_not_fit():
    layers, z = head_layers("speaker", 5), torch.zeros(2, 3, 96)
    parameters = torch.zeros(2, sum(layer.width for layer in layers))
    counts = torch.tensor([5, 4])
    assert cpu_kernels.head(z, parameters, layers, counts, 5).shape == (2, 3, 5)
    for arguments, message in (
        ((z[..., :90], parameters, layers, counts, 5), "z: "),
        ((z.double(), parameters, layers, counts, 5), "z: .*float64"),
        ((z, parameters[:, 1:], layers, counts, 5), "parameters"),
        ((z, parameters.t().contiguous().t(), layers, counts, 5), "contiguous"),
        ((z, parameters, layers, counts[:1], 5), "existing"),
        ((z, parameters, layers, counts, 17), "17 classes in 16 outputs"),
    ):
        with pytest.raises(ValueError, match=message):
            cpu_kernels.head(*arguments)


@needs_kernels
def test_adam_refuses_matrices_that_do_not_fit():
    matrices, updated = [torch.zeros(2, 10) for _ in range(4)], torch.zeros(2, 10)
    steps = torch.zeros(2).double(), torch.ones(2).double()
    rest = (1e-3, 0.0, (0.9, 0.999), 1e-8)
    cpu_kernels.adam(*matrices, *steps, *rest, updated)
    with pytest.raises(ValueError, match="square"):
        cpu_kernels.adam(*matrices[:3], torch.zeros(2, 9), *steps, *rest, updated)
    with pytest.raises(ValueError, match="updated"):
        cpu_kernels.adam(*matrices, *steps, *rest, torch.zeros(2, 10).double())
    with pytest.raises(ValueError, match="done"):
        cpu_kernels.adam(*matrices, torch.zeros(3).double(), steps[1], *rest, updated)


@pytest.mark.parametrize(
    ("part", "module"),
    [
        ("gru", nn.GRU(32, 64, batch_first=True)),
        ("gru", nn.GRU(32, 16, batch_first=True)),
        ("linear", nn.Sequential(nn.Linear(32, 48), nn.PReLU())),
    ],
)
def test_a_network_that_is_not_table_1_is_refused_by_name(part, module):
    network = build_network(7, 5, 0)
    setattr(network.encoder, part, module)
    with pytest.raises(InputError, match=rf"Table 1 only: encoder\.{part}"):
        StackedEngine([network], TrainingConfig(), [10], CPU)


def test_features_of_one_column_are_trained_on():
    networks = [build_network(1, 5, seed).double() for seed in range(2)]
    engine = StackedEngine(networks, TrainingConfig(), [10, 10], CPU)
    store = make_store()
    store = type(store)(store.utts, store.frames[:, :1].contiguous(), store.first, store.length)
    index = torch.tensor([[0, 1, 2], [3, 4, 5]])
    v = engine.embed(store, index, FRAMES)
    for row, network in enumerate(networks):
        features, lengths = network.encoder.read(store, index[row], FRAMES)
        torch.testing.assert_close(v[row], network.encoder(features.double(), lengths))
