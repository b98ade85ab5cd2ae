"""A wrong shape, type or index is an error before it reaches a kernel."""

import pytest
import torch
from torch import nn

from menan.config import TrainingConfig
from menan.engine.stacked import cpu_kernels
from menan.engine.stacked.compiler import kernels
from menan.engine.stacked.stacked import StackedEngine
from menan.errors import InputError
from tests.training.lockstep_example import FRAMES, make_store
from tests.training.training_example import CPU, build_network

needs_kernels = pytest.mark.skipif(kernels() is None, reason="no C++ compiler for the kernels")


def gather(**changes):
    arguments = {
        "frames": torch.zeros(50, 3),
        "first": torch.tensor([0, 20]),
        "length": torch.tensor([20, 30]),
        "index": torch.tensor([[0, 1, 1]]),
        "mean": torch.zeros(1, 3),
        "std": torch.ones(1, 3),
    } | changes
    order = ("frames", "first", "length", "index")
    return cpu_kernels.gather(
        *(arguments[name] for name in order), 8, arguments["mean"], arguments["std"]
    )


@needs_kernels
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"index": torch.tensor([[0, 2]])}, IndexError),
        ({"index": torch.tensor([[-1, 0]])}, IndexError),
        ({"index": torch.tensor([[0, 1]], dtype=torch.int32)}, ValueError),
        ({"frames": torch.zeros(50, 3, dtype=torch.float64)}, ValueError),
        ({"frames": torch.zeros(3, 50).t()}, ValueError),
        ({"first": torch.tensor([0.0, 20.0])}, ValueError),
        ({"length": torch.tensor([20])}, ValueError),
        ({"mean": torch.zeros(2, 3)}, ValueError),
        ({"std": torch.ones(1, 4)}, ValueError),
    ],
)
def test_gather_refuses(changes, error):
    assert gather().shape == (1, 3, 24)
    with pytest.raises(error):
        gather(**changes)


@needs_kernels
@pytest.mark.parametrize("units", [16, 31, 33, 64])
def test_a_gru_of_another_width_is_refused(units):
    gates = torch.zeros(2, 3, 5, 3 * units)
    weight, bias = torch.zeros(2, units, 3 * units), torch.zeros(2, 3 * units)
    with pytest.raises(ValueError, match=r"gates: .*96"):
        cpu_kernels.gru(gates, weight, bias)


@needs_kernels
def test_windows_and_pooling_of_other_widths_are_refused():
    x = torch.zeros(2, 4, 64)
    with pytest.raises(ValueError, match="multiple of 16"):
        cpu_kernels.windows(x, torch.zeros(2, 32, 20), torch.zeros(2, 20), None, 8)
    with pytest.raises(ValueError, match="at least one window"):
        cpu_kernels.windows(x, torch.zeros(2, 80, 16), torch.zeros(2, 16), None, 8)
    weight = torch.zeros(2, 32, 16, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"weight: .*float64"):
        cpu_kernels.windows(x, weight, torch.zeros(2, 16), None, 8)
    with pytest.raises(ValueError, match="expected a multiple of 16"):
        cpu_kernels.pooling(torch.zeros(2, 3, 5, 20))


@needs_kernels
def test_adam_refuses_matrices_that_do_not_fit():
    matrices = [torch.zeros(2, 10) for _ in range(4)]
    rates = torch.zeros(2), torch.zeros(2)
    cpu_kernels.adam(*matrices, *rates, (0.9, 0.999), 1e-8)
    with pytest.raises(ValueError, match="square"):
        cpu_kernels.adam(*matrices[:3], torch.zeros(2, 9), *rates, (0.9, 0.999), 1e-8)
    with pytest.raises(ValueError, match="rate"):
        cpu_kernels.adam(*matrices, torch.zeros(3), rates[1], (0.9, 0.999), 1e-8)


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
