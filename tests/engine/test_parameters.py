import copy
from functools import partial

import pytest
import torch
from torch import nn

from menan.config import TrainingConfig
from menan.engine.parameters import Parameters
from menan.engine.stacked.backends import REFERENCE, operations
from menan.engine.stacked.layout import Layout, head_layers
from tests.training.training_example import build_network

CPU = torch.device("cpu")
OPERATIONS = [REFERENCE, operations(CPU, torch.float64)]


def heads():
    """SCs of three models, float64."""
    networks = [build_network(5, speakers, seed=0).double() for speakers in (3, 8, 20)]
    return [nn.ModuleDict({"speaker": network.speaker}) for network in networks]


def stacked(modules, widest=20, steps=(10, 20, 40), ops=REFERENCE, weight_decay=0.0):
    training = TrainingConfig(lr=0.01, weight_decay=weight_decay)
    layout = Layout({"speaker": head_layers("speaker", widest)})
    states = [module.state_dict() for module in modules]
    return Parameters(layout, states, training, steps[: len(states)], ops.adam, CPU)


def loss(leaves):
    """Of active models; each has its own gradient."""
    return sum((part * part.detach().cos()).square().sum() for part in leaves.values())


def parts(parameters):
    """The leaves by the names of the plain network's parameters."""
    return parameters.layout.split(parameters.leaves["speaker"])


def everything(parameters, models=slice(None)):
    matrices = parameters.matrix, parameters.mean, parameters.square, parameters.done[:, None]
    return torch.cat([matrix[models] for matrix in matrices], dim=1)


@pytest.mark.parametrize("decay", [0.0, 0.1], ids=["Adam", "AdamW"])
@pytest.mark.parametrize("ops", OPERATIONS, ids=["pytorch", "cpu"])
def test_training_is_torchs_adam_or_adamw_with_a_rate_that_falls_linearly(ops, decay):
    modules = heads()
    parameters = stacked(modules, ops=ops, weight_decay=decay)
    torchs = partial(torch.optim.AdamW, weight_decay=decay) if decay else torch.optim.Adam
    plain = [torchs(module.parameters(), lr=0.01) for module in modules]
    for step in range(10):
        parameters.step(loss(parameters.leaves))
        for module, optimizer, total in zip(modules, plain, (10, 20, 40), strict=True):
            optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / total)
            optimizer.zero_grad()
            loss(dict(module.named_parameters())).backward()
            optimizer.step()
    for model, module in enumerate(modules):
        trained = parameters.state_dict(model)
        assert trained["steps"] == 10
        torch.testing.assert_close(
            trained["parameters"], dict(module.state_dict()), rtol=0, atol=1e-12
        )
        optimizer = plain[model].state
        for name, value in module.named_parameters():
            for moment, key in (("mean", "exp_avg"), ("square", "exp_avg_sq")):
                torch.testing.assert_close(trained[moment][name], optimizer[value][key])


def test_the_rate_falls_linearly_to_zero_at_each_models_own_pace():
    parameters = stacked(heads(), steps=(4, 8, 16))
    rates = []
    for _ in range(4):
        rates.append(parameters.lr().tolist())
        parameters.step(loss(parameters.leaves))
    assert rates[0] == [0.01] * 3
    assert rates[2] == [0.005, 0.0075, 0.00875]
    assert parameters.lr().tolist() == [0, 0.005, 0.0075]


def test_only_active_models_are_seen_and_moved():
    parameters = stacked(heads())
    parameters.step(loss(parameters.leaves))
    before = everything(parameters).clone()
    parameters.activate(2)
    assert {part.shape[0] for part in parameters.leaves.values()} == {2}
    assert {part.shape[0] for part in parts(parameters).values()} == {2}
    parameters.step(loss(parameters.leaves))
    assert torch.equal(everything(parameters)[2], before[2])
    assert (everything(parameters)[:2] != before[:2]).any(dim=1).all()
    assert parameters.active == 2
    parameters.activate(3)
    assert torch.equal(parts(parameters)["speaker.0.bias"], parameters.matrix[:, 3072:3104])


def test_a_model_moves_as_it_would_alone():
    modules = heads()
    together = stacked(modules)
    alone = stacked(modules[:1])
    for _ in range(3):
        for parameters in (together, alone):
            parameters.step(loss(parameters.leaves))
    assert torch.equal(everything(together, slice(1)), everything(alone))


def test_what_was_computed_before_a_step_can_be_differentiated_after_it():
    parameters = stacked(heads())
    leaves = parameters.leaves
    value = loss(leaves)
    wanted = torch.autograd.grad(value, list(leaves.values()), retain_graph=True)
    parameters.step(value, keep_graph=True)
    assert parameters.leaves is not leaves
    again = torch.autograd.grad(value, list(leaves.values()))
    assert all(torch.equal(a, b) for a, b in zip(again, wanted, strict=True))


def test_each_step_uses_the_parameters_of_the_step_before():
    parameters = stacked(heads())
    for _ in range(2):
        parameters.step(loss(parameters.leaves))
        assert torch.equal(parameters.leaves["speaker"], parameters.matrix)


@pytest.mark.parametrize("widest", [20, 60])
def test_a_model_goes_on_from_its_state_in_a_stack_of_another_width(widest):
    modules = heads()
    whole = stacked(modules)
    for _ in range(3):
        whole.step(loss(whole.leaves))
    state = whole.state_dict(1)
    fresh = [copy.deepcopy(module) for module in modules]
    resumed = stacked(fresh[:2], widest, steps=(10, 20))
    others = everything(resumed, slice(1)).clone()
    resumed.load_state_dict(1, state)
    assert torch.equal(everything(resumed, slice(1)), others)
    assert resumed.lr()[1] == whole.lr()[1]
    for parameters in (whole, resumed):
        parameters.step(loss(parameters.leaves))
    got, expected = resumed.state_dict(1), whole.state_dict(1)
    assert got.pop("steps") == expected.pop("steps") == 4
    for name, tensors in expected.items():
        assert got[name].keys() == modules[1].state_dict().keys()
        assert all(torch.equal(got[name][key], value) for key, value in tensors.items())


def test_loading_leaves_as_many_models_active_as_were():
    parameters = stacked(heads())
    parameters.activate(1)
    parameters.load_state_dict(2, parameters.state_dict(2))
    assert parameters.active == 1


def test_a_state_is_of_its_moment():
    parameters = stacked(heads())
    parameters.step(loss(parameters.leaves))
    state = parameters.state_dict(0)
    kept = copy.deepcopy(state)
    parameters.step(loss(parameters.leaves))
    parameters.load_state_dict(0, kept)
    torch.testing.assert_close(state, kept, rtol=0, atol=0)
    parameters.step(loss(parameters.leaves))
    torch.testing.assert_close(state, kept, rtol=0, atol=0)
