"""Models in lock-step against the plain loop, PyTorch's modules and optimiser, one at a time."""

import copy

import pytest
import torch

from menan.config import TrainingConfig
from menan.engine.stacked.backends import REFERENCE, operations
from menan.model.encoders import Table1Encoder
from menan.training.objectives import make_objective
from menan.training.plain_loop import PlainLoop
from tests.training.lockstep_example import (
    CPU,
    FRAMES,
    NAMES,
    make_batch,
    make_lockstep,
    make_networks,
    make_noise,
)
from tests.training.training_example import model_with, objectives

SPEAKERS = (8, 22, 5, 9, 17)  # of one model each, and more than one filling to 16


def relative_error(got: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((got - wanted).detach().norm() / wanted.detach().norm())


def follow(dtype, steps, sc_steps, ops, model=None):
    """Worst relative error of a parameter after steps in lock-step and by the plain loop."""
    networks = make_networks(SPEAKERS, dtype, model)
    config = TrainingConfig(sc_steps=sc_steps)
    lockstep = make_lockstep(networks, NAMES, 0.3, sc_steps, operations=ops)
    plain = [
        PlainLoop(copy.deepcopy(network), make_objective(settings), config, 100)
        for network, settings in zip(networks, objectives(*NAMES, lambda_=0.3), strict=True)
    ]
    for step in range(steps):
        sizes = tuple(6 - (step + row) % 3 for row in range(len(SPEAKERS)))
        batch = make_batch(SPEAKERS, dtype, step, sizes)
        noise = make_noise(len(SPEAKERS), model, step)
        lockstep.update(batch, noise)
        for row, loop in enumerate(plain):
            own = slice(sizes[row])
            features, lengths = Table1Encoder.read(lockstep.store, batch.index[row, own], FRAMES)
            loop.update(
                features.to(dtype),
                lengths,
                batch.emotions[row, own],
                batch.speakers[row, own],
                None if noise is None else noise[row].unflatten(0, (3, 6))[:, own].flatten(0, 1),
            )
    errors = {}
    for row, loop in enumerate(plain):
        got = dict(lockstep.engine.plain(row).named_parameters())
        for name, wanted in loop.network.named_parameters():
            errors[f"{NAMES[row]} {name}"] = relative_error(got[name], wanted)
    return errors


@pytest.mark.parametrize("kernels", [True, False])
def test_each_model_follows_the_plain_loop_in_float64(kernels):
    ops = operations(CPU, torch.float64) if kernels else REFERENCE
    assert kernels == (ops is not REFERENCE), "no compiler: the CPU kernels were not tested"
    errors = follow(torch.float64, steps=50, sc_steps=2, ops=ops)
    assert max(errors.values()) < 1e-9, max(errors, key=errors.get)


@pytest.mark.parametrize("model", [model_with("noise", sigma=0.7), model_with("fsq", levels=4)])
def test_each_model_follows_the_plain_loop_through_a_bottleneck(model):
    ops = operations(CPU, torch.float64)
    errors = follow(torch.float64, steps=20, sc_steps=2, ops=ops, model=model)
    assert max(errors.values()) < 1e-9, max(errors, key=errors.get)


def test_each_model_follows_the_plain_loop_in_float32():
    errors = follow(torch.float32, steps=10, sc_steps=1, ops=operations(CPU))
    assert max(errors.values()) < 1e-4, max(errors, key=errors.get)


@pytest.mark.parametrize(
    ("threads", "bottleneck"), [(1, "none"), (1, "noise"), (1, "fsq"), (2, "noise")]
)
def test_a_model_is_bit_identical_alone_and_beside_others(threads, bottleneck):
    states, model = [], model_with(bottleneck)
    torch.set_num_threads(threads)
    try:
        for models in (slice(0, 5), slice(1, 2)):
            networks = make_networks(SPEAKERS, torch.float32, model)[models]
            lockstep = make_lockstep(networks, NAMES[models], sc_steps=2)
            for step in range(5):
                whole = make_batch(SPEAKERS, torch.float32, step)
                noise = make_noise(len(SPEAKERS), model, step)
                lockstep.update(
                    type(whole)(*(part[models] for part in vars(whole).values())),
                    None if noise is None else noise[models],
                )
            states.append(lockstep.engine.plain(1 - models.start).state_dict())
    finally:
        torch.set_num_threads(1)
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_model_that_is_not_active_stays_as_it_is():
    networks = make_networks(SPEAKERS, torch.float32)
    lockstep = make_lockstep(networks, NAMES)
    lockstep.update(make_batch(SPEAKERS, torch.float32))
    before = [lockstep.engine.plain(model).state_dict() for model in range(5)]
    lockstep.activate(2)
    lockstep.update(make_batch(SPEAKERS[:2], torch.float32, seed=9))
    after = [lockstep.engine.plain(model).state_dict() for model in range(5)]
    for model in range(5):
        moved = not all(torch.equal(before[model][n], after[model][n]) for n in before[model])
        assert moved == (model < 2)
    assert lockstep.engine.main.done.tolist() == [2, 2, 1, 1, 1]
