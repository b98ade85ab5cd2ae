"""The encoders for features of a pretrained encoder."""

import pytest
import torch

from menan.config import ModelConfig
from menan.encoder_settings import AttentiveSettings, NarrowSettings, PooledSettings
from menan.errors import InputError
from menan.model.contract import check_contract
from menan.model.encoders import make_encoder
from menan.model.network import NetworkShape
from tests.model.example_voices import ExampleVoices

ROWS, DIMS = 4, 6
SETTINGS = [PooledSettings(size=5), AttentiveSettings(size=5, channels=3)]


def encoder(settings):
    torch.manual_seed(0)
    return make_encoder(settings, ROWS, DIMS)


@pytest.mark.parametrize(
    "settings", [*SETTINGS, NarrowSettings(size=5, content=2)], ids=lambda one: one.name
)
@pytest.mark.parametrize("hidden", [(), (7,), (32, 10)])
def test_they_keep_the_contract_with_classifiers_of_any_depth(settings, hidden):
    check_contract(NetworkShape(ModelConfig(settings, hidden=hidden), ROWS, DIMS, 4, 3))


def test_pooled_begins_with_the_mean_over_normalised_layers():
    pooled = encoder(PooledSettings(size=5))
    pooled.mean.copy_(torch.randn(ROWS, DIMS))
    pooled.std.copy_(torch.rand(ROWS, DIMS) + 0.5)
    features = torch.randn(3, ROWS, DIMS)
    mean = ((features - pooled.mean) / pooled.std).mean(dim=1)
    wanted = torch.relu(pooled.projection(mean))
    torch.testing.assert_close(pooled(features, torch.full((3,), ROWS)), wanted)


def test_pooled_can_learn_to_take_one_layer_alone():
    pooled = encoder(PooledSettings(size=5))
    with torch.no_grad():
        pooled.layer_scores[2] = 100.0
    features = torch.randn(3, ROWS, DIMS)
    wanted = torch.relu(pooled.projection(features[:, 2]))
    torch.testing.assert_close(pooled(features, torch.full((3,), ROWS)), wanted)


def test_attentive_is_not_moved_by_padding():
    attentive = encoder(AttentiveSettings(size=5, channels=3))
    attentive.mean.fill_(0.7)
    alone = torch.randn(1, 3, DIMS)
    padded = torch.cat([alone, torch.full((1, 5, DIMS), 9.0)], dim=1)
    batch = torch.cat([padded, torch.randn(1, 8, DIMS)])
    v = attentive(batch, torch.tensor([3, 8]))
    torch.testing.assert_close(v[:1], attentive(alone, torch.tensor([3])))


def test_attentive_gives_weighted_mean_and_deviation():
    attentive = encoder(AttentiveSettings(size=2 * DIMS, channels=3, dropout=0.0))
    with torch.no_grad():
        attentive.projection.weight.copy_(torch.eye(2 * DIMS))
        attentive.projection.bias.fill_(10.0)  # keeps the ReLU open
    features = torch.randn(1, ROWS, DIMS)
    weights = attentive.attention(features).softmax(dim=1)
    mean = (weights * features).sum(dim=1)
    std = torch.sqrt((weights * (features - mean[:, None]) ** 2).sum(dim=1) + 1e-5)
    v = attentive(features, torch.tensor([ROWS])) - 10
    torch.testing.assert_close(v, torch.cat([mean, std], dim=1), atol=1e-5, rtol=0)


def test_one_frame_has_a_finite_gradient():
    attentive = encoder(AttentiveSettings(size=5, channels=3))
    features = torch.randn(1, 1, DIMS, requires_grad=True)
    attentive(features, torch.tensor([1])).sum().backward()
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda one: one.name)
def test_dropped_units_do_not_count_and_the_others_are_scaled(settings):
    one = encoder(settings)
    inputs = torch.randn(2, ROWS, DIMS), torch.full((2,), ROWS)
    nothing = one(*inputs, torch.zeros(2, one.dropout_units))
    assert not nothing.any()
    doubled = torch.ones(2, one.dropout_units)
    doubled[:, -5:] = 2.0  # the units of v
    torch.testing.assert_close(one(*inputs, doubled), 2 * one(*inputs))
    only_v = torch.zeros(2, one.dropout_units)
    only_v[:, -5:] = 1.0
    torch.testing.assert_close(
        one(*inputs, only_v), torch.relu(one.projection.bias).expand(2, 5), msg="inputs dropped"
    )


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"size": 0}, "size must lie between 1 and 8192"),
        ({"dropout": 1.0}, "dropout must lie between 0 and 1, 1 excluded"),
        ({"channels": 0}, "channels must lie between 1 and 8192"),
    ],
)
def test_impossible_sizes_are_refused(settings, complaint):
    with pytest.raises(InputError, match=complaint):
        AttentiveSettings(**settings)


def test_table_1_has_its_own_classifiers():
    with pytest.raises(InputError, match=r"table1 takes only hidden: \(32, 10\)"):
        ModelConfig(hidden=(64,))


def test_pooled_cannot_tell_voices_by_their_means_after_the_erasure():
    pooled = encoder(PooledSettings(size=5, erase=3))
    means = torch.randn(4, ROWS, DIMS, dtype=torch.float64)
    pooled.prepare(ExampleVoices(means))
    left = pooled.normalised(means.float())
    torch.testing.assert_close(left, left.mean(dim=0).expand_as(left))
    assert left.std() > 0.1  # what the voices share stays
    columns = pooled.basis.transpose(1, 2) @ pooled.basis
    torch.testing.assert_close(columns, torch.eye(3).expand(ROWS, 3, 3))


@pytest.mark.parametrize(("erase", "voices", "used"), [(2, 4, 2), (5, 3, 2), (100, 20, DIMS)])
def test_pooled_erases_at_most_the_allowed_and_the_existing_directions(erase, voices, used):
    pooled = encoder(PooledSettings(size=5, erase=erase))
    means = torch.randn(voices, ROWS, DIMS, dtype=torch.float64)
    pooled.prepare(ExampleVoices(means))
    assert (pooled.basis.square().sum(dim=1) > 0.5).sum(dim=1).tolist() == ROWS * [used]
    means = torch.randn(3, ROWS, DIMS)
    torch.testing.assert_close(
        pooled.normalised(pooled.normalised(means)), pooled.normalised(means)
    )
